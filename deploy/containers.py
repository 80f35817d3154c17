"""What a container of the compose stack does: `python -m deploy.containers serve complaints`.

secrets              make the secrets that are missing, and the broker's configuration
bootstrap            make the databases and roles that are missing, and set every password to its secret
migrate              bring every database up to date
serve SERVICE        serve one service
work SERVICE         run one service's worker alone
seed                 register the demonstration provider, and print the keys to log in with
rotate STEP          replace secrets, step by step (deploy/rotation.py)
rewrap               wrap all keys of providers by the present master keys
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from urllib.parse import quote

from deploy.bootstrap import bootstrap
from deploy.nats.configuration import configuration
from deploy.rotation import STEPS
from deploy.secrets import Secrets, write_private
from deploy.seed import seed
from deploy.topology import (
    CONTAINED,
    EDGE,
    SERVICES,
    Addresses,
    StackError,
    contained,
    environment,
    migrate,
    rewrap,
    serve,
    work,
)

SECRETS = Secrets(CONTAINED / "secrets")
BROKER = CONTAINED / "broker" / "nats.conf"
SUPERUSER = CONTAINED / "superuser" / "password"
"""What the servers' own containers read, each from a volume that only it and the maker of secrets see."""

CREDENTIALS = CONTAINED / "secrets" / "installation" / "credentials.json"
READABLE = 0o444


def make_secrets() -> None:
    """Make what is missing; what is there stays."""
    SECRETS.make()
    write_private(
        BROKER, configuration(SECRETS.nats_users(), listen="0.0.0.0:4222", store="/data", monitor="127.0.0.1:8222")
    )
    write_private(SUPERUSER, SECRETS.superuser_password)
    SUPERUSER.chmod(READABLE)  # the server's container runs as another user


def make_databases() -> None:
    """Make what is missing; every role's password is the present secret afterwards."""
    where = _addresses()
    password = quote(SECRETS.superuser_password, safe="")
    asyncio.run(
        bootstrap(f"postgresql://postgres:{password}@{where.database_host}:{where.database_port}/postgres", SECRETS)
    )


def for_every(command: Callable[[str], list[str]]) -> None:
    """Run a command for each service, side by side; raises StackError when one failed."""
    running = {
        service: subprocess.Popen([sys.executable, *command(service)], env=_told(service))  # noqa: S603 - ours
        for service in SERVICES
    }
    failed = [service for service, process in running.items() if process.wait()]
    if failed:
        raise StackError(f"This failed for {', '.join(failed)}.")


def register_demonstration() -> None:
    """Register the demonstration provider once; the keys are kept, and printed each time."""
    where = _addresses()
    seed(CREDENTIALS, SECRETS.operator_key, where.urls[EDGE], where.public_url)
    print(CREDENTIALS.read_text(), end="")


def _addresses() -> Addresses:
    return contained(os.environ["SURETY_ISSUER"])


def _told(service: str) -> dict[str, str]:
    return {**os.environ, **environment(service, _addresses(), SECRETS.of(service))}


def _become(arguments: list[str]) -> None:
    """Go on as another program, so that it is the container's first process and is told when to stop."""
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - ours


ONCE: Mapping[str, Callable[[], None]] = {
    "secrets": make_secrets,
    "bootstrap": make_databases,
    "migrate": lambda: for_every(migrate),
    "seed": register_demonstration,
    "rewrap": lambda: for_every(rewrap),
}


def main(arguments: list[str]) -> int:
    """The command line; the exit code is 0 when all went well."""
    os.umask(0o077)
    try:
        match arguments:
            case [once] if once in ONCE:
                ONCE[once]()
            case ["rotate", step] if step in STEPS:
                STEPS[step](SECRETS)
            case ["serve", service] if service in SERVICES:
                _become(serve(service, _addresses()))
            case ["work", service] if service in SERVICES:
                _become(work(service))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
