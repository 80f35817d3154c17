"""Events of the complaint desk's policies (clause 8.2)."""

from typing import ClassVar
from uuid import UUID

from contracts.base import Event
from contracts.complaint_state import Severity


class PolicyPublished(Event):
    """A version of the policy was published: limits in working hours by severity, and numbers that rules need."""

    TYPE: ClassVar[str] = "complaints.policy.published.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    policy_id: UUID
    number: int
    decide: dict[Severity, int | None]
    progress: dict[Severity, int | None]
    assess: int | None
    follow_up: int | None
    close: int | None
    longest_pause_days: int
    extensions: int
    appeal_days: int
    reopen_days: int
    answer_days: int
    repeats: int
    repeat_days: int
    on_time_target: int | None = None
    follow_up_target: int | None = None
    head_id: UUID | None = None
    outside_reviewer_id: UUID | None = None
