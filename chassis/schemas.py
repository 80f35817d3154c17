"""Pieces of wire shapes that every slice uses."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Response
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from chassis.errors import Objection, ObjectionOut
from chassis.lifecycle import OpenStep
from contracts.base import Text

_LINE_ENDS = str.maketrans("", "", "\n\r\t")
CONTROL = Text("It holds a control character, which nobody can read.", "内容含有不可见的控制字符。")
INVISIBLE = Text("It holds nothing that can be read.", "内容不含任何可读的文字。")
NO_TIME = Text(
    "A time such as 2026-03-31T09:00:00+08:00 is expected.", "此处应为时间，例如 2026-03-31T09:00:00+08:00。"
)

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""Days that are taken: others are slips of the pen, and cannot be reckoned with."""
NO_DATE = Text("A date such as 2027-02-15 is expected.", "此处应为日期，例如 2027-02-15。")
NO_YEAR = Text("Times of the years 1 to 9999 in UTC are taken.", "只接受协调世界时公元 1 年至 9999 年的时间。")
OUT_OF_RANGE = Text("Days from {first} to {last} are taken.", "只接受 {first} 至 {last} 的日期。")


def refusal(code: str, said: Text) -> PydanticCustomError:
    """What a validator raises to refuse a value in both languages."""
    return PydanticCustomError(code, "refused", {"text": said})


@dataclass(frozen=True, slots=True)
class Spelled:
    """Text of one pattern. The document shows the pattern; people are told in words what is expected."""

    pattern: str
    said: Text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}

    def _checked(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise refusal("pattern", self.said)
        return text


def is_visible(text: str) -> bool:
    """Whether a text holds anything but blanks and characters that do not show (categories Z and C of Unicode)."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)


def _lines(text: str) -> str:
    _refuse_control(text.translate(_LINE_ENDS))
    return text


def _line(text: str) -> str:
    _refuse_control(text)
    return _visible(text)


def _visible(text: str) -> str:
    if not is_visible(text):
        raise refusal("invisible", INVISIBLE)
    return text


def _refuse_control(text: str) -> None:
    if not text.isprintable() and any(unicodedata.category(character) == "Cc" for character in text):
        raise refusal("control_character", CONTROL)


def _written_out(value: object) -> object:
    """A number would be read as seconds since 1970."""
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        raise refusal("datetime_parsing", NO_TIME)
    return value


def _a_number(value: object) -> object:
    """Python would make a number of a truth value or a text."""
    if isinstance(value, bool | str):
        raise PydanticKnownError("int_type")
    return value


def _date_written_out(value: object) -> object:
    """As for times; a time is no date either."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise refusal("date_expected", NO_DATE)
    return value


def within_the_century(day: date) -> date:
    """The day; a validator that refuses one before 2000 or after 2099."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise refusal("out_of_range", OUT_OF_RANGE.filled(first=FIRST_DAY, last=LAST_DAY))
    return day


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise refusal("out_of_range", NO_YEAR) from None


Code = Annotated[
    str,
    Spelled(
        r"[a-z0-9][a-z0-9_-]{0,63}",
        Text(
            "Lower-case letters, digits, - and _ are expected, at most 64 of them.",
            "此处应为小写字母、数字、- 和 _，最多 64 个字符。",
        ),
    ),
    Field(description="A code: lower-case letters, digits, `-` and `_`, at most 64 characters."),
]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_line),
]
"""A text of one line that says something."""
Name = Line
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Spelled(
        r"[^@\s\x00-\x1f\x7f-\x9f\ufeff]{1,64}@[^@\s\x00-\x1f\x7f-\x9f\ufeff]{1,190}",
        Text(
            "An e-mail address is expected, such as name@company.example.",
            "此处应为电子邮件地址，例如 name@company.example。",
        ),
    ),
]
LINES = AfterValidator(_lines)
"""For a text of several lines: refuses any other control character."""
VISIBLE = AfterValidator(_visible)
"""For a text that must say something: refuses one that shows nothing, however long it is."""
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
"""An instant that a client states, written out with its zone; kept in UTC."""
DayDate = Annotated[date, BeforeValidator(_date_written_out), AfterValidator(within_the_century)]
"""A day that a client states, written out."""


NUMBER = BeforeValidator(_a_number)
"""For a whole number in the body of a request, after its bounds: neither a truth value nor a text is one."""


OBJECTIONS_KEPT = 2_000
"""Objections that a process keeps as they go out."""


class In(BaseModel):
    """Base of everything a client sends: a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenStepOut(BaseModel):
    """A step possible from the record's state, and what it still lacks for this caller."""

    step: str
    lacks: list[ObjectionOut]


@lru_cache(OBJECTIONS_KEPT)
def objection_out(objection: Objection, language: str) -> ObjectionOut:
    """An objection in a language; made once, as most of them are the same for every record."""
    return ObjectionOut(code=objection.code, message=objection.message.in_language(language), clause=objection.clause)


@lru_cache(OBJECTIONS_KEPT)
def open_step_out(step: OpenStep, language: str) -> OpenStepOut:
    """An open step in a language; made once, as most of them lack the same."""
    return OpenStepOut(step=step.step, lacks=[objection_out(lack, language) for lack in step.lacks])


def open_steps_out(steps: list[OpenStep], language: str) -> list[OpenStepOut]:
    """Open steps in a language."""
    return [open_step_out(one, language) for one in steps]


def tag(response: Response, version: int, location: str | None = None) -> None:
    """Sets `ETag` to a record's version, and `Location` for a new one."""
    response.headers["ETag"] = f'"{version}"'
    if location is not None:
        response.headers["Location"] = location
