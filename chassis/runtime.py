"""What a process has at hand while it serves: settings, clock, database, providers, verifier, files."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request

from chassis.attachments.store import FileStore
from chassis.clock import Clock, utc_now
from chassis.database import Database
from chassis.providers import ProviderDirectory
from chassis.sealing import Vault, vault_of
from chassis.settings import Settings
from chassis.tokens import Verifier


@dataclass(slots=True)
class Runtime:
    """One process's means, made once at its start.

    `revision` is the migration that the code needs. `watched` are parts that can be at fault without stopping the
    service, each with a function that says what is wrong, or None.
    """

    settings: Settings
    clock: Clock
    vault: Vault
    database: Database
    providers: ProviderDirectory
    verifier: Verifier
    files: FileStore
    revision: str | None
    watched: dict[str, Callable[[], str | None]] = field(default_factory=dict)

    def degraded(self) -> list[str]:
        """What is at fault now, as `part: fault`."""
        return [f"{part}: {fault}" for part, tell in self.watched.items() if (fault := tell()) is not None]


def new_runtime(settings: Settings, revision: str | None = None, clock: Clock = utc_now) -> Runtime:
    """A runtime by the settings; connects to nothing yet."""
    vault = vault_of(settings)
    database = Database(settings, "app", vault, clock=clock)
    verifier = Verifier(settings.token_keys, settings.issuer, clock)
    files = FileStore(settings)
    return Runtime(settings, clock, vault, database, ProviderDirectory(database), verifier, files, revision)


def runtime_of(request: Request) -> Runtime:
    """The runtime of the application that serves a request."""
    runtime: Runtime = request.app.state.runtime
    return runtime
