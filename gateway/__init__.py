"""The edge: who comes in, where it goes, who is told."""
