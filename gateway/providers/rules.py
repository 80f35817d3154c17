"""The life of a provider, and what its profile keeps to: hours in order, a zone that exists, a name that is no id."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text

if TYPE_CHECKING:
    from gateway.providers.models import Profile


class State(StrEnum):
    """States of a provider."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEAVING = "leaving"
    ERASED = "erased"


STATES = {
    State.ACTIVE: Text("active", "正常"),
    State.SUSPENDED: Text("suspended", "已暂停"),
    State.LEAVING: Text("leaving", "正在退出"),
    State.ERASED: Text("erased", "已删除"),
}
ALIVE = frozenset({State.ACTIVE, State.SUSPENDED, State.LEAVING})

UNCONFIRMED = timedelta(days=30)
"""So long after it left, a provider that has not confirmed its archive can be erased all the same."""

HELD = Text("A legal hold keeps everything of this provider.", "法律保全期间，该供方的一切数据均须保留。")
NOT_HELD = Text("There is no legal hold on this provider.", "该供方未处于法律保全状态。")
NOT_CONFIRMED = Text(
    "The provider has not confirmed that its archive has arrived; without that it can be erased from {day} on.",
    "该供方尚未确认已收到其数据；未经确认的，须自 {day} 起方可删除。",
)
CONFIRMED = Text("It was confirmed already that the archive has arrived.", "已确认收到数据。")
NOT_ITSELF = Text("The provider itself confirms that its archive has arrived.", "须由供方自行确认已收到数据。")
IMPOSED = Text(
    "The operator had it suspended or leave, and lets it stay.", "该供方由系统运营方暂停或退出，须由运营方恢复。"
)

MOST_SPELLS = 12
BEGINNING, END = re.compile(r"([01]\d|2[0-3]):[0-5]\d"), re.compile(r"(([01]\d|2[0-3]):[0-5]\d|24:00)")

UNKNOWN_ZONE = Text("An IANA time zone is expected, such as Asia/Shanghai.", "此处应为 IANA 时区，例如 Asia/Shanghai。")
BAD_TIME = Text(
    "{day}: a spell is two times HH:MM, from 00:00 to 24:00.", "{day}：每段时间为两个 HH:MM，介于 00:00 与 24:00 之间。"
)
EMPTY_SPELL = Text("{day}: a spell must end after it begins.", "{day}：每段时间的结束须晚于开始。")
OVERLAP = Text(
    "{day}: the spells must follow one another without overlap.", "{day}：各段时间须按先后排列，且不得重叠。"
)
LIKE_AN_ID = Text("It reads like an id; choose another short name.", "简称形似编号，请另选。")
TOO_MANY = Text("{day}: at most {most} spells.", "{day}：最多 {most} 段时间。")


@cache
def time_zones() -> frozenset[str]:
    """The IANA names that are known."""
    return frozenset(available_timezones())


def zone_fault(name: str) -> Text | None:
    """What is wrong with the name of a time zone; None when it is one."""
    return None if name in time_zones() else UNKNOWN_ZONE


def slug_fault(slug: str) -> Text | None:
    """What is wrong with a short name; None when nobody, and no address, can take it for a provider's id."""
    digits = slug.replace("-", "")
    return LIKE_AN_ID if re.fullmatch("[0-9a-f]{32}", digits) else None


def hours_fault(working_hours: Mapping[str, Sequence[tuple[str, str]]]) -> Text | None:
    """What is wrong with working hours, the first fault of the week; None when each day's spells follow one another."""
    faults = (_day_fault(spells) for spells in working_hours.values())
    found = ((day, fault) for day, fault in zip(working_hours, faults, strict=True) if fault is not None)
    return next((fault.filled(day=day, most=MOST_SPELLS) for day, fault in found), None)


def _day_fault(spells: Sequence[tuple[str, str]]) -> Text | None:
    if len(spells) > MOST_SPELLS:
        return TOO_MANY
    if not all(BEGINNING.fullmatch(begins) and END.fullmatch(ends) for begins, ends in spells):
        return BAD_TIME
    if any(begins >= ends for begins, ends in spells):
        return EMPTY_SPELL
    if any(later[0] < earlier[1] for earlier, later in pairwise(spells)):
        return OVERLAP
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside the record: whether the provider itself acts, or the operator."""

    itself: bool


def no_legal_hold(profile: "Profile", facts: Facts, *, body: object, actor: Who, now: datetime) -> Objection | None:
    """What may be evidence is not erased."""
    return Objection("legal_hold", HELD) if profile.legal_hold else None


def has_legal_hold(profile: "Profile", facts: Facts, *, body: object, actor: Who, now: datetime) -> Objection | None:
    """Only what is held can be released."""
    return None if profile.legal_hold else Objection("not_held", NOT_HELD)


def has_its_archive(profile: "Profile", facts: Facts, *, body: object, actor: Who, now: datetime) -> Objection | None:
    """The provider has its records with it, or has had 30 days to fetch them."""
    if profile.archive_confirmed_at is not None or profile.left_at is None or now >= profile.left_at + UNCONFIRMED:
        return None
    day = (profile.left_at + UNCONFIRMED).isoformat(timespec="seconds")
    return Objection("archive_not_confirmed", NOT_CONFIRMED.filled(day=day))


def is_unconfirmed(profile: "Profile", facts: Facts, *, body: object, actor: Who, now: datetime) -> Objection | None:
    """The archive is confirmed once."""
    return None if profile.archive_confirmed_at is None else Objection("confirmed", CONFIRMED)


def is_provider_itself(
    profile: "Profile", facts: Facts, *, body: object, actor: Who, now: datetime
) -> Objection | None:
    """Nobody confirms in the provider's place."""
    return None if facts.itself else Objection("not_provider_itself", NOT_ITSELF)


def may_stay(profile: "Profile", facts: Facts, *, body: object, actor: Who, now: datetime) -> Objection | None:
    """What the operator has imposed, the provider does not undo by leaving and staying."""
    return Objection("imposed", IMPOSED) if profile.imposed and facts.itself else None


LIFECYCLE: "Lifecycle[Profile]" = Lifecycle(
    STATES,
    register=Step((), State.ACTIVE, permission="gateway.provider.register"),
    suspend=Step({State.ACTIVE}, State.SUSPENDED, permission="gateway.provider.suspend"),
    resume=Step({State.SUSPENDED}, State.ACTIVE, permission="gateway.provider.suspend"),
    leave=Step({State.ACTIVE, State.SUSPENDED}, State.LEAVING, permission="gateway.provider.leave"),
    stay=Step({State.LEAVING}, State.ACTIVE, permission="gateway.provider.leave", guards=(may_stay,)),
    confirm_archive=Step(
        {State.LEAVING}, None, permission="gateway.provider.leave", guards=(is_provider_itself, is_unconfirmed)
    ),
    hold=Step(ALIVE, None, permission="gateway.provider.hold", guards=(no_legal_hold,)),
    release=Step(ALIVE, None, permission="gateway.provider.hold", guards=(has_legal_hold,)),
    erase=Step(
        {State.LEAVING}, State.ERASED, permission="gateway.provider.erase", guards=(no_legal_hold, has_its_archive)
    ),
)
