"""The stored keys of providers, opened once per process."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from chassis.errors import not_found
from chassis.providers import is_erased
from chassis.sealing import ProviderVault
from chassis.tables import ProviderKey


async def provider_vault(work: UnitOfWork) -> ProviderVault:
    """The vault of the provider at hand; its key is made on first use, and is the same for all who race for it.

    Raises a 404 problem for a provider that was erased: no new key comes in the place of the one that was destroyed.
    """
    known = work.vault.known(work.provider_id)
    if known is not None:
        return known
    wrapped = await _stored(work, work.provider_id)
    if wrapped is not None:
        return work.vault.remember(work.provider_id, work.vault.open_provider(work.provider_id, wrapped))
    if await is_erased(work):
        raise not_found()
    row = {
        "provider_id": work.provider_id,
        "wrapped": work.vault.new_provider(work.provider_id),
        "created_at": work.now,
    }
    await work.session.execute(insert(ProviderKey).values(row).on_conflict_do_nothing())
    wrapped = await _stored(work, work.provider_id)
    assert wrapped is not None
    # Not remembered yet: this transaction may still be rolled back, and another one's key may then stand.
    return work.vault.open_provider(work.provider_id, wrapped)


async def _stored(work: UnitOfWork, provider_id: UUID) -> bytes | None:
    query = select(ProviderKey.wrapped).where(ProviderKey.provider_id == provider_id)
    return (await work.session.execute(query)).scalar_one_or_none()
