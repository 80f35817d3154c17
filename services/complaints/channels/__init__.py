"""Channels: where complaints are taken, and what is promised there, version by version."""
