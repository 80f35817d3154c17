"""Figures: what each complaint counts for, and how often that occurs, kept as complaints change."""
