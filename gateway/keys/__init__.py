"""API keys of clients and of people."""
