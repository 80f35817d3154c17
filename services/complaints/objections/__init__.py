"""Objections: what complainants say against a refusal or an outcome, and how they are answered."""
