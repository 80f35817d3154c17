"""What every event of a complaint tells of it, and the words that it uses (clause 8.2)."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.base import Event

Concern = Literal["safety", "security"]
Level = Literal["high", "medium", "low"]
Priority = Literal["critical", "high", "moderate", "low"]
AttachmentPurpose = Literal["evidence", "correspondence", "recording"]
ClockName = Literal["acknowledge", "decide"]
HandlingClock = Literal["assess", "progress", "follow_up", "close"]
Severity = Literal["minor", "moderate", "major", "critical"]
Validity = Literal["valid", "unclear", "unfounded"]
ReviewOutcome = Literal["confirmed", "not_confirmed"]
SubjectKind = Literal["person", "team", "department", "service", "none"]
Decision = Literal["upheld", "partly", "not_upheld"]
AttemptOutcome = Literal["reached", "no_answer", "wrong_number", "refused_to_talk"]
Satisfaction = Literal["satisfied", "partly", "not_satisfied"]
ClosingWay = Literal["satisfied", "reached", "refused_to_talk", "unreachable", "mailbox", "waived", "final_position"]
ContactMethod = Literal["telephone", "visit", "email", "letter", "message", "receipt"]


class ExternalReference(BaseModel):
    """The number of a complaint in another system."""

    model_config = ConfigDict(frozen=True)

    system: str
    id: str


class ComplaintState(Event):
    """The whole shared state of a complaint: codes, numbers and times only.

    `due` and `limits` say when each clock with a limit is due as it is agreed now. `round` counts the investigations
    from 1; `decided_at` is the last decision. `channel_version` is None where no published version held at
    `received_at`: then nothing was promised. `origin` is
    `intake` or `import`; what was imported has no promise, and of its times those that its source knew.
    `follows` is the earlier complaint that this one takes up again.
    """

    complaint_id: UUID
    receipt_number: str
    state: str
    channel: str
    channel_id: UUID | None
    channel_version: int | None
    received_at: AwareDatetime
    registered_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    anonymous: bool
    category: str
    urgency: Level
    impact: Level
    priority: Priority
    concerns: list[Concern]
    customer_id: UUID | None
    external_reference: ExternalReference | None
    acknowledgement_failed: bool = False
    due: dict[ClockName, AwareDatetime] | None = None
    origin: str = "intake"
    decided_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    imported_by_job: UUID | None = None
    limits: dict[HandlingClock, AwareDatetime] | None = None
    severity: Severity | None = None
    validity: Validity | None = None
    safety: bool = False
    legal: bool = False
    about_kind: SubjectKind | None = None
    about_account_id: UUID | None = None
    about_unit_id: UUID | None = None
    service: str | None = None
    department_id: UUID | None = None
    policy_version: int | None = None
    handler_id: UUID | None = None
    backup_id: UUID | None = None
    follow_up_caller_id: UUID | None = None
    round: int = 1
    cause: str | None = None
    decision: Decision | None = None
    first_decided_at: AwareDatetime | None = None
    satisfaction: Satisfaction | None = None
    closing_way: ClosingWay | None = None
    merged_into: UUID | None = None
    follows: UUID | None = None
    improvement: str | None = None
    dossier_sha256: str | None = None
