"""What holds for the life of a case at an authority, step by step."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from pydantic import BaseModel, ValidationError

from chassis.actors import PUBLIC
from chassis.errors import Problem
from chassis.ids import new_id
from services.complaints.external_cases.models import ExternalCase
from services.complaints.external_cases.rules import EARLIEST, LIFECYCLE, LONGEST, PENDING, STATES, Facts, State
from services.complaints.external_cases.schemas import (
    RegisterExternalCaseIn,
    ReplyExternalCaseIn,
    RuleExternalCaseIn,
    WithdrawExternalCaseIn,
)
from tests.make.external_cases import case

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
RECEIVED = NOW - timedelta(days=3)
SECOND = timedelta(seconds=1)
LATER_STEPS = sorted(LIFECYCLE.steps.keys() - {"register"})
BODIES: dict[str, tuple[type[BaseModel], dict[str, str]]] = {
    "reply": (ReplyExternalCaseIn, {"method": "portal"}),
    "rule": (RuleExternalCaseIn, {"outcome": "upheld"}),
    "withdraw": (WithdrawExternalCaseIn, {}),
}


@dataclass
class Row:
    """A case as far as its rules look at it."""

    state: str = State.OPEN
    received_at: datetime = field(default=RECEIVED)


def row(state: State = State.OPEN) -> ExternalCase:
    return cast(ExternalCase, Row(state))


def registering(**changes: Any) -> list[str]:
    """What stands against a case that is registered."""
    body = RegisterExternalCaseIn.model_validate(case(str(new_id()), **changes))
    try:
        assert LIFECYCLE.begin("register", Facts(), body=body, actor=PUBLIC, now=NOW) == State.OPEN
    except Problem as refused:
        return [one.code for one in refused.objections]
    return []


def objections(step: str, facts: Facts = Facts(), **body: Any) -> list[str]:  # noqa: B008 - it is frozen
    kind, whole = BODIES[step]
    asked = kind.model_validate(whole | body)
    found = LIFECYCLE.objections(row(), step, facts, body=asked, actor=PUBLIC, now=NOW)
    return [one.code for one in found]


def test_every_state_has_a_title_in_both_languages() -> None:
    assert set(STATES) == set(State)
    assert all(title.en.isascii() and not title.zh.isascii() for title in STATES.values())


@pytest.mark.parametrize(("name", "state"), [(name, state) for name in LATER_STEPS for state in State])
def test_a_step_is_refused_from_every_state_but_its_own(name: str, state: State) -> None:
    found = LIFECYCLE.objections(row(state), name, Facts(), body=None, actor=PUBLIC, now=NOW)
    assert [one.code for one in found] == ([] if state in LIFECYCLE.steps[name].sources else ["wrong_state"])


def test_only_an_open_case_is_replied_to_and_what_is_pending_may_be_ruled_or_withdrawn() -> None:
    assert LIFECYCLE.steps["reply"].sources == {State.OPEN}
    assert LIFECYCLE.steps["rule"].sources == LIFECYCLE.steps["withdraw"].sources == PENDING


def test_an_entry_can_be_taken_for_an_error_from_everywhere_and_nothing_leads_on_from_there() -> None:
    assert LIFECYCLE.steps["correct_entry"].sources == set(State) - {State.ENTERED_IN_ERROR}
    assert LIFECYCLE.open_steps(row(State.ENTERED_IN_ERROR), Facts(), actor=PUBLIC, now=NOW) == []


@pytest.mark.parametrize(
    ("received_at", "refused"),
    [
        (NOW + SECOND, ["received_in_future"]),
        (NOW, []),
        (EARLIEST, []),
        (EARLIEST - SECOND, ["received_too_early"]),
    ],
)
def test_a_case_was_received_by_now_and_since_1970(received_at: datetime, refused: list[str]) -> None:
    assert registering(received_at=received_at.isoformat()) == refused


@pytest.mark.parametrize(
    ("due_at", "refused"),
    [
        (RECEIVED, ["due_before_receipt"]),
        (RECEIVED + SECOND, []),
        (RECEIVED + LONGEST, []),
        (RECEIVED + LONGEST + SECOND, ["due_too_late"]),
        (datetime(9999, 12, 31, tzinfo=UTC), ["due_too_late"]),
    ],
)
def test_their_limit_ends_after_receipt_and_in_a_year_that_people_plan_with(
    due_at: datetime, refused: list[str]
) -> None:
    assert registering(received_at=RECEIVED.isoformat(), due_at=due_at.isoformat()) == refused


@pytest.mark.parametrize("step", BODIES)
def test_what_is_told_happened_between_receipt_and_now(step: str) -> None:
    assert objections(step) == objections(step, at=RECEIVED.isoformat()) == objections(step, at=NOW.isoformat()) == []
    assert objections(step, at=(RECEIVED - SECOND).isoformat()) == ["before_receipt"]
    assert objections(step, at=(NOW + SECOND).isoformat()) == ["in_future"]


def test_a_reply_is_shown_by_a_file_of_the_complaint_or_by_none() -> None:
    assert objections("reply", Facts(proof_known=False), proof=new_id()) == ["proof_unknown"]
    assert objections("reply", Facts(proof_known=True), proof=new_id()) == []


def test_words_of_a_ruling_need_somebody_whose_key_seals_them_and_an_outcome_does_not() -> None:
    nobody = Facts(words_kept=False)
    assert objections("rule", nobody, summary="They are to repay.") == ["nobody_left"]
    assert objections("rule", nobody) == objections("rule", nobody, summary="  ") == []
    assert objections("rule", Facts(), summary="They are to repay.") == []


@pytest.mark.parametrize(
    "number",
    [
        "GD-2026-001234",
        "12315/2026#7",
        "（2026）京0105民初12345号",
        "(2026)京仲案字第0123号",
        "京朝劳人仲字〔2026〕第123号",
    ],
)
def test_numbers_of_authorities_and_courts_are_taken(number: str) -> None:
    assert RegisterExternalCaseIn.model_validate(case(str(new_id()), reference=number)).reference == number


@pytest.mark.parametrize("number", ["王芳", "王芳的投诉", "Wang Fang", "（2026）王芳", "-1", "京2026号", "x" * 65])
def test_what_names_somebody_is_no_number(number: str) -> None:
    with pytest.raises(ValidationError):
        RegisterExternalCaseIn.model_validate(case(str(new_id()), reference=number))
