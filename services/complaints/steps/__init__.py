"""Steps: the life of a complaint as one table, and how a step is taken over HTTP, in bulk and by the clock."""
