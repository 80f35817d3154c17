"""The unit of work: one transaction of one provider, with its records, its journal and its outbox."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, overload
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.util import await_only

from chassis import connections, errors
from chassis.actors import Who
from chassis.connections import Driver
from chassis.ids import new_id
from chassis.journal import Entry, journalled
from chassis.rows import (
    Change,
    Check,
    Identity,
    Read,
    Statement,
    at_version,
    by_id,
    inserted,
    inserting,
    insertions,
    is_changed,
    joined,
    shape_of,
    together,
    update,
    written,
)
from chassis.sealing import Vault
from chassis.tables import Base, Record
from contracts.base import Event

R = TypeVar("R", bound=Record)
T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
W = TypeVar("W")

INSTALLATION = UUID(int=0)
"""Stands where a provider's id would, for what belongs to no provider."""

MOST_TOGETHER = 24
"""Rows that are written as one statement; more of them go table by table, each with its rows in one round trip."""


class UnitOfWork:
    """One transaction. What is asked of it happens whole at its end, or not at all.

    `provider_id` is the tenant that every statement is held to, `actor` who acts, `now` the instant it began; `vault`
    has the keys of personal data and of cursors. A row that was read, either way, is one object, whose changes are
    written at the end together with the new rows, the journal and the outbox: as a rule in one statement.

    Where `begin` is still to be sent, it is sent before anything but a plain read and the last statement, which writes:
    each of these goes alone, as a transaction of its own. Where that statement does not find a row as it was read, it
    raises Moved, nothing was written, and all is to be done again in a transaction that has begun.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        give_back: Callable[[AsyncConnection], Awaitable[None]],
        vault: Vault,
        provider_id: UUID,
        actor: Who,
        now: datetime,
        correlation: UUID,
        causation: UUID | None,
        listeners: Iterable[Callable[[], None]],
        begin: str | None,
    ) -> None:
        self._connection, self._give_back = connection, give_back
        self._driver, self.vault = connections.driver_of(connection), vault
        self.provider_id, self.actor, self.now = provider_id, actor, now
        self.correlation, self.causation = correlation, causation
        self.entries: list[Entry] = []
        self._listeners, self._begin = listeners, begin
        self._made = time.monotonic()
        self._session: AsyncSession | None = None
        self._ended = False
        self._new: list[Base] = []
        self._changes: list[tuple[type[Base], Statement]] = []
        self._known: dict[Identity, Base] = {}
        self._versions: dict[Any, int] = {}
        self._checks: list[Statement] = []

    @property
    def session(self) -> AsyncSession:
        """For whatever is no plain reading and writing of rows; made when it is first asked for."""
        if self._session is None:
            self._session = AsyncSession(self._connection, expire_on_commit=False, autoflush=False)
            event.listen(self._session.sync_session, "after_begin", lambda *_: await_only(self.begun()))
            for identity, row in list(self._known.items()):
                self._track(identity, row)
        return self._session

    def add(self, *rows: Base) -> None:
        """New rows, written at the end."""
        self._new.extend(rows)

    async def change(self, what: Change, **values: Any) -> None:
        """A change of rows by its values, made at the end or before its rows are read; not of their objects here.

        `provider_id` is this provider's. It meets what was added before it.
        """
        (kind,) = what.kinds
        await self.flush(kind)
        self._changes.append((kind, what.statement({"provider_id": self.provider_id, **values})))

    def stands(self, row: Base) -> None:
        """Takes up a new row that was written already: what of it changes now is written at the end."""
        inserted(row)
        self._track(shape_of(type(row)).identity(row), row)

    def record(self, record: Record, happened: Event) -> UUID:
        """Counts the record's version up, journals what happened and has it published; returns the event's id."""
        record.version = (record.version or 0) + 1
        record.updated_at = self.now
        entry = Entry(new_id(), record.id, record.version, happened)
        self.entries.append(entry)
        return entry.id

    async def find(self, kind: type[R], record_id: UUID) -> R:
        """A record of this provider; raises a 404 problem where there is none."""
        return _only(await self.read(by_id(kind), id=record_id))

    async def load(self, kind: type[R], record_id: UUID, expected: int | None = None) -> R:
        """A record of this provider, locked for a change; 404 if there is none, 412 unless at version `expected`."""
        return _at(_only(await self._read(by_id(kind, lock=True), {"id": record_id})), expected)

    @overload
    async def load_with(
        self, kind: type[R], record_id: UUID, expected: int | None, what: tuple[Read[T], Read[U], Read[V]]
    ) -> tuple[R, list[T], list[U], list[V]]: ...
    @overload
    async def load_with(
        self,
        kind: type[R],
        record_id: UUID,
        expected: int | None,
        what: tuple[Read[T], Read[U], Read[V], Read[W]],
        **values: Any,
    ) -> tuple[R, list[T], list[U], list[V], list[W]]: ...
    async def load_with(
        self, kind: type[R], record_id: UUID, expected: int | None, what: tuple[Read[Any], ...], **values: Any
    ) -> tuple[Any, ...]:
        """A record for a change, and what is read beside it by its `id`; 404 and 412 as for `load`.

        It is locked where the transaction has begun. Before, it is read without a lock, and what is written rests on
        its version: Moved follows where that is another by then. So it is for what changes with that version only.
        """
        await self.flush(*(other for one in (by_id(kind), *what) for other in one.kinds))
        if not self.alone:
            record = await self.load(kind, record_id, expected)
            return record, *await self._read_together(what, {"id": record_id, **values})
        found, *beside = await self._read_together((by_id(kind), *what), {"id": record_id, **values})
        record = _at(_only(found), expected)
        if self._versions.setdefault(record, record.version) != record.version:
            raise connections.Moved
        return record, *beside

    @property
    def alone(self) -> bool:
        """Whether no transaction has begun, so that what is written may rest on what was read without a lock."""
        return self._begin is not None

    def rests_on(self, what: Check, **values: Any) -> None:
        """Has what is written at the end be written only where a check finds its row; Moved follows where it does not.

        `provider_id` is this provider's.
        """
        assert self.alone, "what is read in a transaction is read as it is"
        self._checks.append(what.statement({"provider_id": self.provider_id, **values}))

    async def read(self, what: Read[T], **values: Any) -> list[T]:
        """The rows of a read, by its values; `provider_id` is this provider's. It sees what was added before."""
        return await self._read(what, values)

    @overload
    async def read_together(self, what: tuple[Read[T], Read[U]], **values: Any) -> tuple[list[T], list[U]]: ...
    @overload
    async def read_together(
        self, what: tuple[Read[T], Read[U], Read[V]], **values: Any
    ) -> tuple[list[T], list[U], list[V]]: ...
    @overload
    async def read_together(
        self, what: tuple[Read[T], Read[U], Read[V], Read[W]], **values: Any
    ) -> tuple[list[T], list[U], list[V], list[W]]: ...
    async def read_together(self, what: tuple[Read[Any], ...], **values: Any) -> tuple[list[Any], ...]:
        """The rows of several reads by the same values, in one round trip."""
        return await self._read_together(what, values)

    async def _read_together(self, what: tuple[Read[Any], ...], values: Mapping[str, Any]) -> tuple[list[Any], ...]:
        await self.flush(*(kind for one in what for kind in one.kinds))
        locks = any(one.locks for one in what)
        (found,) = await self._fetch(together(what, {"provider_id": self.provider_id, **values}), locks=locks)
        return tuple(one.rows(rows, self._keep) for one, rows in zip(what, found, strict=True))

    async def _read(self, what: Read[T], values: Mapping[str, Any]) -> list[T]:
        await self.flush(*what.kinds)
        found = await self._fetch(what.statement({"provider_id": self.provider_id, **values}), locks=what.locks)
        return what.rows(found, self._keep)

    async def _fetch(self, statement: Statement, *, locks: bool) -> Sequence[Sequence[Any]]:
        if locks:
            await self.begun()
        if self._begin is not None:
            statement = connections.alone(statement, self.provider_id)
        found: Sequence[Sequence[Any]] = await self._driver.fetch(statement.text, *statement.values)
        return found

    @property
    def driver(self) -> Driver:
        """The driver's connection, within the transaction; raises RuntimeError where none has begun."""
        if self._begin is not None:
            raise RuntimeError("the transaction is still to be begun")
        return self._driver

    async def begun(self) -> Driver:
        """The driver's connection, within the transaction: its beginning is sent now where it is still to be sent."""
        if self._begin is not None:
            self._in_time()
            begin, self._begin = self._begin, None
            await self._driver.execute(begin)
            await self._stand()
        return self._driver

    async def _stand(self) -> None:
        """Locks what was read without a lock; raises Moved where that, or what a check is of, is not as it was."""
        for one in (*(at_version(row, version) for row, version in self._versions.items()), *self._checks):
            if await self._driver.fetchval(one.text, *one.values) is None:
                raise connections.Moved
        self._versions, self._checks = {}, []

    def _in_time(self) -> None:
        """Raises TookTooLong where a transaction that began now could end when its `now` is held for settled."""
        if time.monotonic() - self._made > connections.BEGIN_SECONDS:
            raise connections.TookTooLong

    def _keep(self, row: Base) -> Base:
        """The one object of a row here, which takes on what was found now unless it was changed here."""
        identity = shape_of(type(row)).identity(row)
        known = self._known.get(identity)
        if known is None and self._session is not None:
            known = self._session.sync_session.identity_map.get(identity)
        if known is None:
            self._track(identity, row)
            return row
        if not is_changed(known):
            for name in shape_of(type(row)).columns:
                set_committed_value(known, name, row.__dict__[name])
        return known

    def _track(self, identity: Identity, row: Base) -> None:
        self._known[identity] = row
        if self._session is not None:
            instance_state(row).key = identity
            self._session.add(row)

    async def flush(self, *kinds: type[Base]) -> None:
        """Sends what is new and changed now, for a statement that must see it; with kinds, new rows and changes of
        these alone, and what has changed of objects only of those that have new rows, which may be in their place.

        Raises RuntimeError where a row that was to be changed has gone.
        """
        new = [row for row in self._new if not kinds or type(row) in kinds]
        sent = {type(row) for row in new}
        changed = [row for row in self._changed() if not kinds or type(row) in sent]
        changes = [one for kind, one in self._changes if not kinds or kind in kinds]
        if not (changed or new or changes):
            return
        self._changes = [(kind, one) for kind, one in self._changes if kinds and kind not in kinds]
        await self._send(changes)
        await self._write(changed, new)
        for row in changed:
            written(row)
        for row in new:
            self.stands(row)
        self._new = [row for row in self._new if kinds and type(row) not in kinds]

    async def finish(self) -> None:
        """Sends all rows and journal entries to the server."""
        await self.begun()
        await self._finish()

    async def _finish(self) -> None:
        changed, changes = self._changed(), [one for _, one in self._changes]
        written = changed or changes or self._new or self.entries
        if written and any(row.version == version for row, version in self._versions.items()):
            await self.begun()  # no change of it will ask for its version
        if {kind for kind, _ in self._changes} & {type(row) for row in (*changed, *self._new)}:
            await self._send(changes)  # parts of one statement do not see each other
            changes = []
        whose = (self.provider_id, self.actor.name, self.now, self.correlation, self.causation)
        await self._write(changed, self._new, changes, journalled(self.entries, *whose), last=True)

    async def commit(self) -> None:
        """Finishes and commits; `roll_back` follows where this raises."""
        await self._finish()
        if self._begin is None:
            await connections.commit(self._driver)
        for listener in self._listeners if self.entries else ():
            listener()
        await self._end()

    async def roll_back(self, error: BaseException) -> None:
        """Undoes everything because of an exception; what has ended stays as it is."""
        if self._ended:
            return
        try:
            await connections.roll_back(self._connection, self._driver, error, begun=self._begin is None)
        finally:
            await self._end()

    async def _end(self) -> None:
        self._ended = True
        try:
            if self._session is not None:
                await self._session.close()
        finally:
            await self._give_back(self._connection)

    def _changed(self) -> list[Base]:
        """The rows that were read and changed since."""
        rows: Iterable[Base] = self._known.values()
        if self._session is not None:
            rows = {id(row): row for row in (*rows, *self._session.dirty)}.values()
        return [row for row in rows if is_changed(row)]

    async def _write(
        self,
        changed: Sequence[Base],
        new: Sequence[Base],
        changes: Sequence[Statement] = (),
        journal: tuple[list[Statement], list[Statement]] = ([], []),
        *,
        last: bool = False,
    ) -> None:
        updates = [one for row in changed if (one := update(row, self._versions.get(row))) is not None]
        if len(updates) + len(new) > MOST_TOGETHER:
            await self._write_many(updates, new)
            updates, new = [], []
        elif {type(row) for row in changed} & {type(row) for row in new}:
            await self._send(updates)  # what is new may be in the place of what has changed
            updates = []
        entry, outbox = journal
        await self._send([*entry, *updates, *insertions(new), *changes, *outbox], last=last)

    async def _send(self, statements: Sequence[Statement], *, last: bool = False) -> None:
        if last and self.alone and statements:
            await self._send_alone([*self._checks, *statements])
        elif statements:
            text, values = joined(statements)
            found = await (await self.begun()).fetchval(text, *values)
            if found != [one.sure for one in statements].count(True):
                raise RuntimeError("a row that was to be changed has gone")

    async def _send_alone(self, statements: Sequence[Statement]) -> None:
        self._in_time()
        text, values = connections.joined_alone(statements, self.provider_id)
        try:
            await self._driver.fetchval(text, *values)
        except connections.REFUSES as error:
            raise connections.Moved from error

    async def _write_many(self, updates: Iterable[Statement], new: Sequence[Base]) -> None:
        """Writes many rows table by table, each table after those that its foreign keys point at."""
        driver = await self.begun()
        for one in updates:
            await self._send([one])
        for kind in sorted({type(row) for row in new}, key=_rank):
            rows = [shape_of(kind).whole(row) for row in new if type(row) is kind]
            await driver.executemany(inserting(kind)[0], rows)


def _at(record: R, expected: int | None) -> R:
    """The record; raises a 412 problem unless it is at version `expected`, where there is one."""
    if expected is not None and record.version != expected:
        raise errors.Problem(errors.STALE, headers={"ETag": f'"{record.version}"'})
    return record


def _only(found: Sequence[R]) -> R:
    if not found:
        raise errors.not_found()
    return found[0]


@cache
def _rank(kind: type[Base]) -> int:
    return Base.metadata.sorted_tables.index(kind.__table__)  # type: ignore[arg-type]
