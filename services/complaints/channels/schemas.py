"""Shapes of channels on the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AnyUrl, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, UrlConstraints

from chassis.paging import ListQuery
from chassis.schemas import LINES, NUMBER, VISIBLE, Code, In, Line, Moment, Name, OpenStepOut, Spelled
from contracts.base import Text
from contracts.channels import ChannelKind

ChannelCode = Annotated[
    str,
    Spelled(
        r"[a-z][a-z0-9-]{1,38}",
        Text(
            "A letter and then lower-case letters, digits and - are expected, 2 to 39 in all.",
            "此处应以小写字母开头，其后为小写字母、数字和 -，共 2 至 39 个字符。",
        ),
    ),
    Field(description="The channel's short name within its provider.", examples=["hotline"]),
]
WebAddress = Annotated[AnyUrl, UrlConstraints(max_length=500, allowed_schemes=["https", "http"], host_required=True)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), LINES, VISIBLE]
WorkingHours = Annotated[int, Field(ge=1, le=2000, description="Working hours by the provider's calendar."), NUMBER]


class CreateChannelIn(In):
    """A channel to draw up."""

    code: ChannelCode
    kind: ChannelKind
    name: Name = Field(examples=["Complaint hotline"])


class LimitsIn(In):
    """The time limits that are promised, each in working hours from receipt."""

    acknowledge: WorkingHours = Field(examples=[8])
    decide: WorkingHours = Field(examples=[80])


class PrivacyNoticeIn(In):
    """What complainants are told of how their personal data are used (隐私告知)."""

    version: Code = Field(examples=["2026-1"])
    text: Paragraph = Field(examples=["We use your data to handle your complaint, and delete them five years later."])


class PublishIn(In):
    """What is published: telephone, web address, procedure, limits, review; a refusal names all that lacks."""

    telephone: Line | None = Field(None, examples=["+86 10 5555 0100"])
    web_address: WebAddress | None = Field(None, examples=["https://provider.example/complaints"])
    hours: Line | None = Field(None, examples=["Mo-Fr 09:00-18:00"])
    procedure: Paragraph | None = Field(None, examples=["We acknowledge, investigate, answer, and call you back."])
    limits: LimitsIn | None = None
    anonymous_allowed: bool = Field(False, description="Whether complaints without a name are taken here.")
    privacy_notice: PrivacyNoticeIn | None = None
    valid_from: Moment | None = Field(None, description="From when it holds; now, if not given.")
    next_review_on: date | None = Field(
        None, description="When the promise is to be reviewed.", examples=["2027-11-01"]
    )


class ChannelVersionOut(BaseModel):
    """One version of what is promised on a channel."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None
    telephone: str
    web_address: str
    hours: str | None
    procedure: str
    limits: dict[str, int] = Field(description="Working hours from receipt, by clock.")
    anonymous_allowed: bool
    privacy_notice_version: str | None
    privacy_notice: str | None
    next_review_on: date
    content_hash: str = Field(description="SHA-256 of the published content.")


class ChannelItem(BaseModel):
    """A channel in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    code: str
    kind: ChannelKind
    name: str
    state: Literal["drafted", "published", "retired"]
    updated_at: AwareDatetime


class ChannelOut(ChannelItem):
    """A channel with the version that holds now, and whether its review is overdue."""

    published: ChannelVersionOut | None
    review_overdue: bool
    open_steps: list[OpenStepOut]


class PublicChannelOut(ChannelVersionOut):
    """A channel as anybody may see it."""

    code: str
    kind: ChannelKind
    name: str


class ChannelQuery(ListQuery):
    """Filters and sorts of the list of channels."""

    state: Literal["drafted", "published", "retired"] | None = None
    kind: ChannelKind | None = None
    sort: Literal["updated_at", "-updated_at"] = "-updated_at"
