"""Imports of files: kept sealed, read by the clock in short transactions, each line taken or refused by its number."""
