"""Members of staff: where they work, as what, and who stands in when they are away (clause 6.1)."""
