"""What is done to clients."""

from collections.abc import Sequence
from uuid import UUID

from chassis import errors
from chassis.clock import Clock
from chassis.db import UnitOfWork
from chassis.errors import Problem
from chassis.ids import new_id
from contracts.gateway import ClientChanged, ClientCreated, ClientWithdrawn
from gateway.clients.models import Client
from gateway.clients.queries import facts_of, has_administrator
from gateway.clients.rules import LIFECYCLE, Facts, last_administrator, withdrawn
from gateway.clients.schemas import ClientChangeIn, ClientIn
from gateway.credentials.actions import add_credential, new_secret, refuse_beyond, withdraw
from gateway.invitations.actions import withdraw_invitations_by
from gateway.keys.actions import withdraw_keys_of
from gateway.providers.models import Profile
from gateway.providers.queries import active_profile


async def create_client(work: UnitOfWork, body: ClientIn) -> tuple[Client, str]:
    """A client and its secret, which is stored as a hash alone; 403 for roles beyond the caller's own."""
    refuse_beyond(work, body.roles)
    state = LIFECYCLE.begin("create", None, body=body, actor=work.actor, now=work.now)
    return _create(work, body, state)


async def create_first_administrator(work: UnitOfWork, body: ClientIn) -> tuple[Client, str]:
    """The client with which a provider begins; 404 without the provider, 409 when it has an administrator.

    403 for a provider that is not active.
    """
    await active_profile(work)  # locked, so that of two requests one comes first
    facts = Facts(await has_administrator(work))
    state = LIFECYCLE.begin("create_first", facts, body=body, actor=work.actor, now=work.now)
    return _create(work, body, state)


async def change_client(work: UnitOfWork, client_id: UUID, body: ClientChangeIn, expected: int, clock: Clock) -> Client:
    """Changes name or roles; tokens with the roles of before end within five seconds. 412 unless at `expected`."""
    if body.roles is not None:
        await work.load(Profile, work.provider_id)  # locked, so that of two last administrators one stays
    client = await work.load(Client, client_id, expected)
    objection = withdrawn(client)
    if objection is None and body.roles is not None:
        objection = last_administrator(client, await facts_of(work, client), body.roles)
    if objection is not None:
        raise Problem(errors.REFUSED, objections=[objection])
    before = (client.name, client.roles)
    client.name = body.name or client.name
    if body.roles is not None and sorted(body.roles) != sorted(client.roles):
        refuse_beyond(work, body.roles)
        client.roles = _ordered(body.roles)
        await withdraw(work, client.id, clock())
        await withdraw_invitations_by(work, client.id)
    if (client.name, client.roles) != before:
        work.record(client, ClientChanged(**_shared(client)))
    return client


async def withdraw_client(work: UnitOfWork, client_id: UUID, expected: int | None, clock: Clock) -> Client:
    """Withdraws a client with all its keys and tokens."""
    await work.load(Profile, work.provider_id)  # locked, so that of two last administrators one stays
    client = await work.load(Client, client_id, expected)
    facts = await facts_of(work, client)
    LIFECYCLE.advance(client, "withdraw", facts, body=None, actor=work.actor, now=work.now)
    await withdraw(work, client.id, clock())
    await withdraw_keys_of(work, client, clock)
    await withdraw_invitations_by(work, client.id)
    work.record(client, ClientWithdrawn(**_shared(client)))
    return client


def _create(work: UnitOfWork, body: ClientIn, state: str) -> tuple[Client, str]:
    client = Client(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        name=body.name,
        roles=_ordered(body.roles),
        state=state,
    )
    secret = new_secret()
    work.add(client)
    add_credential(work, client.id, client, secret)
    work.record(client, ClientCreated(**_shared(client)))
    return client, secret


def _ordered(roles: Sequence[str]) -> list[str]:
    return sorted(set(roles))


def _shared(client: Client) -> dict[str, object]:
    return {"client_id": client.id, "state": client.state, "roles": client.roles}
