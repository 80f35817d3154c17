"""Shapes of reports on the wire."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from chassis.schemas import Code, refusal
from chassis.statistics import wilson
from contracts.base import Text
from services.complaints.indicators.schemas import IntervalOut, PeriodQuery

By = Literal["day", "week", "month", "quarter", "year", "channel", "customer"]
ONE_OF_BOTH = Text("Customers are not counted by channel.", "需方数据不按渠道统计。")
BY_SERVICE = Text(
    "Services with their causes are counted for all channels and customers together.",
    "按服务和原因的统计只针对全部渠道和需方。",
)
TOP = Field(50, ge=1, le=200, description="Rows of channels, customers or causes; the rest is summed up.")


class WhereQuery(BaseModel):
    """Which complaints are counted."""

    channel: Code | None = None
    customer_id: UUID | None = None


class ByQuery(WhereQuery, PeriodQuery):
    """A period, and by what it is broken down; by customer, whole months are counted."""

    by: By = "month"
    top: int = TOP

    @model_validator(mode="after")
    def _counts_what_is_kept(self) -> Self:
        if self.by == "customer" and self.channel is not None:
            raise refusal("not_by_channel", ONE_OF_BOTH)
        return self


class CauseQuery(PeriodQuery):
    """A period, and whether causes are told apart by service, which is counted by whole months."""

    channel: Code | None = None
    customer_id: UUID | None = None
    by: Literal["cause", "service_and_cause"] = "cause"
    top: int = TOP

    @model_validator(mode="after")
    def _counts_what_is_kept(self) -> Self:
        if self.by == "service_and_cause" and (self.channel is not None or self.customer_id is not None):
            raise refusal("not_by_service", BY_SERVICE)
        return self


class AgeQuery(WhereQuery):
    """Which open complaints."""


class ReportOut(BaseModel):
    """What every report says of itself."""

    computed_at: AwareDatetime
    as_of: AwareDatetime | None = Field(
        description="Complaints that changed later are not counted yet; null before any was."
    )
    faults: int = Field(description="Counts that the last daily check put right.")


class PeriodOut(ReportOut):
    """A report of a period."""

    first: date
    last: date


class VolumeRow(BaseModel):
    """How many complaints; `key` is the first day of a day, week and so on, a code, an id, or null for the rest."""

    key: str | None
    received: int
    imported: int = Field(description="Past cases among those received.")
    decided: int


class VolumeOut(PeriodOut):
    """How many complaints were received and decided."""

    by: By
    rows: list[VolumeRow]
    total: VolumeRow


class OnTimeRow(BaseModel):
    """How many decisions were due, and in time; null where none were due."""

    key: str | None
    promised: int = Field(description="Complaints whose promised time to decide fell due.")
    promised_met: int
    promised_rate: float | None
    promised_interval: IntervalOut | None
    agreed: int = Field(description="Complaints whose agreed time to decide fell due.")
    agreed_met: int
    agreed_rate: float | None
    agreed_interval: IntervalOut | None


class OnTimeOut(PeriodOut):
    """Decisions in time, as promised and as agreed, until the last day that is over."""

    by: By
    rows: list[OnTimeRow]
    total: OnTimeRow


class CauseRow(BaseModel):
    """A cause of complaints that were decided, the most frequent first; without a cause it is null."""

    service: str | None
    cause: str | None
    title: str | None = Field(description="What the desk calls the cause; null for codes of other systems.")
    decided: int
    share: float
    cumulative: float
    repeated: int = Field(description="Where the cause had been decided before for the same service.")


class CausesOut(PeriodOut):
    """Why complaints were made (Pareto)."""

    rows: list[CauseRow]
    others: int = Field(description="Complaints of the causes that are not listed.")
    decided: int
    repeated: int


class AgeRow(BaseModel):
    """Open complaints of an age in working days, both included; the last has no end."""

    from_days: int
    to_days: int | None
    open: int


class AgesOut(ReportOut):
    """How old open complaints are, in working days since receipt that are over."""

    rows: list[AgeRow]
    open: int
    median: float | None
    p90: float | None
    oldest_received_on: date | None
    past_due: int = Field(description="Beyond the agreed time to decide.")


PERCENT = 100


def listed(
    found: Mapping[str, Mapping[str, int]], by: By, top: int, first: str
) -> tuple[list[tuple[str | None, dict[str, int]]], dict[str, int]]:
    """The rows of a report by key, and their total: periods in their order, channels and customers by how many.

    What is beyond the `top` stands together at the end, without a key, as does what is of no customer.
    """
    total: Counter[str] = Counter()
    for one in found.values():
        total.update(one)
    if by not in {"channel", "customer"}:
        return [(key, dict(one)) for key, one in found.items()], dict(total)
    named = {key: one for key, one in found.items() if key != "-"}
    ordered = sorted(named, key=lambda key: (-named[key][first], key))[:top]
    rest = Counter(total)
    for key in ordered:
        rest.subtract(named[key])
    rows: list[tuple[str | None, dict[str, int]]] = [(key, dict(named[key])) for key in ordered]
    return [*rows, (None, dict(rest))] if any(rest.values()) else rows, dict(total)


def on_time_row(key: str | None, one: Mapping[str, int]) -> OnTimeRow:
    """A row of the report on decisions in time; without one that was due there is no rate."""
    row: dict[str, object] = {"key": key}
    for name in ("promised", "agreed"):
        due, met = one.get(name, 0), one.get(f"{name}_met", 0)
        interval = None
        if due:
            low, high = wilson(met, due)
            interval = IntervalOut(low=PERCENT * low, high=PERCENT * high, method="wilson")
        rate = PERCENT * met / due if due else None
        row |= {name: due, f"{name}_met": met, f"{name}_rate": rate, f"{name}_interval": interval}
    return OnTimeRow.model_validate(row)
