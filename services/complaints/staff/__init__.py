"""Copies of who works for the provider, kept from the events of projects: who may handle complaints."""
