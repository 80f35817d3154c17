"""Events of the gateway: the providers of the installation, and the people and machines that act for them."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.base import Event, registry
from contracts.messages import MessageState
from contracts.persons import Disclosed, Erased

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


ProviderLife = Literal["active", "suspended", "leaving", "erased"]


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

    `life` is how the provider stands: only an active one is written to; a `legal_hold` stops every erasure. `cause` is
    the code that was given for its standing, and the times say when it left, when it confirmed that its archive has
    arrived, and when it was erased; an erased one is called by its short name, and brings no calendar.
    """

    provider_id: UUID
    slug: str
    name: str
    time_zone: str
    language: Literal["en", "zh-CN"]
    working_hours: dict[Weekday, list[tuple[str, str]]]
    calendar: WorkingCalendar | None = None
    life: ProviderLife = "active"
    legal_hold: bool = False
    cause: str | None = None
    left_at: AwareDatetime | None = None
    archive_confirmed_at: AwareDatetime | None = None
    erased_at: AwareDatetime | None = None


class ProviderRegistered(ProviderState):
    """A provider was registered by the installation's operator."""

    TYPE: ClassVar[str] = "gateway.provider.registered.v1"


class ProviderChanged(ProviderState):
    """A provider's profile changed."""

    TYPE: ClassVar[str] = "gateway.provider.changed.v1"


class ProviderSuspended(ProviderState):
    """A provider may write nothing until it is resumed."""

    TYPE: ClassVar[str] = "gateway.provider.suspended.v1"


class ProviderResumed(ProviderState):
    """A suspended provider goes on."""

    TYPE: ClassVar[str] = "gateway.provider.resumed.v1"


class ProviderLeft(ProviderState):
    """A provider is leaving: it takes its records along, and is erased later."""

    TYPE: ClassVar[str] = "gateway.provider.left.v1"


class ProviderStayed(ProviderState):
    """A provider that was leaving stays."""

    TYPE: ClassVar[str] = "gateway.provider.stayed.v1"


class ProviderConfirmed(ProviderState):
    """A leaving provider has confirmed that its archive has arrived."""

    TYPE: ClassVar[str] = "gateway.provider.confirmed.v1"


class ProviderHeld(ProviderState):
    """A legal hold keeps everything of a provider."""

    TYPE: ClassVar[str] = "gateway.provider.held.v1"


class ProviderReleased(ProviderState):
    """The legal hold on a provider has ended."""

    TYPE: ClassVar[str] = "gateway.provider.released.v1"


class ProviderErased(ProviderState):
    """A provider is erased: every service destroys its key and its rows."""

    TYPE: ClassVar[str] = "gateway.provider.erased.v1"


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


class MemberState(Event):
    """The whole shared state of a member: a person who works for a provider with these roles.

    `account_id` is the person's, the same at every provider.
    """

    account_id: UUID
    state: Literal["active", "withdrawn"]
    roles: list[str]


class MemberJoined(MemberState):
    """A person accepted an invitation and is a member, for the first time or again."""

    TYPE: ClassVar[str] = "gateway.member.joined.v1"


class MemberChanged(MemberState):
    """A member's name, address, language or roles changed."""

    TYPE: ClassVar[str] = "gateway.member.changed.v1"


class MemberWithdrawn(MemberState):
    """A member may come in no more, with none of the keys and tokens for this provider."""

    TYPE: ClassVar[str] = "gateway.member.withdrawn.v1"


class InvitationState(Event):
    """The whole shared state of an invitation.

    `account_id` is the member that it is for, or that it made. `recovery` says that the installation's operator invites
    an administrator; before `usable_from` it cannot be accepted.
    """

    invitation_id: UUID
    state: Literal["open", "accepted", "withdrawn"]
    roles: list[str]
    account_id: UUID | None
    recovery: bool
    usable_from: AwareDatetime
    expires_at: AwareDatetime


class InvitationCreated(InvitationState):
    """A person was invited."""

    TYPE: ClassVar[str] = "gateway.invitation.created.v1"


class InvitationAccepted(InvitationState):
    """The person accepted."""

    TYPE: ClassVar[str] = "gateway.invitation.accepted.v1"


class InvitationWithdrawn(InvitationState):
    """The link leads nowhere any more."""

    TYPE: ClassVar[str] = "gateway.invitation.withdrawn.v1"


class InvitationNoticeFailed(InvitationState):
    """The message with the link reached nobody; `fault` is the code of what went wrong."""

    TYPE: ClassVar[str] = "gateway.invitation.notice_failed.v1"

    message_id: UUID
    kind: Literal["invitation"]
    fault: str | None


class KeyState(Event):
    """The whole shared state of an API key; `scopes` is null where it carries its holder's roles.

    The holder is a client; of a person's key `account_id` is the person's, and `client_id` too.
    """

    key_id: UUID
    client_id: UUID
    state: Literal["active", "withdrawn"]
    scopes: list[str] | None
    expires_at: AwareDatetime | None
    account_id: UUID | None = None


class KeyCreated(KeyState):
    """An API key was issued."""

    TYPE: ClassVar[str] = "gateway.key.created.v1"


class KeyWithdrawn(KeyState):
    """An API key is valid no more."""

    TYPE: ClassVar[str] = "gateway.key.withdrawn.v1"


class PersonDisclosed(Disclosed):
    """All that is held of a member or of an invited person was told, to be handed to that person."""

    TYPE: ClassVar[str] = "gateway.person.disclosed.v1"


class PersonErased(Erased):
    """Name and address of a withdrawn member or of an invited person were erased; the record stays."""

    TYPE: ClassVar[str] = "gateway.person.erased.v1"


class MessageQueued(MessageState):
    """A message to a person outside waits to be sent."""

    TYPE: ClassVar[str] = "gateway.message.queued.v1"


class MessageKept(MessageState):
    """A message was kept unsent, because the installation has no mail server."""

    TYPE: ClassVar[str] = "gateway.message.kept.v1"


class MessageSent(MessageState):
    """A mail server took a message."""

    TYPE: ClassVar[str] = "gateway.message.sent.v1"


class MessageRefused(MessageState):
    """A mail server refused a message for good."""

    TYPE: ClassVar[str] = "gateway.message.refused.v1"


class MessageFailed(MessageState):
    """A message was given up: nobody took it in 24 hours of waiting, or its recipient was erased."""

    TYPE: ClassVar[str] = "gateway.message.failed.v1"


class MessageBounced(MessageState):
    """A message came back."""

    TYPE: ClassVar[str] = "gateway.message.bounced.v1"


MESSAGE_EVENTS: Final[Mapping[str, type[MessageState]]] = {
    "waiting": MessageQueued,
    "kept": MessageKept,
    "sent": MessageSent,
    "refused": MessageRefused,
    "failed": MessageFailed,
    "bounced": MessageBounced,
}

EVENTS = registry(
    ProviderRegistered,
    ProviderChanged,
    ProviderSuspended,
    ProviderResumed,
    ProviderLeft,
    ProviderStayed,
    ProviderConfirmed,
    ProviderHeld,
    ProviderReleased,
    ProviderErased,
    ClientCreated,
    ClientChanged,
    ClientWithdrawn,
    MemberJoined,
    MemberChanged,
    MemberWithdrawn,
    InvitationCreated,
    InvitationAccepted,
    InvitationWithdrawn,
    InvitationNoticeFailed,
    CalendarRevised,
    CalendarRunningOut,
    KeyCreated,
    KeyWithdrawn,
    PersonDisclosed,
    PersonErased,
    *MESSAGE_EVENTS.values(),
)
