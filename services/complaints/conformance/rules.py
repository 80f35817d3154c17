"""When a requirement on complaints is met: findings, each with the records that decide, and what follows from them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from contracts.base import Text

Verdict = Literal["met", "not_met", "not_enough_data"]
MET: Verdict = "met"
NOT_MET: Verdict = "not_met"
UNDECIDED: Verdict = "not_enough_data"
SHOWN = 100
"""Records of a finding that are named; how many there are is said beside them."""
HUNDRED = 100
REVIEWED_BY = (3, 31)
"""Month and day by which the review of the year before is concluded."""


class Finding(NamedTuple):
    """One part of a criterion: whether it holds, by which records, how many and how new, and by what figures.

    `drill_down` is where all of the records are listed, page by page, where there may be more than are named.
    """

    code: str
    said: Text
    verdict: Verdict
    records: Sequence[UUID] = ()
    number: int = 0
    newest_at: datetime | None = None
    figures: Mapping[str, Any] = {}
    drill_down: str | None = None


IN_FORCE = Text("The document is in force.", "制度文件现行有效。")
READ_BY_ALL = Text("Every complaint handler has confirmed having read it.", "每名投诉处理人员均已确认阅读。")
INSPECTED = Text("The complaint desk was inspected within six months.", "最近 6 个月内对投诉受理岗位做过检查。")
REGISTERED = Text(
    "Last year's register is closed, and its review was concluded by 31 March.",
    "上一年度台账已封账，且其评审已于 3 月 31 日前作出结论。",
)
STATED = Text("Each channel version in force states it.", "每个现行有效的渠道版本均载明该内容。")
PROVED = Text(
    "Each place of publication was checked within 90 days, with proof.", "每个公布位置在 90 天内均经核查并留证。"
)
ON_TIME = Text("The share decided by the promised time is at target.", "按期办结率达到目标值。")
OVERDUE = Text("The cases that were not decided in time are listed.", "未按期办结的投诉逐件列出。")
FOLLOWED_UP = Text("The share of follow-ups in time is at target.", "回访及时率达到目标值。")
NONE_LATE = Text("No follow-up is more than ten working days late.", "没有回访逾期超过 10 个工作日。")
APPOINTED = Text("A dedicated appointment was valid on every working day.", "每个工作日均有有效的投诉专职任命。")
COMPLETE = Text("Every closed dossier holds all mandatory records.", "每份已结案卷宗均含全部必备记录。")
EXCEPTIONS = Text(
    "The closed cases with waivers are listed; no rule is overridden otherwise.",
    "有豁免的已结案投诉逐件列出；豁免以外不得破例。",
)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Not met where one finding is not; met only where all are."""
    verdicts = {one.verdict for one in findings}
    if NOT_MET in verdicts:
        return NOT_MET
    return MET if verdicts == {MET} else UNDECIDED


def not_known(code: str, said: Text) -> Finding:
    """A part of a criterion whose records are not held here."""
    return Finding(code, said, UNDECIDED)


def at_target(
    code: str, said: Text, met: int, due: int, target: int, missed: Sequence[UUID], newest: datetime | None
) -> Finding:
    """Whether a share is at its target, in percent; without a case nothing is decided."""
    figures = {"met": met, "due": due, "target": target, "percent": HUNDRED * met / due if due else None}
    verdict = UNDECIDED if not due else MET if HUNDRED * met >= target * due else NOT_MET
    return Finding(code, said, verdict, missed[:SHOWN], due - met, newest, figures)


def listing(code: str, said: Text, cases: int, records: Sequence[UUID], number: int, **figures: int) -> Finding:
    """What is to be listed is, where there is a case at all."""
    return Finding(code, said, MET if cases else UNDECIDED, records[:SHOWN], number, None, {"cases": cases, **figures})


def none_beyond(code: str, said: Text, cases: int, number: int, beyond: Sequence[UUID]) -> Finding:
    """Whether none of the cases is beyond what the criterion allows; `number` says how many are."""
    verdict = UNDECIDED if not cases else NOT_MET if number else MET
    return Finding(code, said, verdict, beyond[:SHOWN], number, None, {"cases": cases, "beyond": number})


def every_day(working: Sequence[date], bare: Sequence[date], appointments: Sequence[UUID]) -> Finding:
    """Whether there was an appointment on each working day; without such a day nothing is decided."""
    verdict = UNDECIDED if not working else NOT_MET if bare else MET
    figures = {
        "working_days": len(working),
        "days_without": len(bare),
        "first_without": bare[0].isoformat() if bare else None,
        "last_without": bare[-1].isoformat() if bare else None,
    }
    return Finding("dedicated_appointment", APPOINTED, verdict, appointments[:SHOWN], len(appointments), None, figures)


def any_there(code: str, said: Text, versions: Sequence[tuple[UUID, datetime]]) -> Finding:
    """Whether there is any of what must be there (id, since when)."""
    newest = max((since for _, since in versions), default=None)
    return Finding(code, said, MET if versions else NOT_MET, [one for one, _ in versions], len(versions), newest)


def none_lacking(code: str, said: Text, cases: int, lacking: Sequence[UUID]) -> Finding:
    """Whether each of the cases has it; without a case nothing is decided."""
    verdict = UNDECIDED if not cases else NOT_MET if lacking else MET
    figures = {"cases": cases, "lacking": len(lacking)}
    return Finding(code, said, verdict, lacking[:SHOWN], len(lacking), None, figures)


def seen_everywhere(places: Sequence[tuple[UUID, bool, datetime | None]]) -> Finding:
    """Whether each place (id, whether it is in order, when it was last seen so) was seen; without one nothing is known.

    A place that is still within its time and was not seen yet leaves it undecided.
    """
    wrong = [one for one, in_order, _ in places if not in_order]
    unseen = [one for one, in_order, seen_at in places if in_order and seen_at is None]
    verdict = NOT_MET if wrong else MET if places and not unseen else UNDECIDED
    records = wrong or unseen or [one for one, _, _ in places]
    newest = max((seen_at for _, _, seen_at in places if seen_at is not None), default=None)
    figures = {"places": len(places), "not_in_order": len(wrong), "not_seen_yet": len(unseen)}
    return Finding("places_checked", PROVED, verdict, records[:SHOWN], len(records), newest, figures)


def all_complete(closed: int, number: int, lacking: Sequence[UUID], *, counted: bool) -> Finding:
    """Whether each closed dossier is complete: known only once all were counted, and where there is one."""
    verdict = NOT_MET if number else MET if closed and counted else UNDECIDED
    figures = {"closed": closed, "incomplete": number}
    return Finding("dossiers_complete", COMPLETE, verdict, lacking[:SHOWN], number, None, figures)


def all_state(versions: Sequence[tuple[UUID, bool, datetime]]) -> Finding:
    """Whether each version does (id, whether it states the item, since when); without one nothing is published."""
    lacking = [one for one, states, _ in versions if not states]
    verdict = MET if versions and not lacking else NOT_MET
    return Finding(
        "channel_states_it",
        STATED,
        verdict,
        lacking[:SHOWN] or [one for one, _, _ in versions][:SHOWN],
        len(lacking) or len(versions),
        max((since for _, _, since in versions), default=None),
        {"versions": len(versions), "lacking": len(lacking)},
    )
