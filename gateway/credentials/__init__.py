"""Credentials: what a caller shows, what was withdrawn, and the tokens made from it."""
