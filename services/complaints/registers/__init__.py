"""Registers: the complaints of a year, numbered when the year is closed."""
