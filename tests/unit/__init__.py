"""Rules and algorithms alone, without servers."""
