"""Departments and the teams within them: who belongs where, and who heads it (clause 6.1)."""
