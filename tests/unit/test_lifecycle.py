"""State machines: a step is taken when all allows it, and refused with everything that stands against it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.actors import SYSTEM, Who
from chassis.errors import REFUSED, Objection, Problem
from chassis.lifecycle import Guard, Lifecycle, Step
from contracts.base import Text

NOW = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
PERMISSION = "doors.door.move"


class State(StrEnum):
    """States of a door."""

    OPEN = "open"
    CLOSED = "closed"
    LOCKED = "locked"


@dataclass
class Door:
    """A record with a state."""

    state: State


@dataclass(frozen=True)
class Hand:
    """One who acts, with or without the permission."""

    able: bool = True
    name: str = "client:1"
    roles: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        """Whether this hand may move doors."""
        return self.able and permission == PERMISSION


def lacking(code: str) -> Guard:
    """A guard that objects unless the facts name its code."""

    def guard(door: Any, facts: set[str], *, body: object, actor: Who, now: datetime) -> Objection | None:
        return None if code in facts else Objection(code, Text(f"No {code}.", f"没有{code}。"), "8.2")

    return guard


LIFECYCLE: "Lifecycle[Door]" = Lifecycle(
    {State.OPEN: Text("open", "开"), State.CLOSED: Text("closed", "关"), State.LOCKED: Text("locked", "锁")},
    hang=Step((), State.OPEN, permission=PERMISSION, guards=(lacking("hinges"),)),
    close=Step({State.OPEN}, State.CLOSED, permission=PERMISSION),
    lock=Step(
        {State.CLOSED}, State.LOCKED, permission=PERMISSION, guards=(lacking("key"), lacking("hand")), clause="8"
    ),
    paint=Step({State.OPEN, State.CLOSED}, None, permission=PERMISSION),
)

states, steps = st.sampled_from(State), st.sampled_from(["close", "lock", "paint"])
facts = st.sets(st.sampled_from(["key", "hand", "hinges"]))


def advance(door: Door, name: str, known: set[str]) -> None:
    LIFECYCLE.advance(door, name, known, body=None, actor=Hand(), now=NOW)


@given(states, steps, facts)
def test_a_step_is_taken_exactly_where_it_is_open_and_lacks_nothing(state: State, name: str, known: set[str]) -> None:
    door = Door(state)
    offered = {one.step: one.lacks for one in LIFECYCLE.open_steps(door, known, actor=Hand(), now=NOW)}
    assert door.state == state
    if offered.get(name) == ():
        advance(door, name, known)
        assert door.state == (LIFECYCLE.steps[name].target or state)
    else:
        with pytest.raises(Problem) as refusal:
            advance(door, name, known)
        assert refusal.value.kind is REFUSED
        assert door.state == state


@given(states, facts, st.booleans())
def test_an_open_step_lacks_what_would_be_objected_to_it(state: State, known: set[str], able: bool) -> None:
    door = Door(state)
    for one in LIFECYCLE.open_steps(door, known, actor=Hand(able), now=NOW):
        objected = LIFECYCLE.objections(door, one.step, known, body=None, actor=Hand(able), now=NOW)
        assert [lack.code for lack in one.lacks] == [*([] if able else ["not_permitted"]), *(o.code for o in objected)]


def test_a_guard_of_several_open_steps_is_asked_once_and_stands_against_each() -> None:
    asked: list[object] = []

    def stuck(door: Any, known: set[str], *, body: object, actor: Who, now: datetime) -> Objection | None:
        asked.append(body)
        return lacking("oil")(door, known, body=body, actor=actor, now=now)

    moves = {
        name: Step({State.OPEN}, State.CLOSED, permission=PERMISSION, guards=(stuck,)) for name in ("push", "pull")
    }
    moved: Lifecycle[Door] = Lifecycle(LIFECYCLE.titles, **moves)
    opened = moved.open_steps(Door(State.OPEN), set(), actor=Hand(), now=NOW)
    assert {one.step: [lack.code for lack in one.lacks] for one in opened} == {"push": ["oil"], "pull": ["oil"]}
    assert asked == [None]


@given(states, steps)
def test_every_step_refuses_every_other_state_and_says_which_it_needs(state: State, name: str) -> None:
    step = LIFECYCLE.steps[name]
    found = LIFECYCLE.objections(Door(state), name, {"key", "hand"}, body=None, actor=Hand(), now=NOW)
    assert [one.code for one in found] == ([] if state in step.sources else ["wrong_state"])
    for objection in found:
        assert objection.clause == step.clause
        for source in step.sources:
            assert LIFECYCLE.titles[source].en in objection.message.en
            assert LIFECYCLE.titles[source].zh in objection.message.zh
        assert f"“{LIFECYCLE.titles[state].en}”" in objection.message.en
        assert f"“{LIFECYCLE.titles[state].zh}”" in objection.message.zh


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(Problem) as refusal:
        advance(Door(State.CLOSED), "lock", set())
    assert [one.code for one in refusal.value.objections] == ["key", "hand"]


def test_who_lacks_the_permission_is_told_so_beside_the_rest() -> None:
    (lock, paint) = LIFECYCLE.open_steps(Door(State.CLOSED), {"key"}, actor=Hand(able=False), now=NOW)
    assert (lock.step, [one.code for one in lock.lacks]) == ("lock", ["not_permitted", "hand"])
    assert (paint.step, [one.code for one in paint.lacks]) == ("paint", ["not_permitted"])
    assert PERMISSION in paint.lacks[0].message.en
    assert PERMISSION in paint.lacks[0].message.zh


def test_the_system_may_take_a_step_without_holding_permissions() -> None:
    door = Door(State.OPEN)
    LIFECYCLE.advance(door, "close", set(), body=None, actor=SYSTEM, now=NOW)
    assert door.state is State.CLOSED


def test_a_record_begins_in_the_target_of_its_first_step_if_nothing_is_missing() -> None:
    assert LIFECYCLE.begin("hang", {"hinges"}, body=object(), actor=Hand(), now=NOW) is State.OPEN
    with pytest.raises(Problem) as refusal:
        LIFECYCLE.begin("hang", set(), body=object(), actor=Hand(), now=NOW)
    assert [one.code for one in refusal.value.objections] == ["hinges"]
    assert "hang" not in [one.step for one in LIFECYCLE.open_steps(Door(State.OPEN), set(), actor=Hand(), now=NOW)]
