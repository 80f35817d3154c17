"""Waivers: rules that do not hold for one complaint, each with its substitute control."""
