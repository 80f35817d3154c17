"""Shapes of clocks on the wire."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from chassis.clocks.queries import Measured
from chassis.clocks.rules import PAUSED

MINUTE = timedelta(minutes=1)


class PauseOut(BaseModel):
    """A time in which a clock did not run."""

    reason: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None


class ClockOut(BaseModel):
    """A clock of a record; minutes are of working time on the version of the calendar that held when it started."""

    name: str
    round: int
    state: Literal["running", "paused", "stopped"]
    calendar: int = Field(description="Number of the calendar's version.")
    started_at: AwareDatetime
    stopped_at: AwareDatetime | None
    promised_minutes: int | None = Field(description="The limit set at the start; null: no target.")
    promised_due_at: AwareDatetime | None = Field(description="When that limit is over; it never moves.")
    limit_minutes: int | None = Field(description="The limit that is agreed now.")
    due_at: AwareDatetime | None = Field(
        description="When that limit is over; of a paused clock, when it would have been without the pause."
    )
    elapsed_minutes: int
    remaining_minutes: int | None = Field(description="Below 0 once the limit is over.")
    percent: int | None = Field(description="Of the limit, how much has run.")
    late: bool = Field(description="Whether it ran beyond what is agreed.")
    late_as_promised: bool = Field(description="Whether it ran beyond what was promised.")
    pauses: list[PauseOut]


def clock_out(measured: Measured, now: datetime) -> ClockOut:
    """A clock as it stands now."""
    clock, ran = measured.clock, measured.elapsed(now)
    limit = measured.limit
    pauses = [one for one in measured.rows if one.kind == PAUSED]
    reckoned = {
        "calendar": clock.calendar_number,
        "elapsed_minutes": ran // MINUTE,
        "remaining_minutes": None if limit is None else (limit - ran) // MINUTE,
        "percent": None if not limit else int(ran * 100 / limit),
        "late": measured.is_late(clock.due_at, now),
        "late_as_promised": measured.is_late(clock.promised_due_at, now),
        "pauses": [PauseOut(reason=one.reason, started_at=one.started_at, ended_at=one.ended_at) for one in pauses],
    }
    return ClockOut.model_validate(vars(clock) | reckoned)
