"""Assessments: what a complaint is about and how severe it is, refusals and appeals."""
