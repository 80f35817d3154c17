"""Invitations: how people come to work for a provider, or get in again."""
