"""Each guard of objections, both ways, and which objections wait."""

from datetime import datetime
from typing import Any

import pytest

from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import Noted, State
from services.complaints.objections import rules
from services.complaints.objections.schemas import AnswerObjectionIn, ObjectIn
from tests.make.guards import (
    DAY,
    HANDLER,
    LEAD,
    NOW,
    OTHER,
    PARTY,
    SECOND,
    SECOND_PARTY,
    Case,
    by,
    check,
    facts,
    ids,
    noted,
)

BOTH = {"complaining": {PARTY: True, SECOND_PARTY: True}}
LODGED = noted("object", party=PARTY)
ANSWERED = noted("answer_objection", party=PARTY)
ANSWER = AnswerObjectionIn(words="It has been up since.")
ASSIGNED = noted("assign", handler_id=str(HANDLER))


def objecting(**changes: Any) -> ObjectIn:
    return ObjectIn.model_validate({"method": "letter", "words": "It is still down."} | changes)


def ended(state: State, days: int, **more: Any) -> dict[str, Any]:
    """A complaint that ended so many days ago."""
    return {"state": state, "closed_at": NOW - days * DAY} | more


CASES = (
    Case(rules.has_objection, None, objecting(), record=ended(State.CLOSED, 3)),
    Case(rules.has_objection, None, objecting(at=str(NOW - 3 * DAY)), record=ended(State.CLOSED, 3)),
    Case(rules.has_objection, "objection_missing", record=ended(State.CLOSED, 3)),
    Case(rules.has_objection, "objection_time", objecting(at=str(NOW + SECOND)), record=ended(State.CLOSED, 3)),
    Case(
        rules.has_objection, "objection_time", objecting(at=str(NOW - 3 * DAY - SECOND)), record=ended(State.CLOSED, 3)
    ),
    *(
        case
        for state in (State.CLOSED, State.REFUSED)
        for case in (
            Case(rules.objects_in_time, None, objecting(), record=ended(state, 30)),
            Case(rules.objects_in_time, None, record=ended(state, 30)),
            Case(rules.objects_in_time, None, objecting(at=str(NOW - DAY)), record=ended(state, 31)),
            Case(rules.objects_in_time, "objection_too_late", objecting(), record=ended(state, 31)),
            Case(rules.objects_in_time, "objection_too_late", record=ended(state, 31)),
        )
    ),
    Case(rules.objects_once, None, objecting()),
    Case(rules.objects_once, None, objecting(), facts(LODGED, ANSWERED)),
    Case(rules.objects_once, None, objecting(party_id=SECOND_PARTY), facts(LODGED, **BOTH)),
    Case(rules.objects_once, "objection_waits", objecting(), facts(LODGED)),
    Case(rules.objects_once, "objection_waits", None, facts(LODGED)),
    Case(rules.objects_once, "objection_waits", objecting(party_id=PARTY), facts(LODGED, **BOTH)),
    Case(rules.appeal_is_left, None, objecting(), record=ended(State.REFUSED, 3)),
    Case(rules.appeal_is_left, None, objecting(), facts(noted("appeal")), record=ended(State.CLOSED, 3)),
    *(
        Case(rules.appeal_is_left, "appealed_before", objecting(), facts(noted(step)), record=ended(State.REFUSED, 3))
        for step in ("appeal", "uphold_refusal")
    ),
    Case(rules.has_answer, None, ANSWER),
    Case(rules.has_answer, "answer_missing"),
    Case(rules.objection_waits, None, ANSWER, facts(LODGED)),
    Case(rules.objection_waits, None, None, facts(LODGED)),
    Case(rules.objection_waits, "objection_unknown", ANSWER),
    Case(rules.objection_waits, "objection_unknown", None),
    Case(rules.objection_waits, "objection_unknown", ANSWER, facts(LODGED, ANSWERED)),
    Case(
        rules.objection_waits,
        "objection_unknown",
        AnswerObjectionIn(party_id=SECOND_PARTY, words="No."),
        facts(LODGED, **BOTH),
    ),
    Case(rules.answerer_is_not_handler, None, ANSWER, facts(ASSIGNED, LODGED), by(OTHER)),
    Case(rules.answerer_is_not_handler, "answerer_is_handler", ANSWER, facts(ASSIGNED, LODGED), by(HANDLER)),
    Case(
        rules.answerer_is_not_handler,
        None,
        ANSWER,
        facts(ASSIGNED, noted("approve", who=OTHER), noted("approve", who=LEAD), LODGED),
        by(OTHER),
    ),
    Case(
        rules.answerer_is_not_handler,
        "answerer_is_handler",
        ANSWER,
        facts(ASSIGNED, noted("approve", who=OTHER), LODGED),
        by(OTHER),
    ),
    Case(
        rules.answerer_is_not_handler,
        "answerer_is_handler",
        ANSWER,
        facts(ASSIGNED, noted("reassign", handler_id=str(OTHER)), LODGED),
        by(HANDLER),
    ),
)


@pytest.mark.clause("8.2", "8.2-11")
@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_a_guard_of_objections_objects_or_does_not(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(
    ("later", "waiting"),
    [
        ([], {PARTY, SECOND_PARTY}),
        ([ANSWERED], {SECOND_PARTY}),
        ([noted("deliver_remedy")], {PARTY, SECOND_PARTY}),
        *(
            ([noted(step)], set())
            for step in ("appeal", "uphold_refusal", "admit_by_ruling", "reopen", "reopen_by_ruling")
        ),
        ([noted("reopen"), LODGED], {PARTY}),
    ],
)
def test_an_objection_waits_until_it_or_all_are_answered(later: list[Noted], waiting: set[Any]) -> None:
    assert facts(LODGED, noted("object", party=SECOND_PARTY), *later).waiting.keys() == waiting


@pytest.mark.parametrize(
    ("state", "until"), [(State.CLOSED, NOW + 27 * DAY), (State.REFUSED, NOW + 27 * DAY), (State.DECIDED, None)]
)
def test_objections_have_their_time_after_an_end_alone(state: State, until: datetime | None) -> None:
    assert rules.objection_until(Complaint(**ended(state, 3)), facts()) == until


def test_none_has_time_once_the_appeal_against_a_refusal_was_decided_on() -> None:
    upheld = facts(noted("uphold_refusal"))
    assert rules.objection_until(Complaint(**ended(State.REFUSED, 3)), upheld) is None
    assert rules.objection_until(Complaint(**ended(State.CLOSED, 3)), upheld) is not None
