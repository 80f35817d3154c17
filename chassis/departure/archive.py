"""The archive of a provider: every record that a service holds of it, as JSON Lines."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, LargeBinary, Table, and_, or_, select

from chassis.db import UnitOfWork
from chassis.persons.sources import PersonDesk
from chassis.tables import JOURNAL, TENANT, Base

BATCH, PERSONS = 1_000, 100
"""Rows, and persons, that are read in one transaction."""
Opens = Callable[[], AbstractAsyncContextManager[UnitOfWork]]


def tables_of(service: str) -> list[Table]:
    """The tables of providers and the journal of a service, each after those that its foreign keys point at."""
    classes = {TENANT, JOURNAL}
    return [
        table
        for table in Base.metadata.sorted_tables
        if table.info["class"] in classes and table.info.get("service") in {None, service}
    ]


async def archive(service: str, desk: PersonDesk | None, opens: Opens) -> AsyncIterator[bytes]:
    """The lines of an archive: `{"table", "row"}` for each row, `{"person", …}` for each person, at last the counts.

    Columns of bytes are left out: sealed ones come opened with the persons, hashes and keys mean nothing outside. Each
    batch is a transaction of its own. An archive without the last line, `{"rows": …}`, is not whole.
    """
    counts: dict[str, int] = {}
    for table in tables_of(service):
        name = str(table.name)  # the library's own kind of string is no key of JSON
        async for line in _rows(table, opens):
            counts[name] = counts.get(name, 0) + 1
            yield line
    if desk is not None:
        async for line in _persons(desk, opens):
            counts["persons"] = counts.get("persons", 0) + 1
            yield line
    yield orjson.dumps({"service": service, "rows": counts}) + b"\n"


async def _rows(table: Table, opens: Opens) -> AsyncIterator[bytes]:
    shown = [column for column in table.columns if not isinstance(column.type, LargeBinary)]
    keys = [column for column in table.primary_key.columns if column.name != "provider_id"]
    after: list[Any] | None = None
    while True:
        async with opens() as work:
            query = select(*shown).where(table.c.provider_id == work.provider_id).order_by(*keys).limit(BATCH)
            if after is not None:
                query = query.where(_beyond(keys, after))
            rows = (await work.session.execute(query)).mappings().all()
        for row in rows:
            yield orjson.dumps({"table": table.name, "row": dict(row)}, default=str) + b"\n"
        if len(rows) < BATCH or not keys:
            return
        after = [rows[-1][key.name] for key in keys]


async def _persons(desk: PersonDesk, opens: Opens) -> AsyncIterator[bytes]:
    for source in desk.sources:
        after: UUID | None = None
        while True:
            async with opens() as work:
                places = await source.everyone(work, after, PERSONS)
                told = [await source.tell(work, place.person_id) for place in places]
            for one in told:
                if one is not None:
                    line = {"person": one.place._asdict(), "data_class": source.data_class, "data": one.data}
                    yield orjson.dumps(line, default=str) + b"\n"
            if len(places) < PERSONS:
                break
            after = places[-1].person_id


def _beyond(keys: list[Any], after: list[Any]) -> ColumnElement[bool]:
    """Rows behind a place, by keys in their order."""
    return or_(*_each(keys, after))


def _each(keys: list[Any], after: list[Any]) -> Iterator[ColumnElement[bool]]:
    for place, key in enumerate(keys):
        same = [one == value for one, value in zip(keys[:place], after[:place], strict=True)]
        yield and_(*same, key > after[place])
