"""Routes, actions and reactions on a real PostgreSQL and a real NATS."""
