"""Reads of who is behind ids."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.provider_keys import provider_vault
from chassis.tables import Provider
from chassis.tokens import Caller
from gateway.clients.models import Client
from gateway.members.models import Member, Membership
from gateway.people.schemas import MeOut, NamedOut, ProviderNameOut


async def names(work: UnitOfWork, ids: Sequence[UUID]) -> list[NamedOut]:
    """Those of the ids that are members or clients of the provider, in the order asked."""
    found: dict[UUID, NamedOut] = {}
    vault = await provider_vault(work)
    members = select(Member).where(Member.provider_id == work.provider_id, Member.id.in_(ids))
    for member in (await work.session.execute(members)).scalars():
        name = member.open(vault).name
        found[member.id] = NamedOut(id=member.id, kind="person", name=name, state=member.state)
    clients = select(Client).where(Client.provider_id == work.provider_id, Client.id.in_(ids))
    for client in (await work.session.execute(clients)).scalars():
        found[client.id] = NamedOut(id=client.id, kind="client", name=client.name, state=client.state)
    return [found[one] for one in ids if one in found]


async def myself(work: UnitOfWork, caller: Caller) -> MeOut:
    """The caller; of a person also the providers that the person works for."""
    person = caller.kind == "person"
    providers = {one.id: one for one in await _providers(work, caller)}
    member = await work.find(Member, caller.subject) if person else None
    named = None if caller.provider_id is None else next(iter(await names(work, [caller.subject])), None)
    return MeOut(
        kind="person" if person else "client",
        id=caller.subject,
        key_id=caller.key_id,
        provider=None if caller.provider_id is None else providers.get(caller.provider_id),
        roles=sorted(caller.roles),
        permissions=sorted(caller.permissions),
        name=None if named is None else named.name,
        language=None if member is None else member.language,
        providers=list(providers.values()) if person else [],
    )


async def _providers(work: UnitOfWork, caller: Caller) -> list[ProviderNameOut]:
    of_account = select(Membership.provider_id).where(Membership.account_id == caller.subject)
    mine = Provider.id.in_(of_account) if caller.kind == "person" else Provider.id == caller.provider_id
    rows = (await work.session.execute(select(Provider).where(mine).order_by(Provider.slug))).scalars()
    return [ProviderNameOut(id=one.id, slug=one.slug, name=one.state["name"]) for one in rows]
