"""Tasks: what people are asked to do about a record, and until when."""
