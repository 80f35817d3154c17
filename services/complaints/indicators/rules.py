"""What is measured of complaints, as data: each definition with its version, and what of the figures it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from chassis.statistics import Interval, population_correction, wilson
from contracts.base import Text
from services.complaints.figures.rules import REOPENED_WITHIN

Unit = Literal["percent", "minutes", "per_1000", "working_days"]
Conditions = Mapping[str, Any]
"""By column of the figures what it must be: a value, one of several, or anything (`...`)."""
SMALL = 30
"""Below so many cases an interval says more than the value."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What an indicator counts: figures whose day `of` lies in the period, for which the conditions hold.

    A share counts those of them that are `counted`; durations are of the columns `measured` with `_minutes` and
    `_work`. `due`: only days that are over. `complete`: only what so many days have gone by since. A sample has
    a `frame`, of which the cases are a part: the conditions that hold for the whole of it.
    """

    code: str
    version: int
    title: Text
    definition: Text
    unit: Unit
    of: str
    cases: Conditions
    counted: Conditions = field(default_factory=dict)
    measured: str | None = None
    due: bool = False
    complete: timedelta = timedelta(0)
    frame: Conditions | None = None
    clause: str = "8.2"


FIRST: Conditions = {"again": False}
LATEST: Conditions = {"latest": True}
DEFINITIONS: Sequence[Definition] = (
    Definition(
        "I-C1", 1, Text("Acknowledgement time", "告知用时"),
        Text(
            "From receipt to the first acknowledging contact, of complaints received in the period.",
            "期间内收到的投诉，从收到到首次告知收悉的时间。",
        ),
        "minutes", "received_on", {"round": 1}, measured="acknowledged",
    ),
    Definition(
        "I-C2", 1, Text("First response time", "首次答复用时"),
        Text(
            "From receipt to the first answer of a person on the matter, of complaints received in the period.",
            "期间内收到的投诉，从收到到工作人员首次就事项答复的时间。",
        ),
        "minutes", "received_on", {"round": 1}, measured="responded",
    ),
    Definition(
        "I-C3", 1, Text("Resolution time", "办结时长"),
        Text(
            "From receipt to the first decision without pauses, of complaints first decided in the period.",
            "期间内首次办结的投诉，从收到到首次办结的时间，扣除暂停时间。",
        ),
        "minutes", "decided_on", {**FIRST, "decided_on": ...}, measured="decided", clause="8.2-10",
    ),
    Definition(
        "I-C3b", 1, Text("Resolution time to the last decision", "最终办结时长"),
        Text(
            "From receipt to the latest decision without pauses, of complaints whose latest decision is of the period.",
            "最后一次办结在期间内的投诉，从收到到最后一次办结的时间，扣除暂停时间。",
        ),
        "minutes", "decided_on", LATEST, measured="decided", clause="8.2-10",
    ),
    Definition(
        "I-C4", 1, Text("On-time rate as promised", "按期办结率"),
        Text(
            "Decided by the promised time, of complaints whose promised time to decide fell due in the period; "
            "extensions do not help.",
            "承诺办结期限在期间内届满的投诉中，按承诺期限办结的比例；延期不计。",
        ),
        "percent", "promised_on", FIRST, {"promised_met": True}, due=True, clause="8.2-10",
    ),
    Definition(
        "I-C4b", 1, Text("On-time rate of reinvestigations", "复核按期办结率"),
        Text(
            "Decided by the promised time, of reinvestigations whose time to decide fell due in the period.",
            "办结期限在期间内届满的复核中，按期办结的比例。",
        ),
        "percent", "promised_on", {"again": True}, {"promised_met": True}, due=True, clause="8.2-10",
    ),
    Definition(
        "I-C5", 1, Text("On-time rate as agreed", "按约定期限办结率"),
        Text(
            "Decided by the agreed time, of complaints whose agreed time to decide fell due in the period.",
            "约定办结期限在期间内届满的投诉中，按约定期限办结的比例。",
        ),
        "percent", "agreed_on", FIRST, {"agreed_met": True}, due=True, clause="8.2-10",
    ),
    Definition(
        "I-C6", 1, Text("On-time follow-up", "回访及时率"),
        Text(
            "First tried by the due time, of follow-ups that fell due in the period.",
            "期间内到期的回访中，首次回访不晚于期限的比例。",
        ),
        "percent", "follow_up_on", {}, {"follow_up_met": True}, due=True, clause="8.2-4",
    ),
    Definition(
        "I-C6b", 1, Text("Follow-ups that reached somebody", "回访接通率"),
        Text(
            "The complainant was reached, of follow-ups that fell due in the period.",
            "期间内到期的回访中，已联系到投诉人的比例。",
        ),
        "percent", "follow_up_on", {}, {"reached": True}, due=True, clause="8.2-4",
    ),
    Definition(
        "I-C7", 1, Text("Follow-up satisfaction", "回访满意率"),
        Text(
            "Satisfied, of complainants who were reached, by the day of the first try; a sample of all followed up.",
            "首次回访在期间内且已联系到的投诉人中，表示满意的比例；属于全部回访的样本。",
        ),
        "percent", "followed_up_on", {"reached": True}, {"satisfaction": "satisfied"},
        frame={"followed_up_on": ...}, clause="8.2-4",
    ),
    Definition(
        "I-C8", 1, Text("Reopen rate", "重新处理率"),
        Text(
            "Reopened within 30 days, of complaints closed in the period, as far as those 30 days are over.",
            "期间内结案且已满 30 天的投诉中，在 30 天内重新处理的比例。",
        ),
        "percent", "closed_on", {"closed_on": ...}, {"reopened": True}, complete=REOPENED_WITHIN,
    ),
    Definition(
        "I-C8b", 1, Text("Returned at the follow-up", "回访退回率"),
        Text(
            "Investigated again because the complainant was dissatisfied, of those who were reached.",
            "已联系到的投诉人中，因不满意而复核的比例。",
        ),
        "percent", "followed_up_on", {"reached": True}, {"returned": True},
        frame={"followed_up_on": ...}, clause="8.2-4",
    ),
    Definition(
        "I-C9", 1, Text("First-time resolution", "一次办结率"),
        Text(
            "Neither sent back, nor reopened, nor handed over but for an absence, of complaints first decided in the "
            "period.",
            "期间内首次办结的投诉中，未退回、未重新处理、除缺勤外未改派的比例。",
        ),
        "percent", "decided_on", {**FIRST, "decided_on": ...}, {"first_time": True},
    ),
    Definition(
        "I-C10", 1, Text("Complaint rate", "投诉率"),
        Text(
            "Accepted complaints received in the period for each 1,000 units of service.",
            "期间内收到并受理的投诉数与每千服务单位之比。",
        ),
        "per_1000", "received_on", {"round": 1}, {"accepted": True},
    ),
    Definition(
        "I-C11", 1, Text("Handling rate", "投诉处理率"),
        Text(
            "Handled to a decision, of accepted complaints whose promised time to decide fell due in the period.",
            "承诺办结期限在期间内届满的已受理投诉中，已办结的比例。",
        ),
        "percent", "promised_on", {**FIRST, "accepted": True}, {"decided_on": ...}, due=True, clause="8.2-10",
    ),
    Definition(
        "I-C12", 1, Text("Upheld rate", "投诉成立率"),
        Text(
            "Upheld or partly upheld, of complaints whose latest decision is of the period.",
            "最后一次办结在期间内的投诉中，成立或部分成立的比例。",
        ),
        "percent", "decided_on", {**LATEST, "decision": ...}, {"decision": ("upheld", "partly")},
    ),
    Definition(
        "I-C13", 1, Text("Repeated causes", "重复原因率"),
        Text(
            "The cause was decided for the same service before, within the days that the desk's policy names (90, if "
            "it names no others), of complaints with a cause decided in the period.",
            "期间内办结且已确定原因的投诉中，同一服务在处理规则规定天数（默认 90 天）内已出现过该原因的比例。",
        ),
        "percent", "decided_on", {**LATEST, "cause": ...}, {"repeated": True},
    ),
    Definition(
        "I-C14", 1, Text("Refusals overturned", "不予受理改判率"),
        Text("Reversed on appeal, of refusals in the period.", "期间内不予受理的投诉中，经申诉改为受理的比例。"),
        "percent", "refused_on", {"round": 1}, {"overturned": True},
    ),
    Definition(
        "I-C15", 1, Text("Age of the backlog", "在办投诉时长"),
        Text(
            "Working days since receipt, of complaints that are open now and were received in the period; counted are "
            "those whose agreed time to decide is past.",
            "期间内收到且仍在办的投诉自收到以来的工作日；计数为已超过约定办结期限者。",
        ),
        "working_days", "received_on", {"present": True, "open": True}, {"past_due": True},
    ),
)  # fmt: skip
BY_CODE: Mapping[str, Definition] = {one.code: one for one in DEFINITIONS}
NO_CASES = Text("No case falls in the period.", "期间内没有符合条件的投诉。")
NO_UNITS = Text("How many units of service were provided is not known here.", "此处尚未获知服务单位数量。")
TOO_EARLY = Text("Nothing of the period is over yet.", "期间内的日期均未结束。")


class Days(NamedTuple):
    """Days, both included."""

    first: date
    last: date


class Spread(NamedTuple):
    """Minutes of the cases that have them."""

    n: int
    mean: float | None
    deviation: float | None
    median: float | None
    p90: float | None


class Counted(NamedTuple):
    """What was found of an indicator; `cases` are those that are looked at, `frame` what they are a sample of.

    `ages` says how many cases are how many working days old, where that is what is measured.
    """

    days: Days
    cases: int
    counted: int
    frame: int
    left_out: int
    waivers: int
    calendars: list[int]
    minutes: Spread | None
    work: Spread | None
    ages: Mapping[int, int]

    @property
    def n(self) -> int:
        """The cases with a value."""
        return self.cases if self.minutes is None else self.minutes.n


def days_of(definition: Definition, first: date, last: date, over: date) -> Days:
    """The days of a period that an indicator looks at: of limits those that are over, and what is complete by then."""
    if definition.due or definition.complete:
        last = min(last, over - definition.complete)
    return Days(first, last)


def share_interval(counted: int, cases: int, frame: int | None) -> Interval:
    """The interval of a share; where the cases are a sample of a frame of which they are more than 5 %, corrected.

    The correction is that of the size: a sample errs by the factor less, as one larger by its inverse square does.
    """
    if frame is None or cases * 20 <= frame:
        return wilson(counted, cases)
    factor = population_correction(cases, max(cases, frame))
    if factor == 0:
        return Interval(counted / cases, counted / cases)
    return wilson(counted / factor**2, cases / factor**2)
