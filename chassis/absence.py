"""Libraries that other libraries load where they find them, and that are of no use here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def absent(*libraries: str) -> Iterator[None]:
    """What is imported within finds none of these, as if they were not installed; one that is loaded already stays."""
    hidden: dict[str, None] = {name: None for name in libraries if name not in sys.modules}
    sys.modules.update(hidden)  # type: ignore[arg-type]  # None is how Python notes that there is no such module
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
