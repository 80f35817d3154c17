"""What clients, rest and evidence need of a stack, however it is run."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import httpx


class Stand(Protocol):
    """A running stack: of processes (`tests/e2e/own_stack.py`) or of containers (`tests/e2e/containers.py`)."""

    def client(self, role: str) -> httpx.AsyncClient:
        """An HTTP client of the gateway with the key of a role."""
        ...

    def database(self, service: str) -> "AbstractAsyncContextManager[asyncpg.Connection[Any]]":
        """The superuser's connection to a service's database."""
        ...

    def unready(self) -> list[str]:
        """The services that are not ready, each as a sentence."""
        ...

    @property
    def streams(self) -> Path:
        """The folder in which the broker keeps its streams."""
        ...
