"""The clauses of the service standard, as people read them."""
