"""Satisfaction: surveys, inspections, indicators, improvements (clauses 8.3 and 8.4)."""
