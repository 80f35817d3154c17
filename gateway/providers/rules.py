"""What a provider's profile must keep to: working hours in order, a time zone that exists, a name that is no id."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from zoneinfo import available_timezones

from contracts.base import Text

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
