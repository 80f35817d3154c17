"""What consumer and producer say to each other on `svc.<producer>.digest` and `.replay`: ids, types and times only."""

from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

IDS_PAGE = 10_000
REPLAY_PAGE = 1_000
HOURS_PAGE = 8 * 24
ENTRIES_PAGE = 300_000

Types = Annotated[list[str], Field(min_length=1, max_length=200)]


class Hour(NamedTuple):
    """The events of one hour (UTC): how many, and the digest of their ids."""

    at: AwareDatetime
    events: int
    digest: str


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class DigestAsked(_Message):
    """Asks for digests of hours from `since` on, or from the first event the producer has."""

    types: Types
    since: AwareDatetime | None


class DigestTold(_Message):
    """The hours with events from `since` until before `until`: 8 days, or about 300,000 entries; `more` may follow.

    Nothing older than `out_through` waits in the outbox.
    """

    since: AwareDatetime
    until: AwareDatetime
    hours: list[Hour]
    more: bool
    out_through: AwareDatetime


class IdsAsked(_Message):
    """Asks for the ids of the events from `since` until before `until`, those above `after`, in order."""

    types: Types
    since: AwareDatetime
    until: AwareDatetime
    after: UUID


class IdsTold(_Message):
    """At most 10,000 ids in order; as many mean that more may follow."""

    ids: list[UUID]


class ReplayAsked(_Message):
    """Asks for events between two instants to be published once more."""

    types: Types
    since: AwareDatetime
    until: AwareDatetime
    ids: list[UUID] = Field(min_length=1, max_length=REPLAY_PAGE)


class ReplayTold(_Message):
    """How many will be published: those of the ids that the journal has and the outbox had not."""

    replayed: int


class Refused(_Message):
    """Why there is no answer: `unreadable`, `foreign type`, or `unavailable`."""

    refused: str
