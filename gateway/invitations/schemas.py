"""Shapes of invitations on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from chassis.paging import ListQuery
from chassis.schemas import LINES, NUMBER, VISIBLE, Email, In, Name, OpenStepOut
from gateway.clients.schemas import Roles
from gateway.members.schemas import MemberItem, PersonLanguage

State = Literal["open", "accepted", "withdrawn"]
ExpiresInDays = Annotated[int, Field(ge=1, le=30, description="Days until the invitation is over."), NUMBER]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    LINES,
    VISIBLE,
    Field(description="Kept where the provider's administrators read it, and nowhere else."),
]


class InviteIn(In):
    """A person to invite."""

    name: Name = Field(examples=["王芳"])
    email: Email | None = None
    language: PersonLanguage
    roles: Roles
    expires_in_days: ExpiresInDays = 7


class InviteMemberIn(In):
    """An invitation for a member: an active one gets a new key, one who was withdrawn comes back."""

    roles: Roles | None = Field(
        None, description="For a member who was withdrawn: other roles than those had then. Not for an active member."
    )
    withdraw_keys: bool = Field(False, description="Whether accepting withdraws the member's other keys.")
    expires_in_days: ExpiresInDays = 7


class RecoverIn(In):
    """An administrator to invite for a provider that has lost its own."""

    name: Name
    email: Email | None = None
    language: PersonLanguage
    reason: Reason


class AcceptIn(In):
    """An invitation to accept."""

    secret: Annotated[str, Field(min_length=1, max_length=100, description="What follows the point in the link.")]
    name: Name | None = Field(None, description="One's name, where the invitation has it wrong.")
    expires_at: AwareDatetime | None = Field(
        None, description="When the key ends: in 90 days if not given, in 365 at the latest."
    )


class JoinIn(AcceptIn):
    """An invitation to accept as the person who is signed in."""

    provider: Annotated[str, Field(max_length=63, description="What precedes the point in the link; or the id.")]


class InvitationItem(BaseModel):
    """An invitation in a list, without its secret."""

    id: UUID
    version: int
    state: State
    expired: bool = Field(description="Whether its time is over while it is open.")
    name: str | None = Field(description="Null once it was erased.")
    email: str | None
    language: PersonLanguage
    roles: list[str] = Field(description="None where an active member only gets a new key.")
    account_id: UUID | None = Field(description="The member that it is for, or that it made.")
    withdraw_keys: bool
    recovery: bool = Field(description="Whether the installation's operator invites an administrator.")
    notice_failed: bool = Field(description="Whether the message with the link reached nobody.")
    reason: str | None = Field(description="The operator's reason.")
    usable_from: AwareDatetime
    expires_at: AwareDatetime
    created_at: AwareDatetime
    updated_at: AwareDatetime


class InvitationOut(InvitationItem):
    """An invitation, without its secret."""

    open_steps: list[OpenStepOut]


class InvitationCreatedOut(InvitationOut):
    """A new invitation with its link."""

    link: str = Field(
        description="For the person who is invited. Browsers keep what follows the `#`. It is shown this once.",
        examples=["https://surety.example/invitations#demo.…"],
    )
    secret: str = Field(description="The end of the link.")


class AcceptedOut(BaseModel):
    """What accepting an invitation has brought."""

    provider_id: UUID
    member: MemberItem
    key_id: UUID
    key: str = Field(description="For `Authorization: Bearer`. It is shown this once.", examples=["sk_…"])
    key_expires_at: AwareDatetime


class InvitationQuery(ListQuery):
    """Filters and sorts of the list of invitations."""

    state: State | None = None
    account_id: UUID | None = None
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"
