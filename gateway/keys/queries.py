"""Reads of API keys."""

from uuid import UUID

from sqlalchemy import bindparam, func, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from gateway.keys.models import ApiKey
from gateway.keys.rules import State
from gateway.keys.schemas import KeyQuery, OwnKeyQuery

SORTS = {"-updated_at": ApiKey.updated_at, "updated_at": ApiKey.updated_at}
KEYS = Listing(
    ApiKey,
    filters={"client_id": ApiKey.client_id, "account_id": ApiKey.account_id, "state": ApiKey.state},
    sorts=SORTS,
    updated_at=ApiKey.updated_at,
)
OWN_KEYS = Listing(
    ApiKey,
    filters={"state": ApiKey.state},
    sorts=SORTS,
    updated_at=ApiKey.updated_at,
    where=(ApiKey.account_id == bindparam("account_id"),),
)


async def list_keys(work: UnitOfWork, asked: KeyQuery) -> Rows[ApiKey]:
    """A page of the provider's API keys."""
    return await KEYS.page(work, asked)


async def list_own_keys(work: UnitOfWork, account_id: UUID, asked: OwnKeyQuery) -> Rows[ApiKey]:
    """A page of a person's API keys for the provider."""
    return await OWN_KEYS.page(work, asked, account_id, account_id=account_id)


async def valid_keys_of(work: UnitOfWork, account_id: UUID) -> int:
    """How many keys of a person are valid."""
    mine = (ApiKey.provider_id == work.provider_id, ApiKey.account_id == account_id)
    valid = select(func.count()).where(*mine, ApiKey.state == State.ACTIVE, ApiKey.expires_at > work.now)
    return int((await work.session.execute(valid)).scalar_one())
