"""Members and invited persons as persons: told what is held of them, erased when their time here is over."""
