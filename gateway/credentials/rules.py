"""Forms of keys and secrets, and what a scope may hold."""

import hashlib
from collections.abc import Iterable, Sequence
from uuid import UUID, uuid5

from chassis.actors import Who
from contracts.permissions import PERMISSIONS, ROLES, WITHIN_PROVIDER, permissions_of

KEY_PREFIX = "sk_"
IN_PROVIDER = tuple(role for role, permissions in ROLES.items() if permissions <= WITHIN_PROVIDER)
"""The roles that a provider may give to its machines: all but the operator's."""


class OAuthError(Exception):
    """A refusal of the token endpoint: an error code of RFC 6749, 5.2 or RFC 8707, 2, and what it means here."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code, self.description = code, description


def key_id_of(key: str) -> UUID | None:
    """The id that an API key names; None when it has not the form of one of ours."""
    digits = key.removeprefix(KEY_PREFIX).partition("_")[0]
    if len(digits) != 32 or not key.startswith(KEY_PREFIX):
        return None
    try:
        return UUID(digits)
    except ValueError:
        return None


def membership_id(provider_id: UUID, account_id: UUID) -> UUID:
    """What a person's tokens for one provider have in common: what ends at one provider leaves the others alone."""
    return uuid5(provider_id, account_id.hex)


def digest(shown: str) -> bytes:
    """The SHA-256 of a key or secret: what is random enough not to be guessed needs no slower hash."""
    return hashlib.sha256(shown.encode()).digest()


def exceeding(scope: Iterable[str], actor: Who) -> list[str]:
    """Those roles and permissions of a scope that grant more than the one who gives them has."""
    return [entry for entry in scope if not all(actor.may(permission) for permission in permissions_of([entry]))]


def covered(asked: Iterable[str], roles: Sequence[str]) -> tuple[str, ...]:
    """Those of the asked roles and permissions that are known, and grant nothing beyond the roles held."""
    held = permissions_of(roles)
    known = (entry for entry in asked if entry in ROLES or entry in PERMISSIONS)
    return tuple(entry for entry in known if permissions_of([entry]) <= held)
