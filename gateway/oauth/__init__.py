"""Access tokens and their metadata after OAuth 2.0."""
