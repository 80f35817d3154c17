"""Migrations: what every service's first one creates, and the operations that make a table safe for many providers."""
