"""Dossiers: all that is on record of one complaint, as one document with one hash."""
