"""What a complaint counts for, what figures count in, and what findings make of a requirement."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.worktime import Calendar
from contracts.base import Text
from contracts.clauses import CLAUSES
from services.complaints.complaints.rules import Noted
from services.complaints.conformance.queries import PARTS
from services.complaints.conformance.rules import Finding, Verdict, all_state, at_target, every_day, verdict_of
from services.complaints.figures.models import ComplaintFigure
from services.complaints.figures.queries import COUNTS
from services.complaints.figures.rules import MEASURES, Past, cells, figures_of, month_after, working_ages
from services.complaints.indicators.rules import DEFINITIONS, days_of, share_interval
from services.complaints.reports.rules import bands, pareto, whole_months

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 6, 1, 2, tzinfo=UTC)
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")
CALENDAR = Calendar("Asia/Shanghai", dict.fromkeys(WEEK, (("09:00", "12:00"), ("13:00", "18:00"))))
SAID = Text("It is so.", "如此。")
A, B = UUID(int=1), UUID(int=2)


def past(*records: Noted, clocks: tuple[Any, ...] = (), **changes: Any) -> Past:
    """A complaint that was received on Monday, with its records and clocks."""
    complaint = {
        "id": A, "version": 1, "round": 1, "state": "investigating", "channel": "other", "service": None,
        "customer_id": None, "department_id": None, "origin": "intake", "received_at": MONDAY, "acknowledged_at": None,
        "decided_at": None, "decision": None, "cause": None, "closed_at": None,
    } | changes  # fmt: skip
    return Past(SimpleNamespace(**complaint), clocks, records, CALENDAR, 1)  # type: ignore[arg-type]


def noted(step: str, at: datetime, round: int = 1, **data: Any) -> Noted:  # noqa: A002 - its name on the record
    """What a step left."""
    return Noted(step, at, "person:x", round, data)


def deciding(started_at: datetime, due_at: datetime) -> Any:
    """A clock of a decision, without pauses."""
    clock = SimpleNamespace(name="decide", started_at=started_at, promised_due_at=due_at, due_at=due_at)
    return SimpleNamespace(clock=clock, rows=[])


def decision(at: datetime, round: int = 1) -> tuple[Noted, Noted]:  # noqa: A002 - its name on the record
    """A proposal and its approval."""
    return noted("propose", at, round, decision="upheld", cause="x"), noted("approve", at, round, repeats=1)


def test_figures_have_the_columns_of_their_table_and_nothing_else() -> None:
    (figure,) = figures_of(past())
    assert figure.keys() == set(ComplaintFigure.__table__.columns.keys()) - {"provider_id", "id"}


def test_every_measure_is_said_in_both_languages_of_the_check() -> None:
    assert MEASURES.keys() == COUNTS.keys()


@pytest.mark.parametrize("reopening", ["reopen", "reopen_by_ruling"])
def test_each_round_has_its_own_limit_and_decision(reopening: str) -> None:
    first, second = MONDAY + DAY, MONDAY + 8 * DAY
    clocks = (deciding(MONDAY, MONDAY + 2 * DAY), deciding(MONDAY + 3 * DAY, MONDAY + 5 * DAY))
    again = noted(reopening, MONDAY + 3 * DAY, 2)
    found = figures_of(
        past(*decision(first), noted("close", first), again, *decision(second, 2), clocks=clocks, round=2)
    )
    assert [(one["again"], one["promised_met"], one["latest"], one["present"]) for one in found] == [
        (False, True, False, False),
        (True, False, True, True),
    ]
    assert [one["reopened"] for one in found] == [True, False]
    assert [one["first_time"] for one in found] == [False, False]


def test_an_appeal_gives_the_first_round_its_limit_anew() -> None:
    clocks = (deciding(MONDAY, MONDAY + DAY), deciding(MONDAY + 10 * DAY, MONDAY + 12 * DAY))
    records = (noted("refuse", MONDAY + HOUR), noted("appeal", MONDAY + 10 * DAY), *decision(MONDAY + 11 * DAY))
    (found,) = figures_of(past(*records, clocks=clocks))
    assert (found["promised_due_at"], found["promised_met"], found["overturned"]) == (MONDAY + 12 * DAY, True, True)


@pytest.mark.parametrize(("ended", "counts"), [(MONDAY + HOUR, False), (MONDAY + 2 * DAY, True)])
def test_what_ended_otherwise_counts_only_if_it_lived_to_its_limit(ended: datetime, counts: bool) -> None:
    clocks = (deciding(MONDAY, MONDAY + DAY),)
    (found,) = figures_of(past(clocks=clocks, state="withdrawn", closed_at=ended))
    assert (found["promised_due_at"] is not None, found["promised_met"]) == (counts, False)


@pytest.mark.parametrize(("reason", "first_time"), [("absence", True), ("workload", False)])
def test_only_an_absence_is_no_hand_over(reason: str, first_time: bool) -> None:
    (found,) = figures_of(past(noted("reassign", MONDAY, reason=reason), *decision(MONDAY + DAY)))
    assert found["first_time"] is first_time


def test_what_is_sent_back_is_not_resolved_at_first() -> None:
    (found,) = figures_of(past(noted("send_back", MONDAY), *decision(MONDAY + DAY)))
    assert found["first_time"] is False


@pytest.mark.clause("8.2-11")
@pytest.mark.parametrize(("state", "incomplete"), [("closed", True), ("archived", None), ("reinvestigating", None)])
def test_only_of_a_closed_complaint_is_asked_whether_its_dossier_is_complete(
    state: str, incomplete: bool | None
) -> None:
    (found,) = figures_of(past(state=state, closing_way="satisfied", dossier_sha256=None))
    assert found["incomplete"] is incomplete


def test_an_archived_case_counts_for_what_its_source_knew() -> None:
    (found,) = figures_of(past(origin="import", state="archived", decided_at=MONDAY + DAY, closed_at=MONDAY + 2 * DAY))
    counted = {cell.measure for cell in cells(ComplaintFigure(**found))}
    assert counted == {"received", "imported", "decided", "closed"}
    assert (found["decided_minutes"], found["decided_work"], found["promised_on"]) == (1440, 480, None)


def test_a_case_that_was_decided_before_it_was_received_has_no_duration() -> None:
    (found,) = figures_of(past(origin="import", state="archived", decided_at=MONDAY - DAY))
    assert (found["decided_minutes"], found["decided_work"]) == (None, None)


def test_ages_are_the_working_days_after_receipt() -> None:
    friday, sunday, monday = date(2026, 6, 5), date(2026, 6, 7), date(2026, 6, 8)
    assert working_ages(CALENDAR, {friday: 2, sunday: 1, monday: 1}, monday) == {1: 3, 0: 1}
    assert working_ages(CALENDAR, {}, monday) == {}


@given(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 3, 1)), st.integers(1, 5), max_size=20))
def test_every_case_has_one_age_and_falls_into_one_band(received: dict[date, int]) -> None:
    ages = working_ages(CALENDAR, received, date(2026, 3, 31))
    assert sum(ages.values()) == sum(bands(ages)) == sum(received.values())


def test_months_are_whole() -> None:
    assert month_after(date(2026, 12, 1)) == date(2027, 1, 1)
    assert whole_months(date(2024, 1, 15), date(2024, 2, 2)) == (date(2024, 1, 1), date(2024, 2, 29))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 9), st.integers(0, 9))))
def test_causes_come_by_how_frequent_they_are_and_their_shares_add_up(counts: list[tuple[str, str, int, int]]) -> None:
    found = pareto(counts)
    assert [one.decided for one in found] == sorted((one.decided for one in found), reverse=True)
    if found:
        assert found[-1].cumulative == pytest.approx(1)
        assert sum(one.share for one in found) == pytest.approx(1)


def test_limits_are_looked_at_once_their_day_is_over_and_cohorts_once_they_are_complete() -> None:
    by_code = {one.code: one for one in DEFINITIONS}
    first, last, over = date(2026, 1, 1), date(2026, 12, 31), date(2026, 6, 30)
    assert days_of(by_code["I-C4"], first, last, over).last == over
    assert days_of(by_code["I-C8"], first, last, over).last == date(2026, 5, 31)
    assert days_of(by_code["I-C3"], first, last, over).last == last


def test_the_interval_of_a_large_part_of_its_frame_is_narrower_and_of_all_of_it_a_point() -> None:
    alone, part, whole = (share_interval(9, 10, frame) for frame in (None, 12, 10))
    assert part.high - part.low < alone.high - alone.low
    assert whole == (0.9, 0.9)
    assert share_interval(9, 10, 1_000) == alone


def test_definitions_name_columns_of_the_figures() -> None:
    columns = {*ComplaintFigure.__table__.columns.keys(), "past_due"}
    for one in DEFINITIONS:
        measured = {f"{one.measured}_minutes", f"{one.measured}_work"} if one.measured else set()
        assert {one.of, *one.cases, *one.counted, *(one.frame or {}), *measured} <= columns, one.code
    assert len({one.code for one in DEFINITIONS}) == len(DEFINITIONS)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["met", "met"], "met"),
        (["met", "not_enough_data"], "not_enough_data"),
        (["met", "not_met", "not_enough_data"], "not_met"),
        ([], "not_enough_data"),
    ],
)
def test_a_requirement_is_met_where_all_its_parts_are(verdicts: list[Verdict], expected: Verdict) -> None:
    assert verdict_of(Finding("x", SAID, verdict) for verdict in verdicts) == expected


@pytest.mark.parametrize(("met", "due", "verdict"), [(0, 0, "not_enough_data"), (94, 100, "not_met"), (95, 100, "met")])
def test_a_share_is_at_its_target_or_not(met: int, due: int, verdict: Verdict) -> None:
    assert at_target("x", SAID, met, due, 95, [], None).verdict == verdict


def test_every_working_day_is_asked_for() -> None:
    days = [date(2026, 6, 1), date(2026, 6, 2)]
    assert every_day([], [], []).verdict == "not_enough_data"
    assert every_day(days, [], [A]).verdict == "met"
    assert every_day(days, days[1:], [A]).verdict == "not_met"


def test_each_version_in_force_must_state_it() -> None:
    assert all_state([]).verdict == "not_met"
    assert all_state([(A, True, MONDAY)]).verdict == "met"
    assert all_state([(A, True, MONDAY), (B, False, MONDAY)]).records == [B]


def test_every_requirement_of_the_clause_has_its_parts() -> None:
    assert PARTS.keys() == {one.id for one in CLAUSES["8.2"].requirements}
