"""Investigations: questions, findings, proposals and decisions."""
