"""This service's copy of the providers, and finding one for a request."""

import time
from collections import OrderedDict
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from chassis import errors
from chassis.calendars.actions import keep_calendar
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.envelopes import Received
from chassis.reactions import reacts_to
from chassis.rows import Read
from chassis.tables import Provider
from contracts.base import Text
from contracts.gateway import EVENTS, ProviderState

FRESH_SECONDS, GRACE_SECONDS, FORGOTTEN_SECONDS, REMEMBERED = 5.0, 30.0, 600.0, 10_000
LIVES = tuple(event for event in EVENTS.values() if issubclass(event, ProviderState))
NO_PROVIDER = Text("There is no provider {provider}.", "没有供方 {provider}。")
NOT_YET = Text("The provider {provider} is not known here yet.", "此处尚未获知供方 {provider}。")

PROVIDER = Read(select(Provider).where(Provider.id == bindparam("provider_id")), Provider)


async def keep_provider(work: UnitOfWork, state: ProviderState, version: int) -> None:
    """Keeps a provider's state unless a newer version stands already, and every version of its calendar."""
    row: dict[str, Any] = {
        "id": state.provider_id,
        "slug": state.slug,
        "version": version,
        "state": state.model_dump(mode="json"),
    }
    statement = insert(Provider).values(row)
    newer = Provider.version < statement.excluded.version
    await work.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row, where=newer))
    await keep_calendar(work, state)


async def provider_of(work: UnitOfWork) -> ProviderState:
    """The state of the provider at hand, as this service knows it."""
    (provider,) = await work.read(PROVIDER)
    return ProviderState.model_validate(provider.state)


async def zone_of(work: UnitOfWork) -> ZoneInfo:
    """The time zone of the provider at hand, in which its days begin and end."""
    return ZoneInfo((await provider_of(work)).time_zone)


async def today_of(work: UnitOfWork) -> date:
    """The day that it is now in the zone of the provider at hand."""
    return work.now.astimezone(await zone_of(work)).date()


async def is_erased(work: UnitOfWork) -> bool:
    """Whether the provider at hand is erased, as far as this service knows."""
    erased = select(Provider.id).where(Provider.id == work.provider_id, Provider.state["life"].astext == "erased")
    return (await work.session.execute(erased)).first() is not None


@reacts_to(*LIVES)
async def copy_provider(work: UnitOfWork, received: Received[ProviderState]) -> None:
    """The reaction that every service behind the gateway has: it keeps its own copy of the provider."""
    await keep_provider(work, received.data, received.version)


class ProviderDirectory:
    """Finds providers by id or slug; an answer is at most five seconds old.

    The copy comes by events: one that is unknown gets a 503 with Retry-After for the first 30 seconds that it is asked
    for, and a 404 problem after that.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, tuple[float, ProviderState]] = OrderedDict()
        self._missed: OrderedDict[str, float] = OrderedDict()

    async def get(self, provider: str) -> ProviderState:
        """The provider with this id or slug."""
        now = time.monotonic()
        kept = self._known.get(provider)
        if kept is not None and now - kept[0] < FRESH_SECONDS:
            return kept[1]
        state = await self._read(provider)
        if state is None:
            raise self._missing(provider, now)
        if state.life == "erased":
            raise errors.not_found(NO_PROVIDER.filled(provider=provider))
        self._missed.pop(provider, None)
        _remember(self._known, provider, (now, state))
        return state

    async def _read(self, provider: str) -> ProviderState | None:
        async with self._database.connection() as (connection, _):
            row = (await connection.execute(select(Provider.state).where(_is(provider)))).scalar_one_or_none()
        return None if row is None else ProviderState.model_validate(row)

    def _missing(self, provider: str, now: float) -> errors.Problem:
        first = self._missed.get(provider, now)
        if now - first > FORGOTTEN_SECONDS:
            first = now
        if now - first < GRACE_SECONDS:
            _remember(self._missed, provider, first)
            return errors.unavailable(NOT_YET.filled(provider=provider))
        return errors.not_found(NO_PROVIDER.filled(provider=provider))


def _is(provider: str) -> Any:
    try:
        return Provider.id == UUID(provider)
    except ValueError:
        return Provider.slug == provider


def _remember(table: OrderedDict[str, Any], name: str, value: Any) -> None:
    table[name] = value
    table.move_to_end(name)
    while len(table) > REMEMBERED:
        table.popitem(last=False)
