"""Shapes of indicators on the wire."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlencode
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from chassis.paging import PageQuery
from chassis.schemas import Code, DayDate, refusal
from chassis.statistics import mean_interval, percentile
from contracts.base import Text
from services.complaints.complaints.schemas import Origin
from services.complaints.indicators.rules import (
    NO_CASES,
    NO_UNITS,
    SMALL,
    TOO_EARLY,
    Counted,
    Definition,
    Spread,
    Unit,
    share_interval,
)

if TYPE_CHECKING:
    from services.complaints.figures.queries import Reach

ADDRESS = "/v1/services/complaints/indicators"
HUNDRED = 100
SMALL_SAMPLE = Text("Few cases: look at the interval.", "样本较少，请参看置信区间。")
LEFT_OUT = Text("Imported cases are left out.", "未计入导入的历史投诉。")
MISSING = Text("Cases without a value are left out.", "未计入尚无数值的投诉。")
PROVISIONAL = Text(
    "The calendar of days in the period is not officially announced yet.", "期间内的部分日历尚未正式公布。"
)
CORRECTED = Text(
    "Counts were put right at the last daily check; the cases here are counted one by one.",
    "最近一次每日核对更正了汇总计数；此处按投诉逐件统计。",
)
BACKWARDS = Text("The period ends before it begins.", "期间的结束日期早于开始日期。")
TOO_LONG = Text("A period has at most ten years.", "期间最长为十年。")
MOST_DAYS = 3660
Part = Literal["cases", "counted", "missed"]
FlagCode = Literal["small_sample", "imported_left_out", "value_missing", "calendar_provisional", "counts_corrected"]


class PeriodQuery(BaseModel):
    """A period in days of the provider, both included."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: DayDate | None = Field(None, alias="from", description="Its first day; a year before `to`, if not given.")
    last: DayDate | None = Field(None, alias="to", description="Its last day; today, if not given.")

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.first is not None and self.last is not None:
            if self.last < self.first:
                raise refusal("period_backwards", BACKWARDS)
            if (self.last - self.first).days >= MOST_DAYS:
                raise refusal("period_too_long", TOO_LONG)
        return self


class OfWhat(BaseModel):
    """Which complaints are measured."""

    channel: Code | None = None
    service: Code | None = None
    customer_id: UUID | None = None
    department_id: UUID | None = None
    origin: Origin = Field(
        "intake", description="`import` measures past cases by what their source knew of them; they had no limits here."
    )


class IndicatorQuery(OfWhat, PeriodQuery):
    """A period, and which complaints of it."""


class CaseQuery(OfWhat, PeriodQuery, PageQuery):
    """The same, and which of the cases behind a figure."""

    part: Part = Field("cases", description="All cases that are looked at, or those of them that are counted, or not.")
    sort: Literal["-received_at", "received_at"] = "-received_at"


class IntervalOut(BaseModel):
    """A confidence interval of 95 %, in the unit of the value."""

    low: float
    high: float
    method: Literal["wilson", "wilson_finite_population", "student"]


class DurationOut(BaseModel):
    """How long it took, in whole minutes of one kind of time; the interval is of the mean."""

    mean: float | None
    median: float | None
    p90: float | None
    interval: IntervalOut | None


class ReasonOut(BaseModel):
    """Why there is no value."""

    code: Literal["no_cases", "units_unknown", "nothing_over"]
    message: str


class FlagOut(BaseModel):
    """What bears on how good the data are: so many cases, and as a share of those that would have been looked at."""

    code: FlagCode
    message: str
    number: int | None
    share: float | None


class IndicatorOut(BaseModel):
    """A measured indicator with all that is needed to check it."""

    code: str
    version: int = Field(description="Of the definition; values of different versions are no trend.")
    title: str
    definition: str
    unit: Unit
    clause: str
    first: date = Field(description="First day that is looked at.")
    last: date = Field(description="Last day: a limit is held to its day once that is over.")
    numerator: int | None = Field(description="Cases that are counted; null where none are.")
    denominator: int = Field(description="Cases that are looked at.")
    n: int = Field(description="Cases with a value.")
    value: float | None
    interval: IntervalOut | None
    working_time: DurationOut | None = Field(description="Of a duration, in minutes of working time.")
    clock_time: DurationOut | None = Field(description="Of a duration, in minutes of the clock on the wall.")
    median: float | None
    p90: float | None
    null_reason: ReasonOut | None
    flags: list[FlagOut]
    calendar_versions: list[int] = Field(description="Versions of the calendar on which the cases were measured.")
    waivers: int = Field(description="Rules waived in the cases that are looked at; no rule is overridden otherwise.")
    drill_down: str = Field(description="Where the cases are listed.")


class IndicatorsOut(BaseModel):
    """Indicators of a period."""

    first: date
    last: date
    computed_at: AwareDatetime
    as_of: AwareDatetime | None = Field(
        description="Complaints that changed later are not counted yet; null before any was."
    )
    items: list[IndicatorOut]


class CaseOut(BaseModel):
    """A round of a complaint behind a figure."""

    complaint_id: UUID
    round: int
    channel: str
    service: str | None
    customer_id: UUID | None
    department_id: UUID | None
    origin: Origin
    received_at: AwareDatetime
    decided_at: AwareDatetime | None
    decision: str | None
    cause: str | None
    promised_due_at: AwareDatetime | None
    promised_met: bool
    agreed_due_at: AwareDatetime | None
    agreed_met: bool
    follow_up_due_at: AwareDatetime | None
    followed_up_at: AwareDatetime | None
    reached: bool
    satisfaction: str | None
    acknowledged_minutes: int | None
    acknowledged_work: int | None
    responded_minutes: int | None
    responded_work: int | None
    decided_minutes: int | None
    decided_work: int | None
    calendar: int
    waivers: int


def indicator_out(
    definition: Definition,
    found: Counted,
    asked: IndicatorQuery,
    within: "Reach",
    language: str,
) -> IndicatorOut:
    """An indicator as it was found, in a language."""
    value, interval = _value(definition, found)
    return IndicatorOut(
        code=definition.code,
        version=definition.version,
        title=definition.title.in_language(language),
        definition=definition.definition.in_language(language),
        unit=definition.unit,
        clause=definition.clause,
        first=found.days.first,
        last=found.days.last,
        numerator=found.counted if definition.counted else None,
        denominator=found.cases,
        n=found.n,
        value=value,
        interval=interval,
        working_time=None if found.work is None else _duration(found.work),
        clock_time=None if found.minutes is None else _duration(found.minutes),
        median=percentile(found.ages, 0.5) if found.ages else None,
        p90=percentile(found.ages, 0.9) if found.ages else None,
        null_reason=None if value is not None else _reason(definition, found, language),
        flags=_flags(found, within, language),
        calendar_versions=found.calendars,
        waivers=found.waivers,
        drill_down=_address(definition, asked, within),
    )


def _value(definition: Definition, found: Counted) -> tuple[float | None, IntervalOut | None]:
    """The value and its interval: of a duration the mean of working time, of ages the median."""
    if found.work is not None:
        whole = _duration(found.work)
        return whole.mean, whole.interval
    if definition.unit == "working_days" and found.ages:
        return percentile(found.ages, 0.5), None
    if definition.unit != "percent" or not found.cases:
        return None, None
    frame = None if definition.frame is None else found.frame
    low, high = share_interval(found.counted, found.cases, frame)
    corrected = frame is not None and found.cases * 20 > frame
    interval = IntervalOut(
        low=HUNDRED * low, high=HUNDRED * high, method="wilson_finite_population" if corrected else "wilson"
    )
    return HUNDRED * found.counted / found.cases, interval


def _duration(spread: Spread) -> DurationOut:
    interval = None
    if spread.mean is not None and spread.deviation is not None and spread.n > 1:
        low, high = mean_interval(spread.mean, spread.deviation, spread.n)
        interval = IntervalOut(low=low, high=high, method="student")
    return DurationOut(mean=spread.mean, median=spread.median, p90=spread.p90, interval=interval)


def _reason(definition: Definition, found: Counted, language: str) -> ReasonOut:
    if definition.unit == "per_1000":
        return ReasonOut(code="units_unknown", message=NO_UNITS.in_language(language))
    if found.days.last < found.days.first:
        return ReasonOut(code="nothing_over", message=TOO_EARLY.in_language(language))
    return ReasonOut(code="no_cases", message=NO_CASES.in_language(language))


def _flags(found: Counted, within: "Reach", language: str) -> list[FlagOut]:
    missing = found.cases - found.n
    official = within.dated.official_through
    noted: Sequence[tuple[bool, FlagCode, Text, int | None, int]] = (
        (0 < found.n < SMALL, "small_sample", SMALL_SAMPLE, found.n, 0),
        (found.left_out > 0, "imported_left_out", LEFT_OUT, found.left_out, found.cases + found.left_out),
        (missing > 0, "value_missing", MISSING, missing, found.cases),
        (official is not None and official < found.days.last, "calendar_provisional", PROVISIONAL, None, 0),
        (within.faults > 0, "counts_corrected", CORRECTED, within.faults, 0),
    )
    return [
        FlagOut(
            code=code,
            message=said.in_language(language),
            number=number,
            share=number / of if number and of else None,
        )
        for holds, code, said, number, of in noted
        if holds
    ]


def _address(definition: Definition, asked: IndicatorQuery, within: "Reach") -> str:
    chosen = asked.model_dump(mode="json", exclude={"first", "last"}, exclude_none=True)
    return cases_at(definition.code, {"from": within.first, "to": within.last, **chosen})


def cases_at(code: str, chosen: Mapping[str, object]) -> str:
    """Where the cases behind an indicator are listed."""
    return f"{ADDRESS}/{code}/cases?{urlencode(chosen)}"
