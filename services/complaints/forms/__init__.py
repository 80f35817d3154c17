"""Forms: complaints and registers on paper, with room for signature and seal."""
