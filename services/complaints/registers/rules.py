"""When a year of complaints is closed, and how its rows are numbered and hashed (clause 8.2-3)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chassis.actors import Who
from chassis.canonical import canonical
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text

if TYPE_CHECKING:
    from services.complaints.registers.models import Register
    from services.complaints.registers.schemas import CloseYearIn

FIRST_HASH = "0" * 64
"""What stands before the first row."""
NOT_OVER = Text("The year is not over yet.", "该年度尚未结束。")
CLOSED_BEFORE = Text("The register of this year was closed before.", "该年度台账已封账。")
NO_PERSON = Text("A person signs the register, no machine.", "台账须由人员签署，不得由系统客户端签署。")


class State(StrEnum):
    """States of a register."""

    NUMBERING = "numbering"
    CLOSED = "closed"


STATES = {State.NUMBERING: Text("being numbered", "编号中"), State.CLOSED: Text("closed", "已封账")}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know: when the year ends in the provider's zone, and whether it has a register."""

    ends_at: datetime
    stands: bool


def year_is_over(register: None, facts: Facts, *, body: "CloseYearIn", actor: Who, now: datetime) -> Objection | None:
    """The year has ended where the provider is."""
    return Objection("year_not_over", NOT_OVER, "8.2-3") if now < facts.ends_at else None


def is_not_closed(register: None, facts: Facts, *, body: "CloseYearIn", actor: Who, now: datetime) -> Objection | None:
    """A year is closed once."""
    return Objection("closed_before", CLOSED_BEFORE, "8.2-3") if facts.stands else None


def is_signed_by_a_person(
    register: None, facts: Facts, *, body: "CloseYearIn", actor: Who, now: datetime
) -> Objection | None:
    """Somebody answers for it."""
    return None if actor.name.startswith("person:") else Objection("signer_is_no_person", NO_PERSON, "8.2-3")


LIFECYCLE: "Lifecycle[Register]" = Lifecycle(
    STATES,
    close=Step(
        (),
        State.NUMBERING,
        permission="complaints.register.close",
        guards=(year_is_over, is_not_closed, is_signed_by_a_person),
        clause="8.2-3",
    ),
    finish=Step({State.NUMBERING}, State.CLOSED, permission="complaints.register.close", clause="8.2-3"),
    supplement=Step({State.CLOSED}, None, permission="complaints.register.close", clause="8.2-3"),
)
"""Only the clock finishes and supplements a register, for whoever signed it."""


def year_in(zone: str, year: int) -> tuple[datetime, datetime]:
    """The first instant of a year in a zone, and that of the year after it, in UTC."""
    first, after = (datetime(one, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for one in (year, year + 1))
    return first, after


def name_of(year: int, number: int) -> str:
    """The name of a row, such as TS-2026-0001; beyond 9,999 it has more digits."""
    return f"TS-{year}-{number:04}"


def chained(before: str, row: Mapping[str, Any]) -> str:
    """The hash of a row: SHA-256 of the hash before it, a line feed, and the row as canonical JSON."""
    return hashlib.sha256(f"{before}\n{canonical(row)}".encode()).hexdigest()
