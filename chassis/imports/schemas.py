"""Shapes of imports on the wire: how a file is read, which column becomes what, and how far an import has come."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from chassis.paging import PageQuery
from chassis.schemas import In, refusal
from contracts.base import Text

ImportState = Literal["waiting", "running", "done", "failed", "cancelled"]
PLACE = re.compile(r"\{([^{}]+)\}")
ONE_SOURCE = Text("Name one of column, constant and template.", "column、constant、template 须且只能填一项。")
NO_ZONE = Text("An IANA time zone such as Asia/Shanghai is expected.", "此处应为 IANA 时区，例如 Asia/Shanghai。")
NO_FORMAT = Text(
    "A format such as %d-%m-%Y %H:%M is expected, with year, month and day.",
    "此处应为时间格式，例如 %d-%m-%Y %H:%M，须含年、月、日。",
)
MAPPING_BYTES = 65_536
LONG_MAPPING = Text("The mapping has more than 64 KB.", "映射超过 64 KB。")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise refusal("time_zone", NO_ZONE) from None
    return name


def _format(given: str) -> str:
    sample = datetime(1999, 12, 31, 22, 58, 59)  # noqa: DTZ001 - no instant, a specimen
    try:
        read = datetime.strptime(sample.strftime(given), given)  # noqa: DTZ007 - the zone is declared beside it
    except (ValueError, re.error):
        raise refusal("time_format", NO_FORMAT) from None
    if read.date() != sample.date():
        raise refusal("time_format", NO_FORMAT)
    return given


def mapping_text(given: object) -> object:
    """A mapping as it was sent, held to its limit."""
    if isinstance(given, str) and len(given.encode()) > MAPPING_BYTES:
        raise refusal("too_large", LONG_MAPPING)
    return given


Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Value = Annotated[str, StringConstraints(max_length=2000)]


class FileIn(In):
    """How the file is written."""

    format: Literal["csv", "jsonl"] = Field("csv", description="`jsonl`: one JSON object a line.")
    encoding: Literal["utf-8", "gb18030"] = Field("utf-8", description="`gb18030` takes GBK and GB2312 too.")
    delimiter: Literal[",", ";", "\t"] = ","
    unknown: list[Value] = Field(["?"], max_length=20, description="Values that mean: not known.")


class FieldIn(In):
    """Where a value comes from: a column, the same for all rows, or words with `{column}` in them."""

    column: Column | None = None
    constant: Value | None = None
    template: Value | None = Field(None, examples=["What failed: {subcategory}."])
    values: dict[Value, Value] | None = Field(
        None, max_length=1000, description="What the file's values become; one that is not here is refused."
    )
    default: Value | None = Field(None, description="What stands for an unknown value.")
    code: bool = Field(False, description="Make a code of a label: `Category 55` becomes `category-55`.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(one is not None for one in (self.column, self.constant, self.template)) != 1:
            raise refusal("one_source", ONE_SOURCE)
        return self

    @property
    def columns(self) -> list[str]:
        """The columns that it reads."""
        return PLACE.findall(self.template) if self.template is not None else [self.column] if self.column else []


class TimeIn(In):
    """A column that holds a time."""

    column: Column
    format: Annotated[Value, AfterValidator(_format)] | None = Field(
        None, description="As Python's strptime has it; ISO 8601, if not given.", examples=["%d-%m-%Y %H:%M"]
    )
    zone: Annotated[Value, AfterValidator(_zone)] = Field("UTC", description="For times that tell no zone themselves.")

    @property
    def columns(self) -> list[str]:
        """The columns that it reads."""
        return [self.column]


class MappingIn(In):
    """What every mapping declares; the fields are each kind's own."""

    file: FileIn = FileIn()
    repeated: Literal["refuse", "last"] = Field(
        "refuse", description="When rows name the same record: refuse all but the first, or take the last for it."
    )


class ImportOut(BaseModel):
    """An import and how far it has come."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: ImportState
    dry_run: bool = Field(description="Nothing is written; the counts say what would be.")
    created_at: AwareDatetime
    created_by: str
    updated_at: AwareDatetime
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    file_bytes: int
    file_sha256: str
    records: int | None = Field(description="Records in the file; null until they are counted.")
    read: int = Field(description="Records dealt with: the sum of the four below.")
    created: int
    unchanged: int = Field(description="They were here before, and were left as they are.")
    superseded: int = Field(description="A later row of the file stands for the same record.")
    refused: int
    fault: str | None = Field(description="Why it failed, in the language of the request.")


class RefusalOut(BaseModel):
    """Why a line was not taken. It quotes nothing of the line."""

    line: int = Field(description="Number of the line in the file, from 1, at which the record begins.")
    column: str | None
    code: str = Field(description="For programs; stable.")
    message: str = Field(description="For people, in the language of the request.")


class ImportQuery(PageQuery):
    """Filters and sorts of the list of imports."""

    state: ImportState | None = None
    sort: Literal["-created_at", "created_at"] = "-created_at"
