"""Projects: customers, people, requirements, changes, deliveries (clauses 5 to 7)."""
