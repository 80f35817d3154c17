"""Journeys through the gateway with real processes."""
