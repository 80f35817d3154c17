"""Promises of the house: imports, shapes, tables, permissions, documents."""
