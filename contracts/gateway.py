"""Events of the gateway: the providers of the installation, and the machines that act for them."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.base import Event, registry

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class WorkingCalendar(BaseModel):
    """The days on which a provider's working hours differ from those of the weekday, as one numbered version.

    `days` maps an ISO date to its spells of work: none on a holiday, the hours of a make-up working day (调休) or of a
    day with other hours. After `official_through` the days are provisional: the year was not announced yet. It is
    null where there is no official list.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    days: dict[date, list[tuple[str, str]]]
    official_through: date | None


class ProviderState(Event):
    """The whole shared state of a provider (供方), as every service keeps it.

    `working_hours` maps a weekday to its spells of work, each a pair of local times `HH:MM`; a day that is missing
    is closed; `24:00` is the end of a day. `time_zone` is an IANA name, `language` `en` or `zh-CN`. When time zone,
    working hours or days change, the calendar has a new version: what was computed by one can be computed again.
    """

    provider_id: UUID
    slug: str
    name: str
    time_zone: str
    language: Literal["en", "zh-CN"]
    working_hours: dict[Weekday, list[tuple[str, str]]]
    calendar: WorkingCalendar | None = None


class ProviderRegistered(ProviderState):
    """A provider was registered by the installation's operator."""

    TYPE: ClassVar[str] = "gateway.provider.registered.v1"


class ProviderChanged(ProviderState):
    """A provider's profile changed."""

    TYPE: ClassVar[str] = "gateway.provider.changed.v1"


class CalendarState(Event):
    """The shared state of one version of a provider's calendar; its days come with the provider's own events.

    `region` is an ISO 3166 code, or `none` where the provider follows no official list.
    """

    calendar_id: UUID
    number: int
    region: str
    official_through: date | None


class CalendarRevised(CalendarState):
    """A provider's calendar has a new version."""

    TYPE: ClassVar[str] = "gateway.calendar.revised.v1"


class CalendarRunningOut(CalendarState):
    """In 45 days the days of a provider's calendar are provisional: the next official list is wanted."""

    TYPE: ClassVar[str] = "gateway.calendar.running_out.v1"


class ClientState(Event):
    """The whole shared state of a client: a machine that acts for a provider with these roles."""

    client_id: UUID
    state: Literal["active", "withdrawn"]
    roles: list[str]


class ClientCreated(ClientState):
    """A client was registered."""

    TYPE: ClassVar[str] = "gateway.client.created.v1"


class ClientChanged(ClientState):
    """A client's name or roles changed."""

    TYPE: ClassVar[str] = "gateway.client.changed.v1"


class ClientWithdrawn(ClientState):
    """A client may come in no more, with none of its keys and tokens."""

    TYPE: ClassVar[str] = "gateway.client.withdrawn.v1"


class KeyState(Event):
    """The whole shared state of an API key; `scopes` is null where it carries its client's roles."""

    key_id: UUID
    client_id: UUID
    state: Literal["active", "withdrawn"]
    scopes: list[str] | None
    expires_at: AwareDatetime | None


class KeyCreated(KeyState):
    """An API key was issued."""

    TYPE: ClassVar[str] = "gateway.key.created.v1"


class KeyWithdrawn(KeyState):
    """An API key is valid no more."""

    TYPE: ClassVar[str] = "gateway.key.withdrawn.v1"


EVENTS = registry(
    ProviderRegistered,
    ProviderChanged,
    CalendarRevised,
    CalendarRunningOut,
    ClientCreated,
    ClientChanged,
    ClientWithdrawn,
    KeyCreated,
    KeyWithdrawn,
)
