"""Complaints: intake, acknowledgement, tracking, timeline."""
