"""What holds for the life of a version of a document, step by step."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chassis.actors import PUBLIC, SYSTEM, Who
from chassis.errors import Problem
from chassis.ids import new_id
from contracts.clauses import REQUIREMENTS
from contracts.permissions import ROLES
from services.risk.documents.models import DocumentVersion
from services.risk.documents.rules import (
    APPROVE,
    BINDABLE,
    BY_ITSELF,
    LIFECYCLE,
    REQUIRED_SYSTEMS,
    STATES,
    Facts,
    State,
    account_of,
    beginning_of,
    day_of,
    is_overdue,
)
from services.risk.documents.schemas import ApproveDocumentIn, CreateDocumentIn, ReviewDocumentIn
from tests.make.documents import document

NOW = datetime(2026, 3, 31, 17, tzinfo=UTC)
"""One in the morning of the first of April in Shanghai."""
TODAY, DAY = date(2026, 4, 1), timedelta(days=1)
OWNER = new_id()
FACTS = Facts("Asia/Shanghai", owner_id=OWNER, files=1, prepared=False, confirmed=False)
STEPS = sorted(LIFECYCLE.steps.keys() - {"draft"})
ENDS = {State.SUPERSEDED}
BODIES: dict[str, Any] = {
    "approve": ApproveDocumentIn(),
    "review": ReviewDocumentIn(next_review_on=TODAY + DAY),
}


@dataclass
class Row:
    """A version as far as its rules look at it."""

    state: str = State.DRAFT
    authors: list[str] = field(default_factory=lambda: [f"person:{new_id()}"])
    address: str | None = None
    summary: str | None = "First edition."
    next_review_on: date | None = TODAY + 365 * DAY
    in_force_from: datetime | None = None
    reading_open: bool = True


@dataclass(frozen=True)
class Person:
    """A person with permissions."""

    name: str
    permissions: frozenset[str] = frozenset({APPROVE})
    roles: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        return permission in self.permissions


APPROVER = Person(f"person:{new_id()}")


def version(state: State = State.DRAFT, **changes: Any) -> DocumentVersion:
    return cast(DocumentVersion, Row(state, **changes))


def objections(
    name: str, row: DocumentVersion, facts: Facts = FACTS, *, body: Any = None, actor: Who = APPROVER
) -> list[str]:
    """What stands against a step."""
    lifecycle = LIFECYCLE if name in LIFECYCLE.steps else BY_ITSELF
    return [one.code for one in lifecycle.objections(row, name, facts, body=body, actor=actor, now=NOW)]


def approving(row: DocumentVersion, facts: Facts = FACTS, on: date | None = None, actor: Who = APPROVER) -> list[str]:
    return objections("approve", row, facts, body=ApproveDocumentIn(in_force_on=on), actor=actor)


def test_every_state_has_a_title_in_both_languages() -> None:
    assert set(STATES) == set(State)
    assert all(title.en.isascii() and not title.zh.isascii() for title in STATES.values())


@pytest.mark.parametrize(("name", "state"), [(name, state) for name in STEPS for state in State])
def test_a_step_is_refused_from_every_state_but_its_own(name: str, state: State) -> None:
    refused = "wrong_state" in objections(name, version(state), body=BODIES.get(name))
    assert refused == (state not in LIFECYCLE.steps[name].sources)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_leads_to_its_state_and_to_no_other(name: str) -> None:
    step = LIFECYCLE.steps[name]
    for state in step.sources:
        row = version(State(state))
        LIFECYCLE.advance(row, name, FACTS, body=BODIES.get(name), actor=APPROVER, now=NOW)
        assert row.state == (state if step.target is None else step.target)


def test_nothing_can_be_done_to_what_was_superseded() -> None:
    ended = {state for state in State if not LIFECYCLE.open_steps(version(state), FACTS, actor=APPROVER, now=NOW)}
    assert ended == ENDS


@pytest.mark.clause("7.7")
def test_an_approval_lacks_all_that_is_missing_at_once() -> None:
    row = version(authors=[APPROVER.name], summary=None, next_review_on=None)
    assert approving(row, replace(FACTS, files=0), TODAY - DAY) == [
        "own_work",
        "content_missing",
        "summary_missing",
        "next_review_on_missing",
        "backdated",
    ]
    with pytest.raises(Problem):
        LIFECYCLE.advance(row, "approve", FACTS, body=ApproveDocumentIn(), actor=APPROVER, now=NOW)
    assert row.state == State.DRAFT


def test_whoever_had_a_hand_in_a_version_does_not_approve_it() -> None:
    assert approving(version(authors=["person:1", APPROVER.name])) == ["own_work"]
    assert approving(version(authors=["person:1", "person:2"])) == []


def test_content_is_a_file_or_an_address() -> None:
    without = replace(FACTS, files=0)
    assert approving(version(), without) == ["content_missing"]
    assert approving(version(address="https://documents.provider.example/1"), without) == []


@given(st.integers(-400, 400), st.integers(-400, 400))
def test_a_version_is_in_force_from_today_at_the_earliest_and_reviewed_after_that(start: int, review: int) -> None:
    row = version(next_review_on=TODAY + review * DAY)
    found = approving(row, on=TODAY + start * DAY)
    assert ("backdated" in found) == (start < 0)
    assert ("review_not_after_start" in found) == (review <= start)


def test_a_day_is_the_providers() -> None:
    assert day_of(NOW, FACTS.zone) == TODAY
    assert day_of(NOW, "UTC") == TODAY - DAY
    assert beginning_of(TODAY, FACTS.zone) == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert approving(version(), replace(FACTS, zone="UTC"), TODAY - DAY) == []
    assert approving(version(), FACTS, TODAY - DAY) == ["backdated"]


def test_a_document_has_one_version_in_preparation() -> None:
    for state in (State.IN_FORCE, State.REPEALED, State.WITHDRAWN):
        assert objections("revise", version(state)) == []
        assert objections("revise", version(state), replace(FACTS, prepared=True)) == ["version_prepared"]


@pytest.mark.parametrize("name", ["review", "conclude_reading"])
def test_the_owner_and_who_may_approve_are_in_charge(name: str) -> None:
    row, none = version(State.IN_FORCE), frozenset[str]()
    assert objections(name, row, actor=APPROVER) == []
    assert objections(name, row, actor=Person(f"person:{OWNER}", none)) == []
    assert objections(name, row, actor=Person(f"client:{OWNER}", none)) == ["not_in_charge"]
    assert objections(name, row, actor=Person(f"person:{new_id()}", none)) == ["not_in_charge"]
    assert objections(name, row, actor=PUBLIC) == ["not_in_charge"]


def test_a_review_names_the_next_one_which_lies_ahead() -> None:
    for ahead, found in ((0, ["review_not_ahead"]), (-1, ["review_not_ahead"]), (1, [])):
        body = ReviewDocumentIn(next_review_on=TODAY + ahead * DAY)
        assert objections("review", version(State.IN_FORCE), body=body) == found


def test_reading_is_concluded_once() -> None:
    assert objections("conclude_reading", version(State.IN_FORCE, reading_open=False)) == ["reading_concluded"]


@pytest.mark.clause("7.7")
@pytest.mark.parametrize("state", [State.APPROVED, State.IN_FORCE])
def test_a_person_confirms_having_read_a_version_once(state: State) -> None:
    assert objections("confirm_reading", version(state)) == []
    assert objections("confirm_reading", version(state), replace(FACTS, confirmed=True)) == ["confirmed_before"]
    assert objections("confirm_reading", version(state), actor=Person(f"client:{new_id()}")) == ["no_person"]
    assert objections("confirm_reading", version(state), actor=PUBLIC) == ["no_person"]


def test_a_version_comes_into_force_when_its_time_has_come_and_not_before() -> None:
    second = timedelta(seconds=1)
    for start, found in ((NOW, []), (NOW - second, []), (NOW + second, ["not_yet"]), (None, ["not_yet"])):
        assert objections("come_into_force", version(State.APPROVED, in_force_from=start)) == found
    assert objections("come_into_force", version(State.DRAFT, in_force_from=NOW)) == ["wrong_state"]
    assert objections("supersede", version(State.IN_FORCE)) == []


def test_a_review_is_overdue_after_its_day() -> None:
    assert is_overdue(State.IN_FORCE, TODAY - DAY, TODAY)
    assert not is_overdue(State.IN_FORCE, TODAY, TODAY)
    assert not is_overdue(State.SUPERSEDED, TODAY - DAY, TODAY)
    assert not is_overdue(State.DRAFT, None, TODAY)


def test_only_persons_have_an_account() -> None:
    assert account_of(Person(f"person:{OWNER}")) == OWNER
    assert account_of(Person(f"client:{OWNER}")) is None
    assert account_of(SYSTEM) is None


def test_a_document_binds_roles_whose_people_can_confirm() -> None:
    assert {"complaint_handler", "staff", "management", "administrator"} <= set(BINDABLE)
    assert not {"reader", "operator", "evaluator", "mail_system", "customer_contact"} & set(BINDABLE)
    assert set(BINDABLE) <= ROLES.keys()


def test_the_required_systems_are_those_of_the_standard() -> None:
    assert {one.id: one.system for one in REQUIREMENTS.values() if one.system} == REQUIRED_SYSTEMS
    assert "8.2-2" in REQUIRED_SYSTEMS
    assert "8.2-5" not in REQUIRED_SYSTEMS


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"serves": ["8.2-99"]}, "requirement_unknown"),
        ({"serves": ["8.2"]}, "requirement_unknown"),
        ({"binds": ["reader"]}, "role_unknown"),
        ({"content": {"address": "https://provider.example/x", "sha256": "0"}}, "pattern"),
        ({"kind": "rule"}, "literal_error"),
    ],
)
def test_what_the_standard_or_the_house_does_not_know_is_refused(changes: dict[str, Any], code: str) -> None:
    CreateDocumentIn.model_validate(document())
    with pytest.raises(ValidationError) as refused:
        CreateDocumentIn.model_validate(document(**changes))
    assert [one["type"] for one in refused.value.errors()] == [code]
