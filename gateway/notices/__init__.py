"""Notices: what people who are invited are sent."""
