"""Imports of files: kept sealed, read in short transactions by the clock, each line taken, left or refused by number."""
