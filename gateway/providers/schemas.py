"""Shapes of providers on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from chassis.paging import ListQuery
from chassis.schemas import Code, In, Name, OpenStepOut
from contracts.base import Text
from contracts.gateway import Weekday
from gateway.providers import rules
from gateway.providers.rules import State


def _refused(code: str, fault: Text | None) -> None:
    if fault is not None:
        raise PydanticCustomError("refused", "refused", {"code": code, "text": fault})


def _known_zone(name: str) -> str:
    _refused("time_zone_unknown", rules.zone_fault(name))
    return name


def _no_id(slug: str) -> str:
    _refused("like_an_id", rules.slug_fault(slug))
    return slug


def _orderly(working_hours: dict[Any, Any]) -> dict[Any, Any]:
    _refused("working_hours_faulty", rules.hours_fault(working_hours))
    return working_hours


Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"),
    AfterValidator(_no_id),
    Field(description="Short name in addresses: 2 to 63 lower-case letters, digits and hyphens.", examples=["demo"]),
]
TimeZone = Annotated[
    str,
    StringConstraints(max_length=64),
    AfterValidator(_known_zone),
    Field(description="IANA name.", examples=["Asia/Shanghai"]),
]
Language = Annotated[Literal["en", "zh-CN"], Field(description="The provider's own language.")]
WorkingHours = Annotated[
    dict[Weekday, list[tuple[str, str]]],
    AfterValidator(_orderly),
    Field(
        description="Spells of work by weekday, each two local times `HH:MM`, in order; `24:00` is the end of a day. "
        "A day that is missing is closed.",
        examples=[{"monday": [["09:00", "12:00"], ["13:00", "18:00"]]}],
    ),
]


class RegisterIn(In):
    """A provider to register."""

    slug: Slug
    name: Name = Field(examples=["Demonstration provider"])
    time_zone: TimeZone
    language: Language
    working_hours: WorkingHours


class ChangeIn(In):
    """What is to change in a provider's profile; what is missing or null stays as it is."""

    name: Name | None = None
    time_zone: TimeZone | None = None
    language: Language | None = None
    working_hours: WorkingHours | None = None


class ReasonIn(In):
    """Why a provider is suspended or leaves, as a code: what is written in words belongs elsewhere."""

    reason: Code = Field(examples=["contract_ended"])


class ProviderItem(BaseModel):
    """A provider in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    slug: str
    name: str
    time_zone: str
    language: Literal["en", "zh-CN"]
    working_hours: dict[Weekday, list[tuple[str, str]]]
    state: State
    legal_hold: bool = Field(description="Whether everything of the provider must be kept: nothing is erased.")
    reason: str | None = Field(description="The code that was given for a suspension, or for leaving.")
    left_at: AwareDatetime | None
    archive_confirmed_at: AwareDatetime | None
    erased_at: AwareDatetime | None
    updated_at: AwareDatetime


class ProviderOut(ProviderItem):
    """A provider."""

    created_at: AwareDatetime
    open_steps: list[OpenStepOut]


class ProviderQuery(ListQuery):
    """Sorts of the list of providers."""

    sort: Literal["slug", "-updated_at"] = "slug"
