"""Shapes of messages on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chassis.paging import ListQuery
from chassis.schemas import LINES, Code, In, OpenStepOut, Spelled
from contracts.base import Text

StateName = Literal["waiting", "kept", "sent", "refused", "failed", "bounced"]
StatusCode = Annotated[
    str,
    Spelled(
        r"[45]\.[0-9]{1,3}\.[0-9]{1,3}",
        Text("A status code of a bounce is expected, such as 5.1.1.", "此处应为退信状态码，例如 5.1.1。"),
    ),
    Field(description="Status code of the bounce (RFC 3463).", examples=["5.1.1"]),
]


class BounceIn(In):
    """A message that came back, as the mail system tells it."""

    code: StatusCode
    diagnostic: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), LINES] | None = Field(
        None, description="What the other side said; personal, kept encrypted."
    )


class MessageItem(BaseModel):
    """A message in a list."""

    model_config = ConfigDict(from_attributes=True)

    service: str = Field(description="Which service sends it.")
    id: UUID
    version: int
    kind: str
    state: StateName
    record_type: str
    record_id: UUID
    person_id: UUID
    recipient: str | None = Field(description="Masked in a list; null once the person was erased.")
    language: Literal["en", "zh-CN"]
    template: str
    template_version: str = Field(description="First 12 hex digits of the SHA-256 of the template file.")
    not_before: AwareDatetime = Field(description="While it waits: when it is tried next.")
    tries: int
    fault: str | None = Field(description="Code of what went wrong last.", examples=["smtp_550"])
    sent_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class HeaderOut(BaseModel):
    """One header of a message, decoded."""

    name: str
    value: str


class MessageOut(MessageItem):
    """A message exactly as it was sent; what is personal is null once the person was erased."""

    made_by: str
    subject: str | None
    text: str | None = Field(description="What gives access, such as the secret of a link, is left out: `…`.")
    headers: list[HeaderOut] | None = Field(description="Null while nothing was handed over.")
    mail: str | None = Field(
        description="The whole message (RFC 5322), byte for byte; null while it was not tried, and always for a kind "
        "of which something is left out."
    )
    sha256: str | None = Field(description="Of the whole message; it stays when the person was erased.")
    diagnostic: str | None = Field(description="What the other side said when it refused the message or sent it back.")
    open_steps: list[OpenStepOut]


class MessageQuery(ListQuery):
    """Filters and sorts of the list of messages."""

    kind: Code | None = None
    state: StateName | None = None
    record_id: UUID | None = Field(None, description="The record that they are about.")
    sort: Literal["-created_at", "created_at", "-updated_at", "updated_at"] = "-created_at"
