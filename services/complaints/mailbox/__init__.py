"""The mailbox of a receipt: what whoever holds it is told, and what they answer, without an account."""
