"""The secrets of an installation: one folder for each service, made once, never overwritten."""

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

import nkeys
from joserfc.jwk import KeySet, OKPKey

from deploy.topology import EDGE, SERVICES

OWNER = "database_owner_password"
PASSWORDS = (OWNER, "database_app_password", "database_worker_password")
INSTALLATION = "installation"
NEXT_SUPERUSER = "next_superuser_password"
"""The superuser's password that is announced: in force as soon as `bootstrap` runs."""


class Secrets:
    """The secrets in one folder: `<folder>/<service>/surety_…` for the services, `installation` for who sets up.

    What opens every row of a database stands apart, in `owners/<service>`: no process that serves is told of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make what is missing; files have mode 600, folders 700."""
        for folder in (self.folder, self._owners):
            _private_folder(folder)
        for service in SERVICES:
            for name in (*PASSWORDS, "master_key"):
                self._once(service, name, new_secret)
            self._once(service, "nats_seed", _nats_seed)
            (self.of(service) / f"surety_{OWNER}").unlink(missing_ok=True)  # where it stood once
        self._once(INSTALLATION, "superuser_password", new_secret)
        self._once(INSTALLATION, "operator_key", _api_key)
        self._once(EDGE, "operator_key", lambda: _digest(self.operator_key))
        self._once(EDGE, "signing_key", new_signing_key)
        for service in SERVICES:
            self._once(service, "verification_keys", lambda: public_keys(self.read(EDGE, "signing_key")))

    def of(self, service: str) -> Path:
        """The folder of one service: what its serving process is told."""
        return self.folder / service

    def of_owner(self, service: str) -> Path:
        """The folder of what the owner of a service's database is told beyond that: migrations, and who wraps anew."""
        return self._owners / service

    def read(self, service: str, name: str) -> str:
        """One secret; raises FileNotFoundError before `make`."""
        return self._file(service, name).read_text()

    def has(self, service: str, name: str) -> bool:
        """Whether there is such a secret."""
        return self._file(service, name).exists()

    def write(self, service: str, name: str, content: str) -> None:
        """Put a secret in the place of the one before, if there was one."""
        write_private(self._file(service, name), content)

    def remove(self, service: str, name: str) -> None:
        """Take a secret away, if it is there."""
        self._file(service, name).unlink(missing_ok=True)

    @property
    def superuser_password(self) -> str:
        """Password of PostgreSQL's superuser."""
        return self.read(INSTALLATION, "superuser_password")

    @property
    def operator_key(self) -> str:
        """API key of the installation's operator; the gateway knows only its hash."""
        return self.read(INSTALLATION, "operator_key")

    def nats_users(self) -> dict[str, str]:
        """The public nkey of each service, as the broker's configuration wants it."""
        return {service: _public_nkey(self.read(service, "nats_seed")) for service in SERVICES}

    @property
    def _owners(self) -> Path:
        return self.folder / "owners"

    def _file(self, service: str, name: str) -> Path:
        return (self.of_owner if name == OWNER else self.of)(service) / f"surety_{name}"

    def _once(self, service: str, name: str, make: Callable[[], str]) -> None:
        file = self._file(service, name)
        if not file.exists():
            _private_folder(file.parent)
            write_private(file, make())


def write_private(file: Path, content: str, mode: int = 0o600) -> None:
    """Write a file so that it is never seen half written, nor with another mode, whatever happens."""
    descriptor, unfinished = tempfile.mkstemp(dir=file.parent, prefix=".")
    with os.fdopen(descriptor, "w") as writer:
        os.fchmod(descriptor, mode)
        writer.write(content)
        writer.flush()
        os.fsync(writer.fileno())
    Path(unfinished).rename(file)


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _nats_seed() -> str:
    return bytes(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)).decode()


def _public_nkey(seed: str) -> str:
    return bytes(nkeys.from_seed(seed.encode()).public_key).decode()


def new_secret() -> str:
    """A random secret of 32 bytes, as text."""
    return secrets.token_urlsafe(32)


def new_signing_key() -> str:
    """A private Ed25519 key as a JWK; its id is the thumbprint."""
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    return json.dumps(key.as_dict(private=True) | {"alg": "Ed25519", "use": "sig"})


def public_keys(*signing_keys: str) -> str:
    """The public halves of signing keys as a JWKS document."""
    return json.dumps(KeySet([OKPKey.import_key(json.loads(key)) for key in signing_keys]).as_dict(private=False))


def _api_key() -> str:
    return f"sk_{secrets.token_hex(16)}_{secrets.token_urlsafe(32)}"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
