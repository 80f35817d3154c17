"""What a container of the compose stack does: `python -m deploy.containers serve complaints`.

secrets              make the secrets that are missing, and the broker's configuration
mail-password        take the mail server's password from standard input; an empty one takes it away
bootstrap            make the databases and roles that are missing, and set every password to its secret
migrate              bring every database up to date
serve SERVICE        serve one service
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

from deploy.bootstrap import bootstrap, renew_superuser
from deploy.nats.configuration import configuration
from deploy.rotation import STEPS, master_keys, note_rewrapped
from deploy.secrets import INSTALLATION, Secrets, write_private
from deploy.seed import seed
from deploy.topology import (
    CONTAINED,
    EDGE,
    MAILING,
    SERVICES,
    Addresses,
    StackError,
    contained,
    environment,
    migrate,
    rewrap,
    serve,
)

SECRETS = Secrets(CONTAINED / "secrets")
STREAMS = CONTAINED / "streams"
BROKER = CONTAINED / "broker" / "nats.conf"
SUPERUSER = CONTAINED / "superuser" / "password"
"""What the servers' own containers read, each from a volume that only it and the maker of secrets see."""

CREDENTIALS = SECRETS.of(INSTALLATION) / "credentials.json"
READABLE = 0o444


def make_secrets() -> None:
    """Make what is missing; what is there stays."""
    SECRETS.make()
    listen, monitor = "0.0.0.0:4222", "127.0.0.1:8222"
    write_private(BROKER, configuration(SECRETS.nats_users(), listen=listen, store=str(STREAMS), monitor=monitor))
    write_private(SUPERUSER, SECRETS.superuser_password, READABLE)  # the server's container runs as another user


def take_mail_password() -> None:
    """Give the password that comes in to the services that send mail; they read it when they start."""
    password = sys.stdin.read().strip()
    for service in MAILING:
        if password:
            SECRETS.write(service, "smtp_password", password)
        else:
            SECRETS.remove(service, "smtp_password")
    print(f"The mail server's password was {'taken' if password else 'taken away'}.")


def make_databases() -> None:
    """Make what is missing; every password, the superuser's too, is the present secret afterwards."""
    asyncio.run(renew_superuser(_dsn, SECRETS))
    asyncio.run(bootstrap(_dsn(SECRETS.superuser_password), SECRETS))


def wrap_anew() -> None:
    """Wrap all keys of providers by the present master keys, and keep in mind that it was done for these."""
    keys = master_keys(SECRETS)
    for_every(rewrap)
    note_rewrapped(SECRETS, keys)


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


def _dsn(password: str) -> str:
    where = _addresses()
    return f"postgresql://postgres:{quote(password, safe='')}@{where.database_host}:{where.database_port}/postgres"


def _told(service: str) -> dict[str, str]:
    """What a process that acts as the owner of a service's database is told."""
    folders = (SECRETS.of(service), SECRETS.of_owner(service))
    return {**os.environ, **environment(service, _addresses(), *folders)}


def _become(arguments: list[str]) -> None:
    """Go on as another program, so that it is the container's first process and is told when to stop."""
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - ours


ONCE: Mapping[str, Callable[[], None]] = {
    "secrets": make_secrets,
    "mail-password": take_mail_password,
    "bootstrap": make_databases,
    "migrate": lambda: for_every(migrate),
    "seed": register_demonstration,
    "rewrap": wrap_anew,
}


def main(arguments: list[str]) -> int:
    """The command line; the exit code is 0 when all went well."""
    os.umask(0o077)
    try:
        match arguments:
            case [once] if once in ONCE:
                ONCE[once]()
            case ["rotate", step] if step in STEPS:
                print(STEPS[step](SECRETS))
            case ["serve", service] if service in SERVICES:
                _become(serve(service, _addresses()))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
