"""Shapes of objections on the wire."""

from uuid import UUID

from pydantic import Field

from chassis.schemas import In, Moment
from contracts.complaint_state import ContactMethod
from services.complaints.complaints.schemas import RequiredWords


class ObjectIn(In):
    """What a complainant says against the refusal or the outcome (提出异议)."""

    party_id: UUID | None = Field(None, description="Who objects; the first who complains, if not given.")
    method: ContactMethod
    at: Moment | None = Field(None, description="When it came; now, if not given.")
    words: RequiredWords = Field(description="What they object to.")


class AnswerObjectionIn(In):
    """Why a closed complaint stays closed: who objected is told (答复异议)."""

    party_id: UUID | None = Field(None, description="Whose objection; the first that waits, if not given.")
    words: RequiredWords = Field(description="What they are told.")
