"""Events of complaints: cases at authorities about them (clause 8.2)."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Event

ExternalBody = Literal["12345", "12315", "regulator", "arbitration", "court", "other"]
ReplyMethod = Literal["portal", "letter", "email", "telephone", "visit"]
RulingOutcome = Literal["upheld", "partly", "not_upheld", "settled"]
CorrectionCause = Literal["wrong_complaint", "double_entry", "no_such_case"]


class ExternalCaseState(Event):
    """The whole shared state of a case at an authority about a complaint (外部案件); `due_at` is their limit."""

    external_case_id: UUID
    complaint_id: UUID
    body: ExternalBody
    reference: str
    state: str
    received_at: AwareDatetime
    registered_at: AwareDatetime
    due_at: AwareDatetime | None
    replied_at: AwareDatetime | None
    ruled_at: AwareDatetime | None
    outcome: RulingOutcome | None


class ExternalCaseRegistered(ExternalCaseState):
    """A case at an authority was attached to a complaint."""

    TYPE: ClassVar[str] = "complaints.external_case.registered.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ExternalCaseReplied(ExternalCaseState):
    """The authority was answered."""

    TYPE: ClassVar[str] = "complaints.external_case.replied.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    method: ReplyMethod
    proof_id: UUID | None


class ExternalCaseRuled(ExternalCaseState):
    """The authority has ruled, or the case was settled there."""

    TYPE: ClassVar[str] = "complaints.external_case.ruled.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ExternalCaseWithdrawn(ExternalCaseState):
    """The case was withdrawn there."""

    TYPE: ClassVar[str] = "complaints.external_case.withdrawn.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    withdrawn_at: AwareDatetime


class ExternalCaseEntryCorrected(ExternalCaseState):
    """The case was entered in error, and counts no more."""

    TYPE: ClassVar[str] = "complaints.external_case.entry_corrected.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    cause: CorrectionCause


class ExternalCaseClockReached(ExternalCaseState):
    """So much of the authority's limit has passed without our reply, and the next level was told."""

    TYPE: ClassVar[str] = "complaints.external_case.clock_reached.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    percent: int


EXTERNAL_CASE_EVENTS = (
    ExternalCaseRegistered,
    ExternalCaseReplied,
    ExternalCaseRuled,
    ExternalCaseWithdrawn,
    ExternalCaseEntryCorrected,
    ExternalCaseClockReached,
)
