"""Handling: who has a complaint, and what they do about its limits on the way."""
