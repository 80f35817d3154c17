"""Shapes of attachments on the wire."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from chassis.paging import ListQuery


class AttachmentOut(BaseModel):
    """A file of a record. What was received and what is kept differ where an image lost its metadata."""

    id: UUID
    purpose: str
    name: str | None = Field(description="Null once the content was erased.", examples=["invoice.pdf"])
    media_type: str = Field(description="Told by the content.", examples=["application/pdf"])
    size: int = Field(description="Bytes received.")
    sha256: str = Field(description="Of what was received, in hexadecimal digits.")
    stored_size: int = Field(description="Bytes kept.")
    stored_sha256: str = Field(description="Of what is kept and handed out.")
    effective_at: AwareDatetime | None = Field(description="When what it shows was so, as far as known.")
    received_at: AwareDatetime
    added_by: str
    times_opened: int = Field(description="Each time is journalled.")
    erased_at: AwareDatetime | None


class AttachmentReceiptOut(BaseModel):
    """What one who sends a file takes away: its hash proves later what was sent."""

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    received_at: AwareDatetime


class LinkOut(BaseModel):
    """A link that downloads one attachment, for whoever holds it."""

    url: str = Field(description="Below the gateway's address; keep it to yourself.")
    expires_at: AwareDatetime


class AttachmentQuery(ListQuery):
    """Sorts of the list of a record's attachments."""

    sort: Literal["-received_at", "received_at"] = "-received_at"
