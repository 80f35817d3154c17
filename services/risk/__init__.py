"""Risk: risk register, security events, weaknesses, incidents (clauses 7.6 and 7.7)."""
