"""Replaces secrets of an installation, in steps between which its processes are started again (docs/operations.md)."""

import hashlib
import json
from collections.abc import Callable, Mapping

from deploy.secrets import INSTALLATION, NEXT_SUPERUSER, PASSWORDS, Secrets, new_secret, new_signing_key, public_keys
from deploy.topology import EDGE, SERVICES, StackError

NEXT, SIGNING, VERIFYING = "next_signing_key", "signing_key", "verification_keys"
MASTER, FORMER, REWRAPPED = "master_key", "former_master_key", "rewrapped"


def announce_signing_key(secrets: Secrets) -> str:
    """Every service is to verify what another key signs, too, which signs nothing yet."""
    fresh = not secrets.has(EDGE, NEXT)
    if fresh:
        secrets.write(EDGE, NEXT, new_signing_key())
    announced = json.loads(public_keys(secrets.read(EDGE, SIGNING), secrets.read(EDGE, NEXT)))["keys"]
    for service in SERVICES:
        verified = json.loads(secrets.read(service, VERIFYING))["keys"]
        keys = {key["kid"]: key for key in (*verified, *announced)}
        secrets.write(service, VERIFYING, json.dumps({"keys": list(keys.values())}))
    return "Another signing key is announced." if fresh else "A signing key was announced before; it is the same."


def use_signing_key(secrets: Secrets) -> str:
    """The announced key signs from now on; what the former one signed is verified until it is retired."""
    if not secrets.has(EDGE, NEXT):
        raise StackError("No signing key is announced: `announce-signing-key` comes first.")
    secrets.write(EDGE, SIGNING, secrets.read(EDGE, NEXT))
    secrets.remove(EDGE, NEXT)
    return "The announced key signs."


def retire_signing_key(secrets: Secrets) -> str:
    """Nothing is verified any more but what the present key signs."""
    if secrets.has(EDGE, NEXT):
        raise StackError("Another signing key is announced: `use-signing-key` comes first.")
    present = public_keys(secrets.read(EDGE, SIGNING))
    retired = [service for service in SERVICES if secrets.read(service, VERIFYING) != present]
    for service in retired:
        secrets.write(service, VERIFYING, present)
    return "Only what the present key signs is verified." if retired else "There was no former key to retire."


def replace_passwords(secrets: Secrets) -> str:
    """Every role of every database gets another password, as soon as `bootstrap` runs."""
    for service in SERVICES:
        for name in PASSWORDS:
            secrets.write(service, name, new_secret())
    return "Every role has another password: `bootstrap` tells the server."


def replace_superuser_password(secrets: Secrets) -> str:
    """The superuser gets another password, as soon as `bootstrap` runs."""
    if secrets.has(INSTALLATION, NEXT_SUPERUSER):
        return "Another password was announced before: `bootstrap` puts it in force."
    secrets.write(INSTALLATION, NEXT_SUPERUSER, new_secret())
    return "Another password is announced: `bootstrap` puts it in force."


def replace_master_keys(secrets: Secrets) -> str:
    """Every service wraps by another master key; what the former one wrapped is opened until it is forgotten.

    A service that has a former one already stays as it is, so that an interrupted step can be taken again.
    """
    replaced = 0
    for service in SERVICES:
        present = secrets.read(service, MASTER)
        if not secrets.has(service, FORMER):
            secrets.write(service, FORMER, present)
        if secrets.read(service, FORMER) == present:
            secrets.write(service, MASTER, new_secret())
            replaced += 1
    if not replaced:
        return "Master keys were replaced before, and the former ones are not forgotten yet: they stay."
    return f"{replaced} services have another master key."


def forget_master_keys(secrets: Secrets) -> str:
    """The former master keys are gone; what they alone open would be lost, so `rewrap` comes first."""
    forgotten = [service for service in SERVICES if secrets.has(service, FORMER)]
    if not forgotten:
        return "There are no former master keys."
    if not secrets.has(INSTALLATION, REWRAPPED) or secrets.read(INSTALLATION, REWRAPPED) != master_keys(secrets):
        raise StackError("Not all is wrapped by the present master keys: `rewrap` comes first.")
    for service in forgotten:
        secrets.remove(service, FORMER)
    return f"{len(forgotten)} former master keys are forgotten."


def master_keys(secrets: Secrets) -> str:
    """A digest of the present master keys of all services."""
    return hashlib.sha256("\n".join(secrets.read(service, MASTER) for service in SERVICES).encode()).hexdigest()


def note_rewrapped(secrets: Secrets, keys: str) -> None:
    """Keep in mind that everything is wrapped by the master keys of a digest."""
    secrets.write(INSTALLATION, REWRAPPED, keys)


STEPS: Mapping[str, Callable[[Secrets], str]] = {
    "announce-signing-key": announce_signing_key,
    "use-signing-key": use_signing_key,
    "retire-signing-key": retire_signing_key,
    "passwords": replace_passwords,
    "superuser-password": replace_superuser_password,
    "master-keys": replace_master_keys,
    "forget-master-keys": forget_master_keys,
}
"""The steps by their names; each says what it did."""
