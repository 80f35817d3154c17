"""Appointments: who has which duty in writing, and how much of their time it takes (clause 6.1, 专职任命)."""
