"""Shapes of what is done to a complaint on its way, on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chassis.schemas import NUMBER, Code, In, Moment
from contracts.complaint_state import ContactMethod
from services.complaints.complaints.schemas import RequiredWords, Words


class AssignIn(In):
    """Who handles a complaint, and who steps in (受理, 分派)."""

    handler_id: UUID = Field(description="Account of the handler, who answers for it.")
    backup_id: UUID | None = Field(None, description="Account of who takes over when the handler is absent.")
    words: Words | None = Field(None, description="A note for the handler.")


class ReassignIn(AssignIn):
    """Another handler, with a hand-over note (改派)."""

    reason: Literal["absence", "workload", "conflict_of_interest", "competence", "level", "other"]
    words: RequiredWords = Field(description="The hand-over note: where the case stands.")


class StartIn(In):
    """The plan or the first note of the investigation."""

    words: RequiredWords


class InformIn(In):
    """A contact in which the complainant was told how far it has come (告知进展)."""

    method: ContactMethod
    at: Moment | None = Field(None, description="When; now, if not given.")
    words: RequiredWords = Field(description="What was told.")
    send: bool = Field(False, description="Have these words sent by e-mail, or left in the mailbox of the receipt.")


class ExtendIn(In):
    """A longer limit to decide (延期): the promise stays, what is agreed moves."""

    working_hours: Annotated[int, Field(ge=1, le=2000), NUMBER] = Field(description="By how much the limit grows.")
    reason: Code = Field(examples=["waiting_for_supplier"])
    told_method: ContactMethod = Field(description="How the complainant was told; `message`: by the system.")
    told_at: Moment | None = Field(None, description="When; now, if not given.")
    words: Words | None = Field(None, description="Why, as the complainant is told.")


class EscalateIn(In):
    """Whom the complaint is put before (督办)."""

    to_id: UUID = Field(description="Account of the next level.")
    reason: Code = Field(examples=["overdue"])
    words: Words | None = None
