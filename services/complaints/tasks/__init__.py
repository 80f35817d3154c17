"""Tasks: what people are asked to do about a complaint."""
