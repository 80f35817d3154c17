"""What becomes of a provider that leaves: it takes all its records along, and is erased."""
