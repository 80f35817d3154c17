"""Shapes of dossiers on the wire."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from chassis.attachments.schemas import AttachmentOut
from chassis.errors import ObjectionOut
from services.complaints.channels.schemas import ChannelVersionOut
from services.complaints.complaints.schemas import ComplaintOut, PartyOut, TimelineEntry
from services.complaints.external_cases.schemas import ExternalCaseItem
from services.complaints.policies.schemas import PolicyRules


class IntervalOut(BaseModel):
    """A stretch in which a clock ran or paused."""

    clock: str
    round: int
    kind: str
    reason: str | None
    started_at: AwareDatetime
    ended_at: AwareDatetime | None


class SentOut(BaseModel):
    """A message as it was sent; the words are null for who may not read them, and once the person was erased."""

    id: UUID
    kind: str
    state: str
    party_id: UUID
    template: str
    template_version: str
    language: str
    created_at: AwareDatetime
    sent_at: AwareDatetime | None
    sha256: str | None = Field(description="Of the whole message, byte for byte; null while it was not tried.")
    fault: str | None
    subject: str | None
    text: str | None


class FrozenOut(BaseModel):
    """The record without words and persons, and its hash.

    Closing a complaint freezes the hash: it covers every entry before the closing one, and the state in which it was
    closed. What was entered afterwards is no part of it.
    """

    sha256: str = Field(description="SHA-256 of the whole `record` as JSON: keys in order, no blanks, UTF-8.")
    frozen_sha256: str | None = Field(description="The hash as it was when the complaint was closed last.")
    matches: bool | None = Field(description="Whether the records still say what was frozen; null before that.")
    entries: int = Field(description="So many entries, from the first on, are covered.")
    masked: bool = Field(
        description="Whether `record` leaves out what whoever the complaint is about does not see; the hash has it."
    )
    record: dict[str, Any]


class NamedStaffOut(BaseModel):
    """Somebody whom a dossier names by account: what they are known by on forms, and what they work as."""

    account_id: UUID
    staff_number: str | None = Field(description="工号; null where none was given, and for who is no member of staff.")
    post: str | None


class MergedOut(BaseModel):
    """A complaint that was merged into this one (并案), with its persons, who keep their follow-up here."""

    id: UUID
    receipt_number: str
    parties: list[PartyOut]


class CaseOut(ExternalCaseItem):
    """A case at an authority about this complaint, or about one that was merged into it."""

    summary: str | None = Field(description="The ruling in words; null for who may not read them, and once erased.")


class DossierOut(BaseModel):
    """All that is on record of a complaint (投诉卷宗)."""

    made_at: AwareDatetime
    complaint: ComplaintOut
    followed_by: list[UUID] = Field(description="The complaints that took this one up again, the first received first.")
    merged: list[MergedOut] = Field(description="The complaints that were merged into it, the first received first.")
    external_cases: list[CaseOut]
    channel: ChannelVersionOut | None = Field(description="What was promised; null where nothing was.")
    policy: PolicyRules | None = Field(description="The desk's policy that was frozen with the assessment.")
    entries: list[TimelineEntry]
    staff: list[NamedStaffOut] = Field(description="All persons of the provider whom the dossier names, by account.")
    intervals: list[IntervalOut]
    messages: list[SentOut]
    attachments: list[AttachmentOut] = Field(description="Without names for who may not read files.")
    waivers: list[int] = Field(description="Versions of the entries with which a rule was waived.")
    missing: list[ObjectionOut] = Field(description="Mandatory records that it lacks for the way in which it ended.")
    frozen: FrozenOut
