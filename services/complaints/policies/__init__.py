"""Policies: how the desk handles complaints, in versions."""
