"""Events of satisfaction: answers to surveys (clause 8.3)."""

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


EVENTS = registry(AnswerLowScored)
