"""Endings: how a complaint ends without an investigation."""
