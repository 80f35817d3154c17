"""What the services know each for themselves, merged into one answer."""
