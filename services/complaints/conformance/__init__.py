"""Conformance: whether each requirement on complaints is met, and which records decide that."""
