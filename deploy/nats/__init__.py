"""The event broker of both stacks: who may do what there, its configuration, and an embedded server."""
