"""Lists: keyset pages with opaque cursors, typed filters, sorts from an allow-list."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from chassis import errors
from chassis.db import UnitOfWork
from chassis.sealing import Vault
from contracts.base import Text

T = TypeVar("T")
R = TypeVar("R", bound="Listed")
SETTLED = timedelta(seconds=10)
CURSOR_AGE = timedelta(hours=24)
SIGNATURE_BYTES = 16
BAD_CURSOR = Text(
    "The cursor does not belong to this list with these filters, or is older than 24 hours.",
    "该游标不属于此列表和这些筛选条件，或已超过 24 小时。",
)


class Listed(Protocol):
    """A row that can be listed."""

    __tablename__: str
    id: Any


class ListQuery(BaseModel):
    """What every list takes; a list adds its own filters and sorts."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Items on a page.")
    cursor: str | None = Field(
        None, max_length=1000, description="`next` of the page before; the filters stay the same."
    )
    updated_since: AwareDatetime | None = Field(
        None, description="Only what changed at or after this instant: take `as_of` of your last first page."
    )


class Page(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")
    as_of: AwareDatetime = Field(
        description="Everything changed before this instant is in; ask again `updated_since` it."
    )


@dataclass(frozen=True, slots=True)
class Rows(Generic[R]):
    """Rows of one page with what the page says beside them."""

    items: list[R]
    next: str | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """How one kind of row is listed: its filters by name, and its sorts, each an attribute that is never null.

    A sort `-received_at` descends. Ties are broken by id, so that pages neither repeat nor skip.
    """

    kind: type[R]
    filters: Mapping[str, InstrumentedAttribute[Any]]
    sorts: Mapping[str, InstrumentedAttribute[Any]]
    updated_at: InstrumentedAttribute[datetime]

    async def page(self, work: UnitOfWork, query: Select[R], asked: ListQuery, within: UUID | None = None) -> Rows[R]:
        """One page of the query's rows as asked; `within` is the record whose list it is, if it is one's.

        422 for a cursor of another list, filter or provider.
        """
        sort: str = getattr(asked, "sort", next(iter(self.sorts)))
        column = self.sorts[sort]
        binding = self._binding(work, asked, sort, within)
        query = self._filtered(query, asked)
        after = None if asked.cursor is None else _read(asked.cursor, work.vault, binding, work.now)
        descending = sort.startswith("-")
        key = tuple_(column, self.kind.id)
        if after is not None:
            query = query.where(key < after if descending else key > after)
        order = (column.desc(), self.kind.id.desc()) if descending else (column.asc(), self.kind.id.asc())
        found = (await work.session.execute(query.order_by(*order).limit(asked.limit + 1))).scalars().all()
        items = list(found[: asked.limit])
        more = len(found) > asked.limit
        following = (
            _write(getattr(items[-1], column.key), items[-1].id, work.vault, binding, work.now) if more else None
        )
        return Rows(items, following, work.now - SETTLED)

    def _filtered(self, query: Select[R], asked: ListQuery) -> Select[R]:
        for name, column in self.filters.items():
            value = getattr(asked, name)
            if value is not None:
                query = query.where(column == value)
        if asked.updated_since is not None:
            query = query.where(self.updated_at >= asked.updated_since)
        return query

    def _binding(self, work: UnitOfWork, asked: ListQuery, sort: str, within: UUID | None) -> bytes:
        filters = asked.model_dump(mode="json", exclude={"cursor", "limit"})
        whole = [self.kind.__tablename__, str(work.provider_id), str(within), sort, filters]
        return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).digest()


def _write(value: Any, row_id: UUID, vault: Vault, binding: bytes, now: datetime) -> str:
    kind, plain = ("t", value.isoformat()) if isinstance(value, datetime) else ("v", value)
    content = orjson.dumps([kind, plain, str(row_id), int(now.timestamp())])
    return base64.urlsafe_b64encode(vault.sign(binding + content) + content).decode().rstrip("=")


def _read(cursor: str, vault: Vault, binding: bytes, now: datetime) -> tuple[Any, UUID]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refused() from None
    signature, content = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, vault.sign(binding + content)):
        raise _refused()
    kind, plain, row_id, issued = orjson.loads(content)
    if datetime.fromtimestamp(issued, UTC) + CURSOR_AGE < now:
        raise _refused()
    return (datetime.fromisoformat(plain) if kind == "t" else plain), UUID(row_id)


def _refused() -> errors.Problem:
    return errors.invalid("?cursor", "cursor_refused", BAD_CURSOR)
