"""What holds for the life of a complaint, step by step."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from chassis.actors import PUBLIC
from chassis.errors import Problem
from contracts.complaint_state import ContactMethod, Level, Priority
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import LIVE, NEXT_STEPS, OPEN, PRIORITIES, STATES, Facts, Intake, State
from services.complaints.complaints.schemas import AcknowledgeIn, PublicReceiveIn, ReceiveIn
from services.complaints.steps.rules import LIFECYCLE

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
RECEIVED = NOW - timedelta(hours=2)
SECOND = timedelta(seconds=1)
REACHABLE = {"telephone": "+86 138 0000 0000"}
FIRST, LATER_STEPS = "receive", sorted(LIFECYCLE.steps.keys() - {"receive"})
ORDER = list(get_args(Priority))[::-1]  # low first
LEVELS = list(get_args(Level))[::-1]


def complaint(state: State = State.RECEIVED) -> Complaint:
    """A complaint as far as its rules look at it."""
    return Complaint(state=state, received_at=RECEIVED, round=1, promised={}, concerns=[], anonymous=False)


def intake_objections(*, anonymous_allowed: bool = True, **changes: Any) -> list[str]:
    """What stands against receiving a complaint with words and a contact, with some changes."""
    body = ReceiveIn.model_validate({"words": "It is down.", "parties": [REACHABLE]} | changes)
    try:
        LIFECYCLE.begin(FIRST, Intake(anonymous_allowed), body=body, actor=PUBLIC, now=NOW)
    except Problem as problem:
        return [one.code for one in problem.objections]
    return []


def objections(*, promised: bool = True, **contact: Any) -> list[str]:
    """What stands against acknowledging with a contact."""
    body = AcknowledgeIn.model_validate(contact)
    facts = Facts(limits_promised=promised)
    found = LIFECYCLE.objections(complaint(), "acknowledge", facts, body=body, actor=PUBLIC, now=NOW)
    return [one.code for one in found]


def test_every_state_has_a_title_and_a_next_step_in_both_languages() -> None:
    assert set(STATES) == set(NEXT_STEPS) == set(State)
    texts = [*STATES.values(), *NEXT_STEPS.values()]
    assert all(text.en.isascii() and not text.zh.isascii() for text in texts)


@pytest.mark.parametrize(("name", "state"), [(name, state) for name in LATER_STEPS for state in State])
def test_a_step_is_refused_from_every_state_but_its_own(name: str, state: State) -> None:
    found = LIFECYCLE.objections(complaint(state), name, Facts(False), body=None, actor=PUBLIC, now=NOW)
    refused = [one for one in found if one.code == "wrong_state"]
    assert bool(refused) == (state not in LIFECYCLE.steps[name].sources)
    if refused:
        assert found == refused, "guards of a step that is not possible tell nothing"
        assert STATES[state].en in refused[0].message.en
        assert STATES[state].zh in refused[0].message.zh


@pytest.mark.feature("C29")
def test_any_open_is_every_state_but_the_seven_ends() -> None:
    ends = {"closed", "refused", "withdrawn", "redirected", "discarded", "merged", "archived"}
    assert {str(state) for state in State} - {str(state) for state in OPEN} == ends
    assert LIFECYCLE.steps["inform"].sources == OPEN | {"refused", "closed"}
    for name in ("extend", "escalate", "merge", "withdraw"):
        assert LIFECYCLE.steps[name].sources == OPEN


def test_a_complaint_begins_received() -> None:
    body = PublicReceiveIn.model_validate({"words": "It is down.", "parties": [REACHABLE]})
    assert LIFECYCLE.begin(FIRST, Intake(False), body=body, actor=PUBLIC, now=NOW) == State.RECEIVED


@pytest.mark.parametrize("way", [{"telephone": "13800000000"}, {"email": "a@b.example"}, {"address": "上海市"}])
def test_one_way_to_reach_somebody_is_enough(way: dict[str, str]) -> None:
    assert intake_objections(parties=[way]) == []
    assert intake_objections(parties=[{"role": "representative"} | way]) == []


@pytest.mark.parametrize("parties", [[], [{"name": "王芳"}], [{"role": "subject"} | REACHABLE]])
def test_nobody_to_reach_is_refused(parties: list[dict[str, str]]) -> None:
    assert intake_objections(parties=parties) == ["contact_missing"]


def test_nobody_needs_to_be_reached_who_is_anonymous() -> None:
    assert intake_objections(parties=[], anonymous=True) == []


def test_an_anonymous_complaint_is_refused_where_the_channel_takes_none() -> None:
    assert intake_objections(anonymous_allowed=False, parties=[], anonymous=True) == ["anonymous_not_allowed"]
    assert intake_objections(anonymous_allowed=False) == []


@pytest.mark.parametrize("told", [{"name": "王芳"}, REACHABLE, {"role": "representative", "email": "a@b.example"}])
def test_an_anonymous_complaint_names_nobody_who_complains(told: dict[str, str]) -> None:
    assert intake_objections(parties=[told], anonymous=True) == ["anonymous_but_named"]


def test_an_anonymous_complaint_may_name_whom_it_is_about() -> None:
    assert intake_objections(parties=[{"role": "subject", "name": "李雷"}], anonymous=True) == []


@pytest.mark.parametrize("words", [None, "", " \n\t", "\u3000\u00a0", "\u200b\ufeff", "\u202e"])
def test_words_that_say_nothing_are_refused(words: str | None) -> None:
    assert intake_objections(words=words) == ["words_missing"]


@pytest.mark.parametrize("words", ["!", "😡", "坏了", "e\u0301", " down "])
def test_words_that_say_anything_are_taken(words: str) -> None:
    assert intake_objections(words=words) == []


@pytest.mark.parametrize(
    ("received_at", "expected"),
    [
        (NOW, []),
        (NOW + SECOND, ["received_in_future"]),
        (datetime(1970, 1, 1, tzinfo=UTC), []),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), ["received_too_early"]),
    ],
)
def test_a_complaint_was_received_by_now(received_at: datetime, expected: list[str]) -> None:
    assert intake_objections(received_at=received_at.isoformat()) == expected


def test_all_that_an_intake_lacks_is_named_at_once() -> None:
    found = intake_objections(words=None, parties=[], received_at=(NOW + SECOND).isoformat())
    assert found == ["contact_missing", "words_missing", "received_in_future"]


def test_an_acknowledgement_leads_to_the_acknowledged_state() -> None:
    row = complaint()
    body = AcknowledgeIn(method="telephone", told_limits=True, told_receipt_number=True)
    LIFECYCLE.advance(row, "acknowledge", Facts(True), body=body, actor=PUBLIC, now=NOW)
    assert row.state == State.ACKNOWLEDGED


def test_who_only_asks_is_told_that_no_contact_is_recorded() -> None:
    steps = LIFECYCLE.open_steps(complaint(), Facts(True), actor=PUBLIC, now=NOW)
    (step,) = (one for one in steps if one.step == "acknowledge")
    assert [one.code for one in step.lacks] == ["not_permitted", "contact_not_recorded"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (None, []),
        (RECEIVED, []),
        (NOW, []),
        (RECEIVED - SECOND, ["contact_time"]),
        (NOW + SECOND, ["contact_time"]),
    ],
)
def test_the_contact_lies_between_receipt_and_now(at: datetime | None, expected: list[str]) -> None:
    assert objections(method="email", template="receipt-v1", at=at and at.isoformat()) == expected


@pytest.mark.parametrize("method", sorted(set(get_args(ContactMethod)) - LIVE - {"receipt"}))
def test_a_written_contact_names_its_template(method: str) -> None:
    assert objections(method=method, template="receipt-v1") == []
    assert objections(method=method) == ["template_missing"]


@pytest.mark.clause("8.2-9")
@pytest.mark.parametrize("method", sorted(LIVE))
def test_a_live_contact_tells_limits_and_number(method: str) -> None:
    assert objections(method=method, told_limits=True, told_receipt_number=True) == []
    assert objections(method=method, told_receipt_number=True) == ["limits_not_told"]
    assert objections(method=method, told_limits=True) == ["receipt_number_not_told"]
    assert objections(method=method) == ["limits_not_told", "receipt_number_not_told"]


@pytest.mark.parametrize("method", sorted(LIVE))
def test_limits_need_not_be_told_where_none_were_promised(method: str) -> None:
    assert objections(promised=False, method=method, told_receipt_number=True) == []


def test_every_impact_and_urgency_has_a_priority() -> None:
    assert set(PRIORITIES) == {(impact, urgency) for impact in LEVELS for urgency in LEVELS}


def test_a_higher_impact_or_urgency_never_lowers_the_priority() -> None:
    rank = {pair: ORDER.index(priority) for pair, priority in PRIORITIES.items()}
    for lower, higher in itertools.pairwise(LEVELS):
        for level in LEVELS:
            assert rank[higher, level] >= rank[lower, level]
            assert rank[level, higher] >= rank[level, lower]


def test_impact_and_urgency_weigh_the_same_and_only_both_high_is_critical() -> None:
    assert all(PRIORITIES[one, other] == PRIORITIES[other, one] for one, other in PRIORITIES)
    assert [pair for pair, priority in PRIORITIES.items() if priority == "critical"] == [("high", "high")]
    assert set(PRIORITIES.values()) == set(get_args(Priority))
