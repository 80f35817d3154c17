"""Intake: what a complaint needs to be registered."""
