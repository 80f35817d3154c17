"""Reactions: what a service does when an event of another one reaches it, once, in one transaction."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.envelopes import Received
from contracts.base import Event

E = TypeVar("E", bound=Event)

INBOX_KEPT = timedelta(days=30)
# The inbox is the proof that an event was acted upon; failures before that are forgotten with it. It forgets what is
# old once the type is known to be complete, and what is as old then was acted upon, whoever has it replayed.
FIRST_TIME = """
WITH settled AS (DELETE FROM delivery_failure WHERE event_id = $1)
INSERT INTO inbox (event_id, handled_at, type, at)
SELECT $1, $2, $3, $4
WHERE $4::timestamptz >= $5 OR NOT EXISTS (SELECT FROM reconciled WHERE type = $3 AND through > $4)
ON CONFLICT DO NOTHING
RETURNING EXISTS (SELECT FROM provider WHERE id = $6 AND state->>'life' = 'erased') AS erased
"""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A function of a slice, and the events that it reacts to."""

    events: tuple[type[Event], ...]
    handle: Callable[[UnitOfWork, Received[Any]], Awaitable[None]]

    async def __call__(self, work: UnitOfWork, received: Received[Any]) -> None:
        """React, inside the transaction that `work` is."""
        await self.handle(work, received)


def reacts_to(*events: type[E]) -> Callable[[Callable[[UnitOfWork, Received[E]], Awaitable[None]]], Reaction]:
    """Make a function the reaction to one or more events; a service lists it in its `reactions`.

    It is called at least once for each event, and takes effect exactly once: whatever it does through `work` is
    committed together with the note that the event was dealt with. It never depends on the order of events.
    """
    return lambda handle: Reaction(events, handle)


class Reactor:
    """All reactions of one service, by the producer and the type of the events."""

    def __init__(self, database: Database, reactions: Iterable[Reaction]) -> None:
        self._database = database
        self._reactions: dict[str, list[Reaction]] = {}
        self._contracts: dict[str, dict[str, type[Event]]] = {}
        for reaction in reactions:
            for event in reaction.events:
                self._reactions.setdefault(event.TYPE, []).append(reaction)
                self._contracts.setdefault(event.producer(), {})[event.TYPE] = event

    @property
    def contracts(self) -> Mapping[str, Mapping[str, type[Event]]]:
        """Event contracts by type, by producer: a producer is believed about its own events only."""
        return self._contracts

    async def react(self, received: Received[Event]) -> bool:
        """Have all reactions to an event take effect, in one transaction of its provider.

        What they record is caused by the event and carries its correlation on. Returns False when they had happened
        before. For a provider that was erased nothing happens any more. Raises whatever a reaction or the database
        raises; then nothing has happened.
        """
        unit = self._database.work(
            received.provider_id,
            actor=SYSTEM,
            correlation=received.correlation,
            causation=received.id,
            by_keys=True,
        )
        async with unit as work:
            known = (received.id, work.now, received.type, received.time, work.now - INBOX_KEPT, received.provider_id)
            erased = await work.driver.fetchval(FIRST_TIME, *known)
            if erased is None:
                return False
            for reaction in () if erased else self._reactions[received.type]:
                await reaction(work, received)
        return True
