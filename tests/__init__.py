"""Tests of Surety."""
