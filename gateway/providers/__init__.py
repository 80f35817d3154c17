"""Providers (供方): registered by the operator, kept by themselves."""
