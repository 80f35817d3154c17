"""Reconciliation: a consumer compares with each producer which events it has handled, and asks for what is missing."""
