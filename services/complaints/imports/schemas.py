"""Shapes of past cases: the mapping of a file's columns, and a case as it is read."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from chassis.imports.schemas import FieldIn, MappingIn, TimeIn
from chassis.schemas import Code, In, Name
from contracts.complaint_state import Level, Priority
from services.complaints.channels.schemas import ChannelCode
from services.complaints.complaints.schemas import ExternalId, PartyIn, Words

PERSONAL = "Personal; it is kept encrypted."


class ReferenceFieldsIn(In):
    """The number of a case in the other system: a repeated import knows it by that."""

    system: Code = Field(examples=["servicenow"])
    id: FieldIn


class ComplainantFieldsIn(In):
    """Who complained."""

    name: FieldIn | None = Field(None, description=PERSONAL)
    telephone: FieldIn | None = Field(None, description=PERSONAL)
    email: FieldIn | None = Field(None, description=PERSONAL)
    address: FieldIn | None = Field(None, description=PERSONAL)


class CaseFieldsIn(In):
    """Where each field of a case comes from; what is left away is not known."""

    external_reference: ReferenceFieldsIn
    received_at: TimeIn
    acknowledged_at: TimeIn | None = None
    decided_at: TimeIn | None = None
    closed_at: TimeIn | None = None
    state: FieldIn | None = Field(
        None,
        description="`archived`, `received` or `acknowledged`. If not mapped, a case with a time of closing is "
        "archived, and of the others `open_cases` says what becomes of them.",
    )
    channel: FieldIn | None = Field(None, description="Code of a channel; `other` if not known.")
    category: FieldIn | None = None
    urgency: FieldIn | None = None
    impact: FieldIn | None = None
    priority: FieldIn | None = None
    title: FieldIn | None = Field(None, description=PERSONAL)
    words: FieldIn | None = Field(None, description=PERSONAL)
    complainant: ComplainantFieldsIn = ComplainantFieldsIn()
    anonymous: FieldIn | None = Field(None, description="`true` or `false`.")
    language: FieldIn | None = Field(None, description="`en` or `zh-CN`.")
    customer_id: FieldIn | None = None


class CaseMappingIn(MappingIn):
    """How a file of past cases is read."""

    open_cases: Literal["refuse", "archive", "take_over"] = Field(
        "refuse",
        description="A case without a time of closing: refused; archived all the same; or taken over, to go on here as "
        "`received` or, with a time of acknowledgement, `acknowledged`.",
    )
    fields: CaseFieldsIn


class Reference(In):
    """The number of a case in the other system."""

    system: Code
    id: ExternalId


class Case(In):
    """A past case as a row tells it."""

    external_reference: Reference
    received_at: AwareDatetime
    acknowledged_at: AwareDatetime | None = None
    decided_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    state: Literal["received", "acknowledged", "archived"] | None = None
    channel: ChannelCode = "other"
    category: Code = "unclassified"
    urgency: Level = "medium"
    impact: Level = "medium"
    priority: Priority | None = None
    title: Name | None = None
    words: Words | None = None
    complainant: PartyIn = PartyIn()
    anonymous: bool = False
    language: Literal["en", "zh-CN"] = "zh-CN"
    customer_id: UUID | None = None

    @property
    def parties(self) -> list[PartyIn]:
        """Who complained."""
        return [self.complainant]
