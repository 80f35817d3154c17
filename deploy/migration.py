"""Writes the migration that a service's models ask for: `python -m deploy.migration complaints "add severity"`."""

import os
import subprocess
import sys
from dataclasses import replace

from deploy.home import ROOT
from deploy.throwaway import servers
from deploy.topology import EDGE, SERVICES, StackError, environment, loopback


def draft(service: str, message: str) -> int:
    """Draft the revision against a database of the present revisions that is thrown away; the tool's exit code."""
    with servers() as own:
        addresses = replace(loopback(8080, own.postgres.host, own.folder / "files"), database_port=own.postgres.port)
        variables = environment(service, addresses, own.secrets.of(service), own.secrets.of_owner(service))
        command = [sys.executable, "-m", "chassis.migrate", "revision", SERVICES[service], message]
        done = subprocess.run(command, cwd=ROOT, env=dict(os.environ) | variables, check=False)  # noqa: S603
    return done.returncode


def main(arguments: list[str]) -> int:
    """The command line; the exit code is 0 when a revision was written."""
    match arguments:
        case [service, message] if service in SERVICES and message:
            pass
        case _:
            names = ", ".join((*(name for name in SERVICES if name != EDGE), EDGE))
            print(f'Name a service and what changes: make migration s=complaints m="add severity"\nServices: {names}')
            return 2
    try:
        return draft(service, message)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
