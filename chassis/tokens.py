"""Access tokens (RFC 9068 profile): made by the gateway, verified by every process itself."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from chassis.clock import Clock
from chassis.ids import new_id
from contracts.permissions import OF_INSTALLATION, ROLES, WITHIN_PROVIDER, permissions_of

ALGORITHM = "Ed25519"
AUDIENCE = "surety"
LIFETIME = timedelta(minutes=5)
CACHE_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by a verified token; without a provider it is the installation's operator.

    `key_id` is the API key that the token was exchanged for, if it was. `name` is kind and id, as the journal names who
    acted.
    """

    kind: Literal["client", "person", "public"]
    subject: UUID
    client_id: UUID
    provider_id: UUID | None
    permissions: frozenset[str]
    roles: frozenset[str]
    token_id: UUID
    issued_at: datetime
    expires_at: datetime
    key_id: UUID | None = None
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self.kind}:{self.subject}")

    def may(self, permission: str) -> bool:
        """Whether the token carries a permission."""
        return permission in self.permissions


class InvalidToken(Exception):
    """The token is malformed, forged, expired, for somebody else, or withdrawn."""


class Revocations:
    """What was withdrawn lately: ids of tokens, subjects, clients or API keys, and when."""

    def __init__(self) -> None:
        self._withdrawn: dict[UUID, datetime] = {}

    def replace(self, withdrawn: dict[UUID, datetime]) -> None:
        """Takes over a whole new list."""
        self._withdrawn = withdrawn

    def hit(self, caller: Caller) -> bool:
        """Whether the caller's token was issued at or before a withdrawal that bears on it."""
        return bool(self._withdrawn) and any(
            (at := self._withdrawn.get(one)) is not None and caller.issued_at <= at
            for one in (caller.token_id, caller.subject, caller.client_id, caller.key_id)
            if one is not None
        )


class Issuer:
    """Signs access tokens with the installation's private key."""

    def __init__(self, key: OKPKey, issuer: str, clock: Clock) -> None:
        self._key, self._issuer, self._clock = key, issuer, clock

    def issue(
        self,
        *,
        subject: UUID,
        client_id: UUID,
        provider_id: UUID | None,
        scope: Iterable[str],
        kind: str = "client",
        key_id: UUID | None = None,
    ) -> tuple[str, datetime]:
        """A token of five minutes and the instant of its end; `scope` holds roles and permissions."""
        now = self._clock()
        end = now + LIFETIME
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": f"{kind}:{subject}",
            "aud": AUDIENCE,
            "exp": int(end.timestamp()),
            "iat": now.timestamp(),
            "jti": str(new_id()),
            "client_id": str(client_id),
            "scope": " ".join(scope),
        }
        if provider_id is not None:
            claims["pid"] = str(provider_id)
        if key_id is not None:
            claims["key_id"] = str(key_id)
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM]), end


class Verifier:
    """Verifies access tokens with the configured public keys; one verified once is remembered until it ends."""

    def __init__(self, keys: KeySet, issuer: str, clock: Clock) -> None:
        self._keys, self._issuer, self._clock = keys, issuer, clock
        self._seen: dict[str, Caller] = {}
        self.revocations = Revocations()

    def verify(self, token: str) -> Caller:
        """The caller that a token speaks for; raises InvalidToken."""
        caller = self._seen.get(token)
        if caller is None:
            caller = self._decode(token)
            if len(self._seen) >= CACHE_SIZE:
                self._seen.clear()
            self._seen[token] = caller
        if self._clock() >= caller.expires_at or self.revocations.hit(caller):
            self._seen.pop(token, None)
            raise InvalidToken
        return caller

    def _decode(self, token: str) -> Caller:
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            return self._caller(decoded.header, decoded.claims)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise InvalidToken from error

    def _caller(self, header: dict[str, Any], claims: dict[str, Any]) -> Caller:
        if header.get("typ") != "at+jwt" or claims["aud"] != AUDIENCE or claims["iss"] != self._issuer:
            raise InvalidToken
        kind, _, subject = claims["sub"].partition(":")
        if kind not in {"client", "person"}:
            raise InvalidToken
        pid, key_id = claims.get("pid"), claims.get("key_id")
        scope = claims["scope"].split()
        utc = self._clock().tzinfo
        return Caller(
            kind=kind,
            subject=UUID(subject),
            client_id=UUID(claims["client_id"]),
            provider_id=None if pid is None else UUID(pid),
            permissions=permissions_of(scope) & (OF_INSTALLATION if pid is None else WITHIN_PROVIDER),
            roles=frozenset(scope) & ROLES.keys(),
            token_id=UUID(claims["jti"]),
            issued_at=datetime.fromtimestamp(claims["iat"], utc),
            expires_at=datetime.fromtimestamp(claims["exp"], utc),
            key_id=None if key_id is None else UUID(key_id),
        )
