"""Follow-ups: whether complainants are satisfied, and how a complaint is closed and opened again."""
