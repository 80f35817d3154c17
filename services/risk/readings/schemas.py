"""Shapes of readings on the wire."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.risk import DocumentKind, DocumentVersionStateName


class ReadingOut(BaseModel):
    """Who has confirmed having read a version, and when."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    account_id: UUID
    confirmed_at: AwareDatetime


class ToReadOut(BaseModel):
    """A version that the caller is to read."""

    document_id: UUID
    document_version_id: UUID
    code: str
    kind: DocumentKind
    title: str
    number: int
    state: DocumentVersionStateName = Field(description="`approved` where its day has not come.")
    summary: str | None
    binds: list[str]
    in_force_from: AwareDatetime
