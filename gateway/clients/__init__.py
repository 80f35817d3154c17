"""Clients: machines that act for a provider."""
