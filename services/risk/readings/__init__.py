"""Readings: who has confirmed having read which version of a document, and what is left to be read."""
