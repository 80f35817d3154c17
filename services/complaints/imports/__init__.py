"""Imports of past cases: what a provider brings along from the system that it used before."""
