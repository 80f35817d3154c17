"""Documents under control (制度, 程序): versions that are drafted, approved, in force, and followed by the next."""
