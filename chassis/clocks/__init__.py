"""Clocks of records: how long something has taken in working time, when it is due, and who is told on the way."""
