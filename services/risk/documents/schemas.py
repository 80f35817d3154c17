"""Shapes of documents on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AnyUrl,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    UrlConstraints,
    WithJsonSchema,
)

from chassis.paging import ListQuery
from chassis.schemas import LINES, VISIBLE, Code, In, Line, Name, OpenStepOut, Spelled, refusal
from contracts.base import Text
from contracts.clauses import REQUIREMENTS
from contracts.risk import DocumentKind, DocumentVersionStateName
from services.risk.documents.rules import BINDABLE

UNKNOWN_REQUIREMENT = Text("The standard has no such requirement.", "标准中没有该要求。")
UNBINDABLE = Text("There is no such role whose people confirm what they read.", "没有可确认阅读的此类角色。")


def _known(requirement: str) -> str:
    if requirement not in REQUIREMENTS:
        raise refusal("requirement_unknown", UNKNOWN_REQUIREMENT)
    return requirement


def _bindable(role: str) -> str:
    if role not in BINDABLE:
        raise refusal("role_unknown", UNBINDABLE)
    return role


RequirementId = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(REQUIREMENTS), "examples": ["8.2-2"]})
]
BoundRole = Annotated[str, AfterValidator(_bindable), WithJsonSchema({"type": "string", "enum": list(BINDABLE)})]
Requirements = Annotated[
    list[RequirementId], Field(max_length=len(REQUIREMENTS), description="Requirements of the standard that it serves.")
]
BoundRoles = Annotated[
    list[BoundRole], Field(max_length=len(BINDABLE), description="Roles whose people must have read it.")
]
Summary = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000),
    LINES,
    VISIBLE,
    Field(description="What this version changes.", examples=["First edition."]),
]
Address = Annotated[AnyUrl, UrlConstraints(max_length=500, allowed_schemes=["https", "http"], host_required=True)]
Sha256 = Annotated[
    str,
    Spelled(
        "[0-9a-f]{64}",
        Text("A SHA-256 in 64 lower-case hexadecimal digits is expected.", "此处应为 64 位小写十六进制的 SHA-256。"),
    ),
    Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]),
]


class DocumentContentIn(In):
    """Where the content stands, if it is no attachment; the hash proves later that it is the same."""

    address: Address = Field(examples=["https://documents.provider.example/complaints-2"])
    sha256: Sha256


class DraftIn(In):
    """What a version says of itself; files are added to the draft as its attachments."""

    serves: Requirements = Field([])
    binds: BoundRoles = Field([])
    summary: Summary | None = None
    content: DocumentContentIn | None = None
    next_review_on: date | None = Field(None, description="When it is to be reviewed.", examples=["2027-11-01"])


class CreateDocumentIn(DraftIn):
    """A document to enter, with the draft of its first version."""

    code: Code = Field(examples=["complaint-handling"])
    kind: DocumentKind
    title: Name = Field(examples=["投诉受理和处理制度"])
    owner_id: UUID = Field(description="Account of the person in charge of it.")


class ChangeDocumentIn(In):
    """What changes of a document; what is not given stays."""

    title: Name | None = None
    owner_id: UUID | None = None


class ChangeDraftIn(In):
    """What changes of a draft; what is not given stays."""

    serves: Requirements | None = None
    binds: BoundRoles | None = None
    summary: Summary | None = None
    content: DocumentContentIn | None = None
    next_review_on: date | None = None


class ApproveDocumentIn(In):
    """An approval."""

    in_force_on: date | None = Field(
        None, description="The provider's day from whose beginning it is in force; at once, if not given or today."
    )


class DocumentReasonIn(In):
    """Why a version is withdrawn or repealed."""

    reason: Line = Field(examples=["Entered twice."])


class ReviewDocumentIn(In):
    """A review by which a version stays in force."""

    next_review_on: date = Field(examples=["2028-11-01"])


class DocumentContentOut(BaseModel):
    """Where the content stands, and its SHA-256."""

    address: str
    sha256: str


class DocumentVersionItem(BaseModel):
    """A version of a document in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    document_id: UUID
    number: int
    state: DocumentVersionStateName
    serves: list[str] = Field(description="Requirements of the standard that it serves.")
    binds: list[str] = Field(description="Roles whose people must have read it.")
    summary: str | None
    content: DocumentContentOut | None = Field(description="Null where its attachments are its content.")
    authors: list[str] = Field(description="All who had a hand in it; none of them approves it.")
    approved_by: str | None
    approved_at: AwareDatetime | None
    in_force_from: AwareDatetime | None
    in_force_to: AwareDatetime | None = Field(description="When it was superseded or repealed.")
    next_review_on: date | None
    review_overdue: bool
    reading_open: bool = Field(description="Whether its owner is still to see to it that it is read.")
    reason: str | None = Field(description="Why it was withdrawn or repealed.")
    updated_at: AwareDatetime


class DocumentVersionOut(DocumentVersionItem):
    """A version of a document with what can be done to it."""

    open_steps: list[OpenStepOut]


class DocumentItem(BaseModel):
    """A document in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    code: str
    kind: DocumentKind
    title: str
    owner_id: UUID
    updated_at: AwareDatetime


class DocumentOut(DocumentItem):
    """A document with the version that is in force, and the newest one."""

    in_force: DocumentVersionItem | None
    newest: DocumentVersionItem


class DocumentQuery(ListQuery):
    """Filters and sorts of the list of documents."""

    kind: DocumentKind | None = None
    owner_id: UUID | None = None
    in_force: bool | None = Field(None, description="Whether a version is in force.")
    sort: Literal["updated_at", "-updated_at"] = "-updated_at"


class ServingOut(BaseModel):
    """A system in force that serves a requirement."""

    document_id: UUID
    document_version_id: UUID
    code: str
    title: str
    number: int
    in_force_from: AwareDatetime
    next_review_on: date
    review_overdue: bool


class RequiredDocumentOut(BaseModel):
    """A written system (制度) that the standard requires, and what is in force for it."""

    requirement: str = Field(examples=["8.2-2"])
    system: str = Field(description="The title that the standard's table has for it.")
    in_force: bool
    review_overdue: bool
    documents: list[ServingOut] = Field(description="Those of kind `system` alone.")


class RequiredDocumentsOut(BaseModel):
    """All that are required, in the order of the standard."""

    items: list[RequiredDocumentOut]
