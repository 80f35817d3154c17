"""Pieces of wire shapes that every slice uses."""

from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.errors import Objection, ObjectionOut
from chassis.lifecycle import OpenStep

Code = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$"),
    Field(description="A code: lower-case letters, digits, `-` and `_`, at most 64 characters."),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class In(BaseModel):
    """Base of everything a client sends: a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenStepOut(BaseModel):
    """A step possible from the record's state, and what it still lacks for this caller."""

    step: str
    lacks: list[ObjectionOut]


def objection_out(objection: Objection, language: str) -> ObjectionOut:
    """An objection in a language."""
    return ObjectionOut(code=objection.code, message=objection.message.in_language(language), clause=objection.clause)


def open_steps_out(steps: list[OpenStep], language: str) -> list[OpenStepOut]:
    """Open steps in a language."""
    return [OpenStepOut(step=one.step, lacks=[objection_out(lack, language) for lack in one.lacks]) for one in steps]


def tag(response: Response, version: int, location: str | None = None) -> None:
    """Sets `ETag` to a record's version, and `Location` for a new one."""
    response.headers["ETag"] = f'"{version}"'
    if location is not None:
        response.headers["Location"] = location
