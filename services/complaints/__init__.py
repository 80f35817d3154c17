"""Complaints: channels, intake, handling, follow-up, records (clause 8.2)."""
