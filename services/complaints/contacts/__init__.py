"""Contacts with complainants: what was told, by which means, and what was quoted."""
