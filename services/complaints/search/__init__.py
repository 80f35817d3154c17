"""Search: complaints by the words in which they were told."""
