"""Shapes of complaints on the wire."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from chassis.clocks.schemas import ClockOut
from chassis.paging import ListQuery
from chassis.schemas import LINES, VISIBLE, Code, Email, In, Moment, Name, OpenStepOut, Spelled, is_visible, refusal
from contracts.base import Text
from contracts.complaint_state import (
    ClosingWay,
    Concern,
    ContactMethod,
    Decision,
    ExternalReference,
    Level,
    Priority,
    Satisfaction,
    Severity,
    SubjectKind,
    Validity,
)
from services.complaints.channels.schemas import ChannelCode

Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20_000),
    LINES,
    AfterValidator(lambda words: words if is_visible(words) else ""),
]
"""Free words; what shows nothing is empty."""
RequiredWords = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), LINES, VISIBLE
]
"""Free words that must be there."""
Telephone = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Spelled(
        r"\+?[0-9(][0-9 ()./#x转-]{4,38}",
        Text(
            "A telephone number is expected, such as +86 10 5555 0100 or (010) 5555 0100 x12.",
            "此处应为电话号码，例如 +86 10 5555 0100 或 (010) 55550100 转 12。",
        ),
    ),
]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), LINES, VISIBLE]
ExternalId = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Spelled(
        r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,99}",
        Text(
            "A number of letters, digits and . _ : / # - is expected, at most 100 characters.",
            "此处应为由字母、数字和 . _ : / # - 组成的编号，最多 100 个字符。",
        ),
    ),
]
Role = Literal["complainant", "representative", "subject"]
PromisedDue = Annotated[
    dict[str, AwareDatetime],
    Field(description="When each promised limit is over by the provider's working calendar, as it was at receipt."),
]
ComplaintStateName = Literal[
    "received", "acknowledged", "assessed", "assigned", "investigating", "waiting_complainant", "response_ready",
    "decided", "reinvestigating", "follow_up_pending", "closed", "refused", "withdrawn", "redirected", "discarded",
    "merged", "archived",
]  # fmt: skip

Origin = Literal["intake", "import"]


NOT_SUBJECT = Text("Only a subject of the complaint is named by an account.", "仅被投诉的人员可以用账号标识。")


class PartyIn(In):
    """A person in a complaint; personal, kept encrypted."""

    role: Role = Field("complainant", description="`subject` is the person that the complaint is about.")
    name: Name | None = Field(None, examples=["王芳"])
    telephone: Telephone | None = Field(None, examples=["+86 138 0000 0000"])
    email: Email | None = Field(None, examples=["wang.fang@customer.example"])
    address: Address | None = None
    account_id: UUID | None = Field(None, description="The member of staff whom it is about; of a `subject` only.")

    @model_validator(mode="after")
    def _account_of_subject(self) -> Self:
        if self.account_id is not None and self.role != "subject":
            raise refusal("account_of_subject", NOT_SUBJECT)
        return self

    @property
    def reachable(self) -> bool:
        """Whether there is a way to this person."""
        return any((self.telephone, self.email, self.address))

    @property
    def named(self) -> bool:
        """Whether anything tells who this person is."""
        return self.reachable or self.name is not None


class ExternalReferenceIn(In):
    """The number of the complaint in another system; at most one complaint of a provider has it."""

    system: Code = Field(examples=["servicenow"])
    id: ExternalId = Field(examples=["INC0000045"])


class _Intake(In):
    channel: ChannelCode = Field("other", description="Code of a channel; `other` is built in and promises nothing.")
    parties: list[PartyIn] = Field(default_factory=list, max_length=20)
    anonymous: bool = Field(False, description="Nobody is to be known; needs a channel that allows it.")
    title: Name | None = Field(
        None, description="What it is about, in a few words.", examples=["Portal down for two days"]
    )
    words: Words | None = Field(None, description="The complaint in the complainant's words.")
    language: Literal["en", "zh-CN"] = Field("zh-CN", description="The complainant's language.")
    concerns: list[Concern] = Field(default_factory=list, max_length=2, description="What must be looked at for risk.")


class PublicReceiveIn(_Intake):
    """A complaint as anybody can make it."""

    category: Code = Field("unclassified", examples=["outage"])

    @property
    def received_at(self) -> None:
        """It is received as it is sent."""
        return


class ReceiveIn(_Intake):
    """A complaint as staff register it, whatever way it came."""

    category: Code = Field("unclassified", examples=["outage"])
    urgency: Level = "medium"
    impact: Level = "medium"
    priority: Priority | None = Field(None, description="From impact and urgency, if not given.")
    received_at: Moment | None = Field(None, description="When it reached the provider; now, if not given.")
    customer_id: UUID | None = Field(None, description="The customer (需方) it comes from, if known.")
    external_reference: ExternalReferenceIn | None = None
    follows: UUID | None = Field(
        None, description="The earlier complaint that this one takes up again, for one that is not reopened any more."
    )


class AcknowledgeIn(In):
    """The contact in which the complainant was told that the complaint arrived (告知)."""

    method: ContactMethod = Field(
        description="`receipt`: the receipt was shown or handed over, which is enough for an anonymous complainant."
    )
    at: Moment | None = Field(None, description="When; now, if not given.")
    template: Code | None = Field(
        None, description="Template and version of what was sent; needed for a written contact."
    )
    told_limits: bool = Field(False, description="In a live contact: the time limits were told.")
    told_receipt_number: bool = Field(False, description="In a live contact: the receipt number was told.")
    words: Words | None = Field(None, description="A note of what was said.")


class PartyOut(BaseModel):
    """A person in a complaint."""

    id: UUID
    role: Role
    name: str | None
    telephone: str | None
    email: str | None
    address: str | None
    account_id: UUID | None
    withdrawn_at: AwareDatetime | None = Field(
        description="When who complains withdrew: nobody follows them up, and nothing more is written to them."
    )


class ComplaintItem(BaseModel):
    """A complaint in a list: no personal data."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    receipt_number: str
    state: ComplaintStateName
    channel: str
    received_at: AwareDatetime
    registered_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    acknowledgement_failed: bool = Field(
        description="The message that was to tell the complainant reached nobody, and nothing else told them."
    )
    decided_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    origin: Origin = Field(description="`import`: a past case, brought in from another system.")
    imported_by_job: UUID | None
    anonymous: bool
    category: str
    urgency: Level
    impact: Level
    priority: Priority
    concerns: list[Concern]
    customer_id: UUID | None
    external_reference: ExternalReference | None
    severity: Severity | None = Field(description="From the assessment on; what follows too.")
    service: str | None
    department_id: UUID | None
    handler_id: UUID | None
    backup_id: UUID | None
    round: int = Field(description="Investigations, counted from 1.")
    cause: str | None
    decision: Decision | None
    satisfaction: Satisfaction | None
    closing_way: ClosingWay | None
    merged_into: UUID | None
    follows: UUID | None = Field(description="The earlier complaint that this one takes up again.")
    improvement: str | None
    updated_at: AwareDatetime


class ComplaintOut(ComplaintItem):
    """A complaint with its parties and words."""

    channel_id: UUID | None
    channel_version: int | None = Field(
        description="The published version that held at receipt; null: nothing was promised."
    )
    promised: dict[str, int] = Field(description="Working hours from receipt, by clock, as promised at receipt.")
    promised_due: PromisedDue
    clocks: list[ClockOut]
    validity: Validity | None
    safety: bool
    legal: bool
    subject_kind: SubjectKind | None
    subject_account_id: UUID | None
    subject_unit_id: UUID | None
    policy_version: int | None = Field(description="The desk's policy that was frozen with the assessment.")
    follow_up_caller_id: UUID | None
    first_decided_at: AwareDatetime | None
    dossier_sha256: str | None
    registered_by: str
    registered_late_seconds: int = Field(description="From receipt to registration.")
    language: Literal["en", "zh-CN"]
    privacy_notice: str | None = Field(description="Version of the privacy notice published where it was received.")
    title: str | None
    words: str | None
    parties: list[PartyOut]
    masked: bool = Field(description="Whether persons and their words are masked for this reader.")
    open_steps: list[OpenStepOut]


class ReceivedOut(ComplaintOut):
    """A complaint just registered, with the code that tracks it: shown once."""

    receipt_code: str = Field(
        description="Secret of the complainant, for tracking; it is not kept and cannot be shown again."
    )


class ReceiptOut(BaseModel):
    """What the complainant takes away: keep both numbers."""

    receipt_number: str = Field(examples=["26-7K3F9Q2M4X"])
    receipt_code: str = Field(
        description="Secret; send it as `Receipt-Code` to follow the complaint.", examples=["4WZ0M9S7QD"]
    )
    state: ComplaintStateName
    received_at: AwareDatetime
    channel: str
    channel_version: int | None
    promised: dict[str, int] = Field(description="Working hours from receipt, by clock, that the provider promises.")
    privacy_notice: str | None = Field(description="Version of the privacy notice that is published for the channel.")
    promised_due: PromisedDue
    next_step: str


MailKind = Literal[
    "question", "refusal", "progress", "extension", "decision", "follow_up", "final_position", "objection_answer"
]
Awaited = Literal["answer", "follow_up"]


class MailOut(BaseModel):
    """A notice in the mailbox of a receipt, as it was written."""

    kind: MailKind
    at: AwareDatetime
    text: str


class TrackingOut(BaseModel):
    """What a complainant sees of the complaint: its state, the limits, the next step."""

    receipt_number: str
    state: ComplaintStateName
    state_title: str
    received_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    promised: dict[str, int]
    promised_due: PromisedDue
    next_step: str
    mailbox: list[MailOut] = Field(description="What we wrote to you, the newest last.")
    awaits: Awaited | None = Field(description="What we wait for from you, if for anything.")
    objection_until: AwareDatetime | None = Field(
        description="Until when you can object to our refusal, or to the outcome of a closed case; null: not now."
    )


class TimelineContact(BaseModel):
    """The contact behind an entry of the timeline."""

    id: UUID
    party_id: UUID
    method: ContactMethod
    at: AwareDatetime
    template: str | None
    message_id: UUID | None = Field(description="The message that was sent, where the system made the contact by one.")
    told: list[str]
    quoted: dict[str, Any]
    words: str | None


class TimelineCopy(BaseModel):
    """A notice as one more party was told it, under their own receipt."""

    party_id: UUID
    message_id: UUID | None = Field(description="The message that brought it; null: it lies in their mailbox.")
    text: str | None


class TimelineRecord(BaseModel):
    """What a step of handling left on record."""

    id: UUID
    step: str
    round: int
    at: AwareDatetime = Field(description="When it took place; when it was entered stands in the entry.")
    party_id: UUID | None
    message_id: UUID | None
    data: dict[str, Any]
    words: dict[str, str] = Field(description="What was written, by what it is; masked for who need not know it.")
    copies: list[TimelineCopy] = Field(
        description="Of a notice: what others than the first were told, who complain here or in what was merged."
    )


class Opening(BaseModel):
    """Who opened a file, and when: a recording to be played back (回放)."""

    model_config = ConfigDict(from_attributes=True)

    at: AwareDatetime
    actor: str


class TimelineEntry(BaseModel):
    """One step in the life of a complaint."""

    version: int
    event_id: UUID
    type: str
    at: AwareDatetime
    actor: str
    clause: str | None
    data: dict[str, Any] = Field(description="Codes, numbers and times, as published.")
    contact: TimelineContact | None
    record: TimelineRecord | None
    openings: list[Opening] = Field(description="Of a file that was added: its last fifty downloads, oldest first.")


class ComplaintQuery(ListQuery):
    """Filters and sorts of the list of complaints."""

    state: ComplaintStateName | None = None
    channel: ChannelCode | None = None
    category: Code | None = None
    priority: Priority | None = None
    customer_id: UUID | None = None
    overdue: bool | None = Field(None, description="Whether a running clock is beyond what is agreed.")
    origin: Origin | None = None
    severity: Severity | None = None
    cause: Code | None = None
    service: Code | None = None
    handler_id: UUID | None = None
    follows: UUID | None = Field(None, description="Only those that take this earlier complaint up again.")
    sort: Literal["-received_at", "received_at", "-updated_at", "updated_at"] = "-received_at"
