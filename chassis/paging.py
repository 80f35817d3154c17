"""Lists: keyset pages with opaque cursors, typed filters, sorts from an allow-list."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Integer, bindparam, literal_column, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from chassis import errors
from chassis.db import UnitOfWork
from chassis.rows import Read
from chassis.schemas import Moment
from chassis.sealing import Vault
from contracts.base import Text

T = TypeVar("T")
R = TypeVar("R", bound="Listed")
SETTLED = timedelta(seconds=10)
CURSOR_AGE = timedelta(hours=24)
READS_KEPT = 1_000
"""Reads of pages that a process keeps: each sort with each set of filters is one."""
SIGNATURE_BYTES = 16
BAD_CURSOR = Text(
    "The cursor does not belong to this list with these filters, or is older than 24 hours.",
    "该游标不属于此列表和这些筛选条件，或已超过 24 小时。",
)


class Listed(Protocol):
    """A row that can be listed."""

    __tablename__: str
    id: Any


class PageQuery(BaseModel):
    """What every list takes; a list adds its own filters and sorts."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Items on a page.")
    cursor: str | None = Field(
        None, max_length=1000, description="`next` of the page before; the filters stay the same."
    )


class ListQuery(PageQuery):
    """A list whose rows say when they changed last, for those who follow it."""

    updated_since: Moment | None = Field(
        None, description="Only what changed at or after this instant: take `as_of` of the last time you read the list."
    )


class Page(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")
    as_of: AwareDatetime = Field(
        description="Everything changed before this instant is in; ask again `updated_since` it."
    )


class Place(NamedTuple):
    """Where a page ended, by sort value and id, and the `as_of` of the list's first page."""

    key: tuple[Any, UUID]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Rows(Generic[R]):
    """Rows of one page with what the page says beside them."""

    items: list[R]
    next: str | None
    as_of: datetime


Filter = InstrumentedAttribute[Any] | ColumnElement[bool] | Mapping[Any, ColumnElement[bool]]
"""A column that must be equal, a condition on the value by the filter's name, or a condition for each value."""


@dataclass(frozen=True, eq=False)
class Listing(Generic[R]):
    """How one kind of row is listed: its filters by name, and its sorts, each an attribute that is never null.

    It is the provider's rows, where rows are of providers, for which the conditions of `where` hold. A sort
    `-received_at` descends. Ties are broken by id, so that pages neither repeat nor skip. A `plain` one, whose sorts
    are instants, has cursors that are the same place in the lists of several services. Columns `without` which it is
    listed are not read.
    """

    kind: type[R]
    filters: Mapping[str, Filter]
    sorts: Mapping[str, InstrumentedAttribute[Any]]
    updated_at: InstrumentedAttribute[datetime]
    where: tuple[ColumnElement[bool], ...] = ()
    without: frozenset[str] = frozenset()
    plain: bool = False

    async def page(self, work: UnitOfWork, asked: PageQuery, within: UUID | None = None, **values: Any) -> Rows[R]:
        """One page as asked, `values` being those of `where`; `within` is the record whose list it is, if it is one's.

        422 for a cursor of another list, filter or provider.
        """
        sort = self._sort(asked)
        given = {name: value for name in self.filters if (value := getattr(asked, name)) is not None}
        since: datetime | None = getattr(asked, "updated_since", None)
        as_of, after, after_id = work.now - SETTLED, None, None
        if asked.cursor is not None:  # `as_of` is the first page's: what changes behind the cursor is found by it
            (after, after_id), as_of = self._read(asked.cursor, work, self._binding(work, asked, within))
        chosen = tuple((name, given[name] if isinstance(self.filters[name], Mapping) else None) for name in given)
        many = None if chosen or since or self.where else asked.limit + 1
        read: Read[Any] = _page_read(self, sort, chosen, since is not None, asked.cursor is not None, many)
        values = {**values, **given, "since": since, "after": after, "after_id": after_id, "many": asked.limit + 1}
        found: list[R] = await work.read(read, **values)
        items = found[: asked.limit]
        more = len(found) > asked.limit
        return Rows(items, self.cursor_after(work, asked, items[-1], as_of, within) if more else None, as_of)

    def cursor_after(
        self, work: UnitOfWork, asked: PageQuery, row: R, as_of: datetime, within: UUID | None = None
    ) -> str:
        """The cursor of what follows a row, for a page that ends there although more was read."""
        end = Place((getattr(row, self.sorts[self._sort(asked)].key), row.id), as_of)
        if self.plain:
            return cursor_of(end)
        return _write(end, work.vault, self._binding(work, asked, within), work.now)

    def _sort(self, asked: PageQuery) -> str:
        sort: str = getattr(asked, "sort", next(iter(self.sorts)))
        return sort

    def _read(self, cursor: str, work: UnitOfWork, binding: bytes) -> Place:
        return place_of(cursor) if self.plain else _read(cursor, work.vault, binding, work.now)

    def _binding(self, work: UnitOfWork, asked: PageQuery, within: UUID | None) -> bytes:
        filters = asked.model_dump(mode="json", exclude={"cursor", "limit"})
        whole = [self.kind.__tablename__, str(work.provider_id), str(within), self._sort(asked), filters]
        return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).digest()


@lru_cache(READS_KEPT)
def _page_read(
    listing: Listing[Any], sort: str, chosen: tuple[tuple[str, Any], ...], since: bool, after: bool, many: int | None
) -> Read[Any]:
    """The read of a page, which depends on what is asked for and not on the values.

    A page of everything says in its text how `many` rows it is of: PostgreSQL then sees that one plan is as good for
    all values, and keeps it. With a condition its value may make another plan better.
    """
    kind, column, row_id = listing.kind, listing.sorts[sort], listing.kind.id
    query = select(kind).where(*listing.where, *(_condition(listing.filters[name], name, one) for name, one in chosen))
    provider: InstrumentedAttribute[UUID] | None = getattr(kind, "provider_id", None)
    if provider is not None:
        query = query.where(provider == bindparam("provider_id"))
    if since:
        query = query.where(listing.updated_at >= bindparam("since"))
    descending = sort.startswith("-")
    if after:
        key = tuple_(column, row_id)
        end = tuple_(bindparam("after", type_=column.type), bindparam("after_id", type_=row_id.type))
        query = query.where(key < end if descending else key > end)
    order = (column.desc(), row_id.desc()) if descending else (column.asc(), row_id.asc())
    limit = bindparam("many", type_=Integer()) if many is None else literal_column(str(many), Integer())
    return Read(query.order_by(*order).limit(limit), kind, without=listing.without)


def _condition(chosen: Filter, name: str, value: Any) -> ColumnElement[bool]:
    if isinstance(chosen, Mapping):
        return chosen[value]
    return chosen == bindparam(name) if isinstance(chosen, InstrumentedAttribute) else chosen


def cursor_of(place: Place) -> str:
    """A plain cursor of the page after a place, whose sort value is an instant.

    It is not signed: it opens nothing but what the list with its filters shows the caller anyway.
    """
    at, row_id = place.key
    return f"{at.astimezone(UTC).isoformat()}~{row_id}~{place.as_of.astimezone(UTC).isoformat()}"


def place_of(cursor: str) -> Place:
    """The place that a plain cursor names; raises a 422 problem for one that names none."""
    try:
        at, row_id, as_of = cursor.split("~")
        key = (datetime.fromisoformat(at).astimezone(UTC), UUID(row_id))
        place = Place(key, datetime.fromisoformat(as_of).astimezone(UTC))
    except (ValueError, OverflowError):
        raise _refused() from None
    if cursor != cursor_of(place):
        raise _refused()
    return place


def _write(place: Place, vault: Vault, binding: bytes, now: datetime) -> str:
    value, row_id = place.key
    kind, plain = ("t", value.isoformat()) if isinstance(value, datetime) else ("v", value)
    content = orjson.dumps([kind, plain, str(row_id), int(now.timestamp()), place.as_of.isoformat()])
    return base64.urlsafe_b64encode(vault.sign(binding + content) + content).decode().rstrip("=")


def _read(cursor: str, vault: Vault, binding: bytes, now: datetime) -> Place:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refused() from None
    signature, content = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not vault.signed(binding + content, signature):
        raise _refused()
    kind, plain, row_id, issued, as_of = orjson.loads(content)
    if datetime.fromtimestamp(issued, UTC) + CURSOR_AGE < now:
        raise _refused()
    value = datetime.fromisoformat(plain) if kind == "t" else plain
    return Place((value, UUID(row_id)), datetime.fromisoformat(as_of))


def _refused() -> errors.Problem:
    return errors.invalid("?cursor", "cursor_refused", BAD_CURSOR)
