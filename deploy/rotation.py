"""Replaces secrets of an installation, in steps between which its processes are started again (docs/operations.md)."""

from collections.abc import Callable, Mapping

from deploy.secrets import PASSWORDS, Secrets, new_secret, new_signing_key, public_keys
from deploy.topology import EDGE, SERVICES, StackError

NEXT, SIGNING, VERIFYING = "next_signing_key", "signing_key", "verification_keys"
MASTER, FORMER = "master_key", "former_master_key"


def announce_signing_key(secrets: Secrets) -> None:
    """Every service is to verify what another key signs, too, which signs nothing yet."""
    if not secrets.has(EDGE, NEXT):
        secrets.write(EDGE, NEXT, new_signing_key())
    _verify(secrets, secrets.read(EDGE, SIGNING), secrets.read(EDGE, NEXT))


def use_signing_key(secrets: Secrets) -> None:
    """The announced key signs from now on; what the former one signed is verified until it is retired."""
    if not secrets.has(EDGE, NEXT):
        raise StackError("No signing key is announced: `announce-signing-key` comes first.")
    secrets.write(EDGE, SIGNING, secrets.read(EDGE, NEXT))
    secrets.remove(EDGE, NEXT)


def retire_signing_key(secrets: Secrets) -> None:
    """Nothing is verified any more but what the present key signs."""
    if secrets.has(EDGE, NEXT):
        raise StackError("Another signing key is announced: `use-signing-key` comes first.")
    _verify(secrets, secrets.read(EDGE, SIGNING))


def replace_passwords(secrets: Secrets) -> None:
    """Every role of every database gets another password, as soon as `bootstrap` runs."""
    for service in SERVICES:
        for name in PASSWORDS:
            secrets.write(service, name, new_secret())


def replace_master_keys(secrets: Secrets) -> None:
    """Every service wraps by another master key; what the former one wrapped is opened until it is forgotten.

    A service that has a former one already stays as it is, so that an interrupted step can be taken again.
    """
    for service in SERVICES:
        present = secrets.read(service, MASTER)
        if not secrets.has(service, FORMER):
            secrets.write(service, FORMER, present)
        if secrets.read(service, FORMER) == present:
            secrets.write(service, MASTER, new_secret())


def forget_master_keys(secrets: Secrets) -> None:
    """The former master keys are gone; what they alone open is lost, so `rewrap` comes first."""
    for service in SERVICES:
        secrets.remove(service, FORMER)


def _verify(secrets: Secrets, *signing_keys: str) -> None:
    for service in SERVICES:
        secrets.write(service, VERIFYING, public_keys(*signing_keys))


STEPS: Mapping[str, Callable[[Secrets], None]] = {
    "announce-signing-key": announce_signing_key,
    "use-signing-key": use_signing_key,
    "retire-signing-key": retire_signing_key,
    "passwords": replace_passwords,
    "master-keys": replace_master_keys,
    "forget-master-keys": forget_master_keys,
}
