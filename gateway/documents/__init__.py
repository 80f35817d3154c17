"""The API's description, as data and as a page."""
