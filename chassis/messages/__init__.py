"""Messages to people outside: queued in the transaction of what they tell of, kept exactly as they were sent."""
