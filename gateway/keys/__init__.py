"""API keys of clients."""
