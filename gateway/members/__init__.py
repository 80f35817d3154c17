"""Members: people who work for a provider, each an account that is the same everywhere."""
