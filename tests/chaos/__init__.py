"""Chaos: clients work while processes are killed, and a checker proves afterwards that every promise was kept."""
