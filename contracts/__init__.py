"""What the services agree on: events, permissions, clauses, collections."""
