"""Notices: what complainants are told in writing, by messages that the system sends."""
