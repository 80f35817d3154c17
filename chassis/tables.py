"""The three classes of table that a service may have, and the plumbing that every service has."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, configure_mappers, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
TENANT, JOURNAL, PLUMBING = "tenant", "journal", "plumbing"
STATE = "_sa_instance_state"
"""Where a row has what SQLAlchemy knows of it."""
ONCE = "once"
"""In a table's `info`: of a new row that stands already, the one that stands is kept."""

OF_PROVIDERS = "of_providers"
"""In the `info` of a table of plumbing: its rows are providers' and are deleted when these are erased."""


class _Tracked:
    """What SQLAlchemy knows of a row, begun when it first asks: of most rows it never does."""

    def __get__(self, row: "Base | None", kind: "type[Base]") -> Any:
        if row is None:
            raise AttributeError(STATE)
        kind.__mapper__.class_manager.setup_instance(row)
        return row.__dict__[STATE]


class Base(DeclarativeBase):
    """Base of all tables; `info["class"]` says which of the three classes a table is of."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        str: Text(),
        datetime: DateTime(timezone=True),
        bytes: LargeBinary(),
        int: BigInteger(),
        list[str]: ARRAY(Text()),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }

    _sa_instance_state = _Tracked()

    def __init__(self, **values: Any) -> None:
        """A new row, null where nothing is said; raises TypeError for what is no column.

        It is written whole, so its values are no changes that SQLAlchemy must be told of.
        """
        empty = _empty(type(self))
        if not values.keys() <= empty.keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(values.keys() - empty.keys()))}")
        self.__dict__.update(empty, **values)

    def __init_subclass__(cls, **options: Any) -> None:
        """A class of rows, made without what SQLAlchemy puts around `__init__` for events that nobody listens to."""
        super().__init_subclass__(**options)
        cls.__init__ = Base.__init__  # type: ignore[method-assign]


@cache
def _empty(kind: type[Base]) -> dict[str, None]:
    """What a new row of a class begins as."""
    configure_mappers()
    return dict.fromkeys(kind.__mapper__.columns.keys())


def tenant(service: str | None, *constraints: Any, once: bool = False) -> tuple[Any, ...]:
    """`__table_args__` of a tenant table: whose it is (None: every service has it), and its constraints and indexes."""
    return (*constraints, {"info": {"class": TENANT, "service": service, ONCE: once}})


def plumbing(service: str, *constraints: Any) -> tuple[Any, ...]:
    """`__table_args__` of a slice's own plumbing: rows of providers, which go with them, under ids but no policy."""
    return (*constraints, {"info": {"class": PLUMBING, "service": service, OF_PROVIDERS: True}})


def within_provider(columns: Sequence[str], target: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key that cannot cross providers: `provider_id` leads on both sides; it points at `target`'s id."""
    return ForeignKeyConstraint(["provider_id", *columns], [f"{target}.provider_id", f"{target}.id"], ondelete=ondelete)


class OfProvider:
    """Columns of every tenant table: the provider (供方) that owns the row leads the primary key."""

    provider_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-5)
    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-4)


class Record(OfProvider):
    """Columns of a record with a life of its own: its version counts its journal entries, densely, from 1."""

    version: Mapped[int] = mapped_column(sort_order=-3)
    created_at: Mapped[datetime] = mapped_column(sort_order=-2)
    updated_at: Mapped[datetime] = mapped_column(sort_order=-1)


class JournalEntry(Base):
    """One entry per record and transaction: the record's timeline, the audit trail and the outbox's content."""

    __tablename__ = "journal"

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    id: Mapped[UUID]
    type: Mapped[str]
    subject: Mapped[UUID]
    version: Mapped[int]
    actor: Mapped[str]
    at: Mapped[datetime]
    correlation: Mapped[UUID]
    causation: Mapped[UUID | None]
    clause: Mapped[str | None]
    data: Mapped[dict[str, Any]]

    __table_args__ = (
        UniqueConstraint("provider_id", "subject", "version"),
        UniqueConstraint("provider_id", "id"),
        Index(None, "at"),
        {"info": {"class": JOURNAL}},
    )


_PLUMBING: Any = {"info": {"class": PLUMBING}}


class Outbox(Base):
    """A journal entry that the broker has not confirmed yet."""

    __tablename__ = "outbox"
    __table_args__ = _PLUMBING

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    provider_id: Mapped[UUID]


class Inbox(Base):
    """An event whose reactions have happened here; `at` is the event's own time."""

    __tablename__ = "inbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    handled_at: Mapped[datetime]
    type: Mapped[str | None]
    at: Mapped[datetime | None]

    __table_args__ = (Index(None, "handled_at"), Index(None, "at"), _PLUMBING)


class DeliveryFailure(Base):
    """How often the reactions to an event have failed; the row goes when they succeed."""

    __tablename__ = "delivery_failure"
    __table_args__ = _PLUMBING

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(SmallInteger())
    last_failed_at: Mapped[datetime]


class DeadLetter(Base):
    """A delivery that this service could not act upon, kept for its operators.

    `payload` is the message as it came, `producer` the stream, `sequence` its place there; `id` follows from producer
    and payload, because places are given anew when a stream is.
    """

    __tablename__ = "dead_letter"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID | None]
    producer: Mapped[str]
    sequence: Mapped[int]
    payload: Mapped[bytes]
    reason: Mapped[str]
    failures: Mapped[int] = mapped_column(SmallInteger())
    died_at: Mapped[datetime]

    __table_args__ = (Index(None, "died_at"), Index(None, "event_id"), _PLUMBING)


class Timer(Base):
    """A step of a clock that is to be taken at an instant, once: `(provider, record, clock, step)` is unique."""

    __tablename__ = "timer"

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    record: Mapped[UUID] = mapped_column(primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(SmallInteger())

    __table_args__ = (Index(None, "due_at"), {"info": {"class": PLUMBING, ONCE: True}})


class Idempotency(Base):
    """A request that has taken effect, by the hash of its key, with its answer sealed by that key."""

    __tablename__ = "idempotency"

    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    answer: Mapped[bytes | None]
    expires_at: Mapped[datetime]

    __table_args__ = (Index(None, "expires_at"), _PLUMBING)


class Attempt(Base):
    """Tries at a code within an hour, by the hash of what was tried."""

    __tablename__ = "attempt"

    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    tries: Mapped[int] = mapped_column(SmallInteger())
    expires_at: Mapped[datetime]

    __table_args__ = (Index(None, "expires_at"), _PLUMBING)


class Provider(Base):
    """This service's copy of a provider (供方), kept from the gateway's events; the newest version wins."""

    __tablename__ = "provider"
    __table_args__ = (UniqueConstraint("slug"), _PLUMBING)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    version: Mapped[int]
    state: Mapped[dict[str, Any]]


class ProviderKey(Base):
    """A provider's key, wrapped by the installation's master key; it wraps the keys of persons."""

    __tablename__ = "provider_key"
    __table_args__ = tenant(None)

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]
