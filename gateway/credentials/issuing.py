"""The authorization server: makes access tokens of API keys and client secrets (OAuth 2.0, RFC 6749, RFC 8707)."""

import hmac
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import select

from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.tables import Record
from chassis.tokens import InvalidToken, Issuer
from chassis.trace import present_trace
from gateway.clients.models import Client
from gateway.clients.rules import State as ClientState
from gateway.credentials.models import Credential
from gateway.credentials.rules import OAuthError, covered, digest, key_id_of, membership_id
from gateway.keys.models import ApiKey
from gateway.keys.rules import State as KeyState
from gateway.members.models import Member

R = TypeVar("R", bound=Record)
OPERATOR = "operator"


UNKNOWN_CLIENT = "There is no such client, or its secret is another one."


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, when it ends, its scope, and when the API key behind it ends, if it does."""

    token: str
    expires_at: datetime
    scope: tuple[str, ...]
    key_expires_at: datetime | None = None


class AuthorizationServer:
    """Makes tokens; nothing is issued while the client, the member or the key is being withdrawn or changed."""

    def __init__(self, database: Database, issuer: Issuer, address: str, operator_digest: str) -> None:
        """`address` is the issuer's; `operator_digest` the SHA-256, in hexadecimal digits, of the operator's key."""
        self._database, self._issuer = database, issuer
        self._resources = f"{address.rstrip('/')}/v1/providers/"
        self._operator_digest = bytes.fromhex(operator_digest)

    async def exchange(self, key: str) -> Issued:
        """A token for an API key; raises InvalidToken, or whatever the database raises."""
        hashed = digest(key)
        if hmac.compare_digest(hashed, self._operator_digest):
            return self._for_operator()
        credential = await self._credential(key_id_of(key), hashed)
        if credential is None:
            raise InvalidToken
        async with self._work(credential) as work:
            holder = await self._holder(work, credential)
            api_key = await self._held(work, ApiKey, credential.id)
            if holder is None or api_key is None or not _usable(holder, api_key, work.now):
                raise InvalidToken
            scope = tuple(holder.roles) if api_key.scopes is None else covered(api_key.scopes, holder.roles)
            issued = self._issue(holder, scope, api_key.id)
        return Issued(issued.token, issued.expires_at, scope, api_key.expires_at)

    async def grant(self, client_id: str, secret: str, scope: Sequence[str] | None, resource: str | None) -> Issued:
        """A token for a client and its secret; raises OAuthError, or whatever the database raises.

        `scope` narrows the client's roles. `resource` is the address of the provider that the token is for, which for
        a client can only be its own.
        """
        credential = await self._credential(_uuid(client_id), digest(secret))
        if credential is None:
            raise OAuthError("invalid_client", UNKNOWN_CLIENT)
        async with self._work(credential) as work:
            client = await self._held(work, Client, credential.id)
            if client is None or client.state != ClientState.ACTIVE:
                raise OAuthError("invalid_client", UNKNOWN_CLIENT)
            if resource is not None and resource != f"{self._resources}{client.provider_id}":
                raise OAuthError("invalid_target", "The client does not act for that provider.")
            granted = tuple(client.roles) if scope is None else covered(scope, client.roles)
            if scope is not None and len(granted) != len(scope):
                raise OAuthError("invalid_scope", "The client's roles do not grant that scope.")
            return self._issue(client, granted, None)

    def _for_operator(self) -> Issued:
        operator = uuid5(NAMESPACE_OID, self._operator_digest.hex())
        scope = (OPERATOR,)
        token, end = self._issuer.issue(subject=operator, client_id=operator, provider_id=None, scope=scope)
        return Issued(token, end, scope)

    def _issue(self, holder: Client | Member, scope: tuple[str, ...], key_id: UUID | None) -> Issued:
        person = isinstance(holder, Member)
        token, end = self._issuer.issue(
            subject=holder.id,
            client_id=membership_id(holder.provider_id, holder.id) if person else holder.id,
            provider_id=holder.provider_id,
            scope=scope,
            kind="person" if person else "client",
            key_id=key_id,
        )
        return Issued(token, end, scope)

    async def _credential(self, credential_id: UUID | None, hashed: bytes) -> Credential | None:
        if credential_id is None:
            return None
        async with self._database.connection() as (connection, _):
            query = select(Credential.__table__).where(Credential.id == credential_id)
            row = (await connection.execute(query)).one_or_none()
        if row is None or not hmac.compare_digest(row.secret_hash, hashed):
            return None
        return Credential(**row._asdict())

    def _work(self, credential: Credential) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.work(credential.provider_id, actor=SYSTEM, correlation=present_trace().correlation)

    async def _holder(self, work: UnitOfWork, credential: Credential) -> Client | Member | None:
        if credential.account_id is not None:
            return await self._held(work, Member, credential.account_id)
        return await self._held(work, Client, credential.client_id)

    async def _held(self, work: UnitOfWork, kind: type[R], record_id: UUID | None) -> R | None:
        query = select(kind).where(kind.provider_id == work.provider_id, kind.id == record_id)
        return (await work.session.execute(query.with_for_update(read=True))).scalar_one_or_none()


def _usable(holder: Client | Member, key: ApiKey, now: datetime) -> bool:
    alive = key.expires_at is None or now < key.expires_at
    return alive and holder.state == ClientState.ACTIVE and key.state == KeyState.ACTIVE


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
