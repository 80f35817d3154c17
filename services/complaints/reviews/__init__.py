"""Reviews: what a year of complaints says of channels and procedure, and what is concluded from it."""
