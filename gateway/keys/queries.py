"""Reads of API keys."""

from sqlalchemy import select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from gateway.keys.models import ApiKey
from gateway.keys.schemas import KeyQuery

KEYS = Listing(
    ApiKey,
    filters={"client_id": ApiKey.client_id, "state": ApiKey.state},
    sorts={"-updated_at": ApiKey.updated_at, "updated_at": ApiKey.updated_at},
    updated_at=ApiKey.updated_at,
)


async def list_keys(work: UnitOfWork, asked: KeyQuery) -> Rows[ApiKey]:
    """A page of the provider's API keys."""
    return await KEYS.page(work, select(ApiKey).where(ApiKey.provider_id == work.provider_id), asked)
