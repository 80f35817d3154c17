"""What holds for the life of a channel, step by step."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from chassis.actors import PUBLIC
from chassis.errors import Problem
from services.complaints.channels.models import Channel
from services.complaints.channels.rules import LIFECYCLE, OTHER, STATES, Facts, State
from services.complaints.channels.schemas import CreateChannelIn, PublishIn

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WHOLE: dict[str, Any] = {
    "telephone": "+86 10 5555 0100",
    "web_address": "https://provider.example/complaints",
    "procedure": "We acknowledge, investigate, answer, and call you back.",
    "limits": {"acknowledge": 8, "decide": 80},
    "next_review_on": date(2027, 3, 31),
}
NEEDED = {
    "telephone": ("telephone_missing", "8.2-6"),
    "web_address": ("web_address_missing", "8.2-7"),
    "procedure": ("procedure_missing", "8.2-8"),
    "limits": ("limits_missing", "8.2-9"),
    "next_review_on": ("next_review_on_missing", "8.2"),
}
FIRST, LATER_STEPS = "create", sorted(LIFECYCLE.steps.keys() - {"create"})


@dataclass
class Row:
    """A channel as far as its rules look at it."""

    state: str = State.DRAFTED


def channel(state: State = State.DRAFTED) -> Channel:
    return cast(Channel, Row(state))


def objections(latest: datetime | None = None, **changes: Any) -> list[str]:
    """What stands against publishing a whole promise with some changes."""
    body = PublishIn.model_validate(WHOLE | changes)
    found = LIFECYCLE.objections(channel(), "publish", Facts(latest), body=body, actor=PUBLIC, now=NOW)
    return [one.code for one in found]


def test_every_state_has_a_title_in_both_languages() -> None:
    assert set(STATES) == set(State)
    assert all(title.en.isascii() and not title.zh.isascii() for title in STATES.values())


@pytest.mark.parametrize(("name", "state"), [(name, state) for name in LATER_STEPS for state in State])
def test_a_step_is_refused_from_every_state_but_its_own(name: str, state: State) -> None:
    found = LIFECYCLE.objections(channel(state), name, Facts(None), body=None, actor=PUBLIC, now=NOW)
    refused = [one.code for one in found if one.code == "wrong_state"]
    assert refused == ([] if state in LIFECYCLE.steps[name].sources else ["wrong_state"])
    if refused:
        assert STATES[state].en in found[0].message.en
        assert STATES[state].zh in found[0].message.zh


@pytest.mark.parametrize("name", LATER_STEPS)
def test_a_step_leads_to_its_state_and_to_no_other(name: str) -> None:
    step = LIFECYCLE.steps[name]
    for state in step.sources:
        row = channel(State(state))
        LIFECYCLE.advance(row, name, Facts(None), body=PublishIn.model_validate(WHOLE), actor=PUBLIC, now=NOW)
        assert row.state == step.target


def test_nothing_leads_out_of_retirement() -> None:
    assert not LIFECYCLE.open_steps(channel(State.RETIRED), Facts(None), actor=PUBLIC, now=NOW)


def test_a_refused_step_leaves_the_state() -> None:
    row = channel()
    with pytest.raises(Problem):
        LIFECYCLE.advance(row, "publish", Facts(None), body=PublishIn(), actor=PUBLIC, now=NOW)
    assert row.state == State.DRAFTED


def test_a_channel_begins_drafted() -> None:
    body = CreateChannelIn(code="hotline", kind="telephone", name="Hotline")
    assert LIFECYCLE.begin(FIRST, Facts(None), body=body, actor=PUBLIC, now=NOW) == State.DRAFTED


def test_the_built_in_channel_cannot_be_drawn_up() -> None:
    body = CreateChannelIn(code=OTHER, kind="other", name="Other")
    with pytest.raises(Problem) as refused:
        LIFECYCLE.begin(FIRST, Facts(None), body=body, actor=PUBLIC, now=NOW)
    assert [one.code for one in refused.value.objections] == ["built_in"]


def test_a_whole_promise_meets_no_objection() -> None:
    assert objections() == []


@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
@pytest.mark.parametrize("field", NEEDED)
def test_a_promise_without_one_part_is_refused_for_that_part_alone(field: str) -> None:
    body = PublishIn.model_validate({name: value for name, value in WHOLE.items() if name != field})
    found = LIFECYCLE.objections(channel(), "publish", Facts(None), body=body, actor=PUBLIC, now=NOW)
    assert [(one.code, one.clause) for one in found] == [NEEDED[field]]


def test_an_empty_promise_is_refused_for_all_parts_at_once() -> None:
    found = LIFECYCLE.objections(channel(), "publish", Facts(None), body=PublishIn(), actor=PUBLIC, now=NOW)
    assert [(one.code, one.clause) for one in found] == list(NEEDED.values())


def test_who_only_asks_is_told_all_parts_that_a_promise_needs() -> None:
    steps = {one.step: one for one in LIFECYCLE.open_steps(channel(), Facts(None), actor=PUBLIC, now=NOW)}
    lacks = [one.code for one in steps["publish"].lacks if one.code != "not_permitted"]
    assert lacks == [code for code, _ in NEEDED.values()]


@pytest.mark.parametrize(
    ("latest", "valid_from", "expected"),
    [
        (None, None, []),
        (None, NOW, []),
        (None, NOW + SECOND, []),
        (None, NOW - SECOND, ["backdated"]),
        (NOW - SECOND, None, []),
        (NOW - SECOND, NOW, []),
        (NOW, None, ["not_after_previous"]),
        (NOW + SECOND, None, ["not_after_previous"]),
        (NOW + SECOND, NOW + SECOND, ["not_after_previous"]),
        (NOW + SECOND, NOW + 2 * SECOND, []),
    ],
)
def test_a_promise_holds_from_now_on_and_after_the_one_before(
    latest: datetime | None, valid_from: datetime | None, expected: list[str]
) -> None:
    given = {} if valid_from is None else {"valid_from": valid_from.isoformat()}
    assert objections(latest, **given) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, ["review_not_after_start"]), (0, ["review_not_after_start"]), (1, [])]
)
def test_the_next_review_lies_after_the_start(days: int, expected: list[str]) -> None:
    start = NOW + timedelta(days=30)
    review = start.date() + timedelta(days=days)
    assert objections(valid_from=start.isoformat(), next_review_on=review) == expected


@pytest.mark.clause("8.2-9")
@pytest.mark.parametrize(("decide", "expected"), [(7, ["limits_not_in_order"]), (8, []), (9, [])])
def test_nothing_is_promised_to_be_decided_before_it_is_acknowledged(decide: int, expected: list[str]) -> None:
    assert objections(limits={"acknowledge": 8, "decide": decide}) == expected
