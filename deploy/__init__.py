"""How the system is started: the embedded stack and the preparation of databases and broker."""
