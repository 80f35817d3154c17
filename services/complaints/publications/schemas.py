"""Shapes of places of publication on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.paging import ListQuery
from chassis.schemas import In, Line, Moment, OpenStepOut
from contracts.publications import ItemFound, PublicationKind, RemovalCause
from services.complaints.channels.schemas import ChannelCode

PublicationStateName = Literal["listed", "removed"]
Place = Annotated[
    Line, Field(description="Where it stands: an address, or a description.", examples=["https://provider.example"])
]


class CreatePublicationIn(In):
    """A place where a channel is published."""

    channel: ChannelCode = Field(description="Code of the channel that is published there.")
    kind: PublicationKind
    place: Place
    listed_at: Moment | None = Field(None, description="Since when it is published there; now, if not given.")


class PublicationFoundIn(In):
    """What was found of each item that is to stand at a place, held against the version that held then."""

    telephone: ItemFound | None = None
    web_address: ItemFound | None = None
    procedure: ItemFound | None = None
    limits: ItemFound | None = None


class CheckPublicationIn(In):
    """A look at a place (核查); a refusal names all that lacks."""

    found: PublicationFoundIn = PublicationFoundIn()
    proof: UUID | None = Field(
        None, description="A file of the place that shows what was found: add it to the place first."
    )
    at: Moment | None = Field(None, description="When somebody looked; now, if not given.")
    checked_by: UUID | None = Field(None, description="Account of who looked, where it is not who enters it.")


class RemovePublicationIn(In):
    """Why a place is removed."""

    cause: RemovalCause
    at: Moment | None = Field(None, description="Since when; now, if not given.")


class PublicationItem(BaseModel):
    """A place of publication in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    channel: str
    channel_id: UUID
    kind: PublicationKind
    place: str
    state: PublicationStateName
    listed_at: AwareDatetime
    listed_by: str
    removed_at: AwareDatetime | None
    cause: RemovalCause | None = Field(description="Why it was removed.")
    channel_version: int | None = Field(description="The version of the channel that is to stand there.")
    last_good_check_at: AwareDatetime | None = Field(description="When this version was last found as published.")
    faulty: bool = Field(description="Whether the latest look found something of this version missing or different.")
    due_at: AwareDatetime | None = Field(description="By when somebody is to look again.")
    overdue: bool
    updated_at: AwareDatetime


class PublicationOut(PublicationItem):
    """A place of publication."""

    open_steps: list[OpenStepOut]


class PublicationCheckOut(BaseModel):
    """A look at a place of publication."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    channel_version: int = Field(description="The version that it was held against.")
    checked_at: AwareDatetime
    checked_by: str
    entered_at: AwareDatetime
    entered_by: str
    found: dict[str, ItemFound]
    good: bool = Field(description="Whether all items were found as published.")
    proof_id: UUID = Field(description="The file that shows it, among those of the place.")


class PublicationQuery(ListQuery):
    """Filters and sorts of the list of places of publication."""

    channel: ChannelCode | None = None
    kind: PublicationKind | None = None
    state: PublicationStateName | None = None
    faulty: bool | None = None
    overdue: bool | None = Field(None, description="Whether nobody has looked in time.")
    sort: Literal["updated_at", "-updated_at"] = "-updated_at"
