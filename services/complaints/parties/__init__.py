"""The persons in complaints: found, told what is held of them, erased."""
