"""What holds for the lives of departments, staff, trainings and appointments, step by step."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.actors import PUBLIC, Nobody, Who
from chassis.errors import Objection
from chassis.ids import new_id
from chassis.lifecycle import Lifecycle
from services.projects.appointments import rules as appointments
from services.projects.appointments.rules import Ending, Share, peak
from services.projects.appointments.schemas import AppointIn
from services.projects.departments import rules as departments
from services.projects.departments.schemas import ChangeDepartmentIn, RegisterDepartmentIn
from services.projects.staff import rules as staff
from services.projects.staff.schemas import AbsenceIn, RejoinIn
from services.projects.trainings import rules as trainings
from services.projects.trainings.schemas import AssessIn, CertifyIn, TakeIn, WithdrawIn

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
TODAY, DAY = NOW.date(), timedelta(days=1)
LIFECYCLES: dict[str, Lifecycle[Any]] = {
    "department": departments.LIFECYCLE,
    "staff": staff.LIFECYCLE,
    "training": trainings.LIFECYCLE,
    "appointment": appointments.LIFECYCLE,
}
FACTS: dict[str, object] = {
    "department": departments.Facts(),
    "staff": staff.Facts(TODAY),
    "training": trainings.Facts(TODAY),
    "appointment": appointments.Facts(TODAY),
}
STEPS = [(kind, step) for kind, lifecycle in LIFECYCLES.items() for step in lifecycle.steps]


@dataclass
class Unit:
    """A department or team as far as rules look at it."""

    id: UUID
    kind: str = "department"
    state: str = "active"
    parent_id: UUID | None = None


@dataclass
class Person:
    """A member of staff as far as rules look at it."""

    id: UUID
    state: str = "employed"
    absent_from: date | None = None
    absent_until: date | None = None


@dataclass
class Trained:
    """A training as far as rules look at it."""

    account_id: UUID
    state: str = "taken"
    pass_mark: int = 60
    taken_on: date | None = TODAY - DAY
    valid_until: date | None = None


@dataclass
class Appointed:
    """An appointment as far as rules look at it."""

    begins_on: date = TODAY - 10 * DAY
    ends_on: date | None = None
    state: str = "in_force"


@dataclass
class Stateful:
    """Any record in a state."""

    state: str


ME, OTHER = new_id(), new_id()
MYSELF = Nobody(f"person:{ME}")


def codes(kind: str, step: str, record: object, facts: object, body: object | None, actor: Who = PUBLIC) -> list[str]:
    """What stands against a step, by its guards alone where a record begins with it."""
    lifecycle = LIFECYCLES[kind]
    asked = {"body": body, "actor": actor, "now": NOW}
    if record is None:
        found = (guard(None, facts, **asked) for guard in lifecycle.steps[step].guards)
        return [one.code for one in found if one is not None]
    return [one.code for one in lifecycle.objections(record, step, facts, **asked)]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", LIFECYCLES)
def test_every_state_has_a_title_in_both_languages(kind: str) -> None:
    named = {str(one) for step in LIFECYCLES[kind].steps.values() for one in (*step.sources, step.target) if one}
    assert LIFECYCLES[kind].titles.keys() == named
    assert all(title.en.isascii() and not title.zh.isascii() for title in LIFECYCLES[kind].titles.values())


@pytest.mark.clause("5.2", "6.1")
@pytest.mark.parametrize(("kind", "name"), STEPS)
def test_a_step_is_refused_from_every_state_but_its_own(kind: str, name: str) -> None:
    step = LIFECYCLES[kind].steps[name]
    for state in LIFECYCLES[kind].titles:
        if state not in step.sources:
            assert codes(kind, name, Stateful(state), FACTS[kind], None) == ["wrong_state"]


def test_nothing_leads_out_of_what_has_ended() -> None:
    for kind, ended in {"department": "retired", "training": "expired", "appointment": "ended"}.items():
        assert not LIFECYCLES[kind].open_steps(Stateful(ended), FACTS[kind], actor=PUBLIC, now=NOW)
    assert not LIFECYCLES["training"].open_steps(Stateful("withdrawn"), FACTS["training"], actor=PUBLIC, now=NOW)


def unit(**changes: Any) -> Any:
    return cast(Any, Unit(**{"id": new_id(), **changes}))


@pytest.mark.parametrize(
    ("body", "facts", "expected"),
    [
        ({"kind": "department"}, {}, []),
        ({"kind": "team"}, {}, ["parent_missing"]),
        ({"kind": "team", "parent_id": OTHER}, {"parent": unit()}, []),
        ({"kind": "team", "parent_id": OTHER}, {}, ["parent_unfit"]),
        ({"kind": "team", "parent_id": OTHER}, {"parent": unit(state="retired")}, ["parent_unfit"]),
        ({"kind": "team", "parent_id": OTHER}, {"parent": unit(kind="team")}, ["parent_unfit"]),
        ({"kind": "department", "parent_id": OTHER}, {"parent": unit()}, ["parent_unwanted"]),
        ({"kind": "department", "head_id": ME}, {}, ["head_unfit"]),
        ({"kind": "department", "head_id": ME}, {"head_employed": True}, []),
        ({"kind": "team", "head_id": ME}, {}, ["parent_missing", "head_unfit"]),
    ],
)
def test_a_team_belongs_to_a_department_in_use_and_whoever_heads_works_here(
    body: dict[str, Any], facts: dict[str, Any], expected: list[str]
) -> None:
    asked = RegisterDepartmentIn.model_validate({"code": "desk", "name": "Desk"} | body)
    assert codes("department", "register", None, departments.Facts(**facts), asked) == expected


def test_a_team_moves_to_a_department_and_a_department_moves_nowhere() -> None:
    body = ChangeDepartmentIn(parent_id=OTHER)
    there = departments.Facts(parent=unit())
    assert codes("department", "change", Unit(ME, "team"), there, body) == []
    assert codes("department", "change", Unit(ME, "team"), departments.Facts(), body) == ["parent_unfit"]
    assert codes("department", "change", Unit(ME), there, body) == ["parent_unwanted"]


def test_a_department_is_retired_when_nobody_belongs_to_it() -> None:
    full = departments.Facts(has_staff=True, has_teams=True)
    assert codes("department", "retire", Unit(ME), full, None) == ["has_staff", "has_teams"]
    assert codes("department", "retire", Unit(ME), departments.Facts(), None) == []


HOME = unit()


@pytest.mark.parametrize(
    ("department", "team", "named", "expected"),
    [
        (HOME, None, False, []),
        (None, None, False, ["department_unfit"]),
        (unit(state="retired"), None, False, ["department_unfit"]),
        (unit(kind="team"), None, False, ["department_unfit"]),
        (HOME, unit(kind="team", parent_id=HOME.id), True, []),
        (HOME, unit(kind="team", parent_id=OTHER), True, ["team_unfit"]),
        (HOME, unit(kind="team", parent_id=HOME.id, state="retired"), True, ["team_unfit"]),
        (HOME, None, True, ["team_unfit"]),
        (None, None, True, ["department_unfit", "team_unfit"]),
    ],
)
@pytest.mark.parametrize("step", ["register", "rejoin"])
def test_somebody_works_in_a_department_in_use_and_in_a_team_of_it(
    step: str, department: Any, team: Any, named: bool, expected: list[str]
) -> None:
    body = RejoinIn(department_id=OTHER, team_id=OTHER if named else None, post="agent")
    person = None if step == "register" else Person(ME, "left")
    assert codes("staff", step, person, staff.Facts(TODAY, department=department, team=team), body) == expected


def absence(first: int, last: int, backup: UUID = OTHER) -> AbsenceIn:
    days = {"absent_from": (TODAY + first * DAY).isoformat(), "absent_until": (TODAY + last * DAY).isoformat()}
    return AbsenceIn.model_validate(days | {"backup_id": str(backup)})


@pytest.mark.parametrize(
    ("body", "backup", "expected"),
    [
        (absence(0, 0), Person(OTHER), []),
        (absence(-5, 0), Person(OTHER), []),
        (absence(2, 1), Person(OTHER), ["absence_out_of_order"]),
        (absence(-5, -1), Person(OTHER), ["absence_over"]),
        (absence(0, 1, ME), Person(ME), ["backup_oneself"]),
        (absence(0, 1), None, ["backup_unfit"]),
        (absence(0, 1), Person(OTHER, "left"), ["backup_unfit"]),
        (absence(0, 3), Person(OTHER, absent_from=TODAY + 3 * DAY, absent_until=TODAY + 9 * DAY), ["backup_away"]),
        (absence(9, 9), Person(OTHER, absent_from=TODAY + 3 * DAY, absent_until=TODAY + 9 * DAY), ["backup_away"]),
        (absence(0, 2), Person(OTHER, absent_from=TODAY + 3 * DAY, absent_until=TODAY + 9 * DAY), []),
        (absence(10, 12), Person(OTHER, absent_from=TODAY + 3 * DAY, absent_until=TODAY + 9 * DAY), []),
    ],
)
def test_an_absence_has_somebody_who_is_there_in_that_time(body: AbsenceIn, backup: Any, expected: list[str]) -> None:
    assert codes("staff", "record_absence", Person(ME), staff.Facts(TODAY, backup=backup), body) == expected


def test_an_absence_is_ended_where_there_is_one() -> None:
    away = Person(ME, absent_from=TODAY, absent_until=TODAY)
    assert codes("staff", "end_absence", away, staff.Facts(TODAY), None) == []
    assert codes("staff", "end_absence", Person(ME), staff.Facts(TODAY), None) == ["not_absent"]


def test_nobody_leaves_who_is_still_needed_and_all_is_named_at_once() -> None:
    needed = staff.Facts(TODAY, heads=True, stands_in=True, appointed=True)
    assert codes("staff", "leave", Person(ME), needed, None) == ["heads", "stands_in", "appointed"]
    assert codes("staff", "leave", Person(ME), staff.Facts(TODAY), None) == []


HERE = trainings.Facts(TODAY, employed=True, assessor_employed=True)


@pytest.mark.feature("P4")
@pytest.mark.clause("5.2")
@pytest.mark.parametrize(
    ("step", "body", "facts", "expected"),
    [
        ("pass", {"score": 60, "assessor_id": OTHER}, HERE, []),
        ("pass", {"score": 59, "assessor_id": OTHER}, HERE, ["score_too_low"]),
        ("fail", {"score": 59, "assessor_id": OTHER}, HERE, []),
        ("fail", {"score": 60, "assessor_id": OTHER}, HERE, ["score_enough"]),
        ("pass", {}, HERE, ["score_missing", "assessor_missing"]),
        ("fail", {}, HERE, ["score_missing", "assessor_missing"]),
        ("pass", {"score": 60, "assessor_id": ME}, HERE, ["assessor_oneself"]),
        ("pass", {"score": 60, "assessor_id": OTHER}, trainings.Facts(TODAY), ["assessor_unfit"]),
        ("take", {}, HERE, []),
        ("take", {"taken_on": TODAY.isoformat()}, HERE, []),
        ("take", {"taken_on": (TODAY + DAY).isoformat()}, HERE, ["taken_in_future"]),
    ],
)
def test_a_result_has_a_score_that_says_so_and_an_assessor_who_is_somebody_else(
    step: str, body: dict[str, Any], facts: trainings.Facts, expected: list[str]
) -> None:
    asked = (TakeIn if step == "take" else AssessIn).model_validate(body)
    state = "planned" if step == "take" else "taken"
    assert codes("training", step, Trained(ME, state), facts, asked) == expected


@pytest.mark.feature("P4")
def test_nobody_records_or_certifies_the_result_of_their_own_training() -> None:
    result = AssessIn(score=60, assessor_id=OTHER)
    assert codes("training", "pass", Trained(ME), HERE, result, MYSELF) == ["own_training"]
    assert codes("training", "pass", Trained(OTHER), HERE, AssessIn(score=60, assessor_id=ME), MYSELF) == []
    assert codes("training", "certify", Trained(ME, "passed"), HERE, validity(0, 1), MYSELF) == ["own_training"]


def validity(first: int, last: int, evidence: str | None = "PX-1") -> CertifyIn:
    days = {"valid_from": (TODAY + first * DAY).isoformat(), "valid_until": (TODAY + last * DAY).isoformat()}
    return CertifyIn.model_validate(days | {"evidence": evidence})


@pytest.mark.feature("P4")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (validity(0, 0), []),
        (validity(-1, 365), []),
        (validity(0, 1, None), ["evidence_missing"]),
        (CertifyIn(), ["evidence_missing", "validity_missing"]),
        (validity(1, 0), ["validity_out_of_order"]),
        (validity(-2, 5), ["valid_before_taken"]),
        (validity(-1, -1), ["validity_over"]),
    ],
)
def test_a_qualification_has_evidence_and_days_that_are_not_over(body: CertifyIn, expected: list[str]) -> None:
    assert codes("training", "certify", Trained(ME, "passed"), HERE, body) == expected


@pytest.mark.feature("P4")
def test_a_qualification_expires_after_its_last_day_and_not_on_it() -> None:
    until_today = Trained(ME, "valid", valid_until=TODAY)
    assert codes("training", "expire", until_today, trainings.Facts(TODAY), None) == ["not_over"]
    assert codes("training", "expire", until_today, trainings.Facts(TODAY + DAY), None) == []


def test_whoever_is_trained_works_here_and_what_is_withdrawn_has_a_cause() -> None:
    assert codes("training", "plan", None, trainings.Facts(TODAY), None) == ["not_employed"]
    assert codes("training", "plan", None, HERE, None) == []
    assert codes("training", "withdraw", Trained(ME, "valid"), HERE, None) == ["cause_missing"]
    assert codes("training", "withdraw", Trained(ME, "valid"), HERE, WithdrawIn(cause="cancelled")) == []


def appointment(**changes: Any) -> AppointIn:
    whole = {
        "account_id": str(ME),
        "duty": "complaint_handling",
        "dedicated": True,
        "share": 60,
        "begins_on": TODAY.isoformat(),
        "document": "No. 3",
    } | changes
    return AppointIn.model_validate(whole)


EMPLOYED = appointments.Facts(TODAY, employed=True)
HALF = appointments.Facts(TODAY, employed=True, taken=(Share(TODAY + 5 * DAY, None, 50),))


@pytest.mark.clause("6.1")
@pytest.mark.parametrize(
    ("changes", "facts", "expected"),
    [
        ({}, EMPLOYED, []),
        ({}, appointments.Facts(TODAY), ["not_employed"]),
        ({"document": None}, EMPLOYED, ["document_missing"]),
        ({"ends_on": (TODAY - DAY).isoformat()}, EMPLOYED, ["out_of_order"]),
        ({"ends_on": TODAY.isoformat()}, EMPLOYED, []),
        (
            {"begins_on": (TODAY - 9 * DAY).isoformat(), "ends_on": (TODAY - DAY).isoformat()},
            EMPLOYED,
            ["term_over"],
        ),
        ({}, HALF, ["share_too_big"]),
        ({"share": 50}, HALF, []),
        ({"dedicated": False}, HALF, []),
        ({"ends_on": (TODAY + 4 * DAY).isoformat()}, HALF, []),
        ({"ends_on": (TODAY + 5 * DAY).isoformat()}, HALF, ["share_too_big"]),
        ({"document": None}, appointments.Facts(TODAY), ["not_employed", "document_missing"]),
    ],
)
def test_an_appointment_is_made_in_writing_and_leaves_nobody_with_more_than_all_of_their_time(
    changes: dict[str, Any], facts: appointments.Facts, expected: list[str]
) -> None:
    assert codes("appointment", "appoint", None, facts, appointment(**changes)) == expected


def test_nobody_appoints_themselves() -> None:
    assert codes("appointment", "appoint", None, EMPLOYED, appointment(), MYSELF) == ["oneself"]
    assert codes("appointment", "appoint", None, EMPLOYED, appointment(account_id=str(OTHER)), MYSELF) == []


@pytest.mark.clause("8.2-5")
def test_an_appointment_for_complaints_without_a_document_is_refused_for_the_requirement_on_it() -> None:
    def clauses(body: AppointIn) -> list[str | None]:
        found: list[Objection | None] = [
            guard(None, EMPLOYED, body=body, actor=PUBLIC, now=NOW)
            for guard in appointments.LIFECYCLE.steps["appoint"].guards
        ]
        return [one.clause for one in found if one is not None]

    assert clauses(appointment(document=None)) == ["8.2-5"]
    assert clauses(appointment(document=None, duty="fire_safety")) == ["6.1"]


@pytest.mark.parametrize(
    ("record", "ending", "expected"),
    [
        (Appointed(), Ending(TODAY, "completed"), []),
        (Appointed(), Ending(TODAY - 10 * DAY, "completed"), []),
        (Appointed(), Ending(TODAY + DAY, "completed"), ["end_in_future"]),
        (Appointed(), Ending(TODAY - 11 * DAY, "completed"), ["end_too_early"]),
        (Appointed(ends_on=TODAY - 2 * DAY), Ending(TODAY - DAY, "completed"), ["end_too_late"]),
        (Appointed(ends_on=TODAY - 2 * DAY), Ending(TODAY - 2 * DAY, "term_over"), []),
        (Appointed(begins_on=TODAY + DAY), Ending(TODAY, "completed"), ["end_too_early"]),
        (Appointed(begins_on=TODAY + DAY), Ending(TODAY, "entered_by_mistake"), []),
    ],
)
def test_an_appointment_ends_on_one_of_its_days_unless_it_never_was(
    record: Appointed, ending: Ending, expected: list[str]
) -> None:
    assert codes("appointment", "end", record, appointments.Facts(TODAY), ending) == expected


days = st.integers(0, 12).map(lambda day: TODAY + day * DAY)


@st.composite
def shares(draw: st.DrawFn) -> Share:
    """A share of a few days, or without an end."""
    first, last = sorted((draw(days), draw(days)))
    return Share(first, draw(st.sampled_from([last, None])), draw(st.integers(1, 100)))


@given(shares(), st.lists(shares(), max_size=6))
def test_the_peak_of_shares_is_the_greatest_sum_of_any_day(share: Share, taken: list[Share]) -> None:
    def of(one: Share, day: date) -> int:
        return one.percent if one.begins_on <= day and (one.ends_on is None or day <= one.ends_on) else 0

    own = [day for day in (TODAY + n * DAY for n in range(14)) if of(share, day)]
    assert peak(share, taken) == max(sum(of(one, day) for one in (share, *taken)) for day in own)


@given(shares(), st.lists(shares(), max_size=6))
def test_the_peak_of_shares_depends_on_no_order_and_never_falls(share: Share, taken: list[Share]) -> None:
    assert peak(share, taken) == peak(share, taken[::-1])
    assert peak(share, taken) >= peak(share, taken[1:]) >= share.percent
