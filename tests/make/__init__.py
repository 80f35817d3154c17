"""Builders of records for tests, one module a service."""
