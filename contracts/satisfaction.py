"""Events of satisfaction: answers to surveys, and improvements (clauses 8.3 and 8.4)."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Event, registry


class AnswerLowScored(Event):
    """An answer to a survey was scored at or below the threshold that the survey has for complaints.

    `customer_id` is None where the survey does not tell from which customer an answer comes.
    """

    TYPE: ClassVar[str] = "satisfaction.answer.low_scored.v1"
    CLAUSE: ClassVar[str | None] = "8.3"

    answer_id: UUID
    survey_id: UUID
    customer_id: UUID | None
    score: float
    threshold: float
    occurred_at: AwareDatetime


class ImprovementRecorded(Event):
    """An improvement was recorded that follows from another record, which has no more than this one.

    The source is a record of a service by its kind, as `complaints` and `complaint`, and its id.
    """

    TYPE: ClassVar[str] = "satisfaction.improvement.recorded.v1"
    CLAUSE: ClassVar[str | None] = "8.4"

    improvement_id: UUID
    source_service: str
    source_kind: str
    source_id: UUID


EVENTS = registry(AnswerLowScored, ImprovementRecorded)
