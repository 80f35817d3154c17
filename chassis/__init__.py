"""Mechanism that every service stands on; no word of the domain in it."""
