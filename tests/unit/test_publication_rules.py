"""What holds for the life of a place of publication, step by step, and by when somebody is to look at it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.actors import PUBLIC
from chassis.errors import Problem
from chassis.ids import new_id
from services.complaints.publications.models import Publication
from services.complaints.publications.rules import (
    EVERY,
    FIRST,
    ITEMS,
    LIFECYCLE,
    PROOF_AGE,
    STATES,
    Facts,
    Listing,
    Proof,
    State,
    looked_at_within,
)
from services.complaints.publications.schemas import CheckPublicationIn, CreatePublicationIn, RemovePublicationIn
from tests.make.publications import found, place

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FRESH = Facts(1, Proof(NOW, used=False))
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@dataclass
class Row:
    """A place as far as its rules look at it."""

    state: str = State.LISTED
    listed_at: datetime = field(default=NOW - timedelta(days=30))


def publication(state: State = State.LISTED) -> Publication:
    return cast(Publication, Row(state))


def a_check(**changes: Any) -> CheckPublicationIn:
    return CheckPublicationIn.model_validate({"found": found(), "proof": new_id()} | changes)


def objections(facts: Facts = FRESH, **changes: Any) -> list[tuple[str, str | None]]:
    """What stands against a look at a place that found all as published, with some changes."""
    found_ = LIFECYCLE.objections(publication(), "check", facts, body=a_check(**changes), actor=PUBLIC, now=NOW)
    return [(one.code, one.clause) for one in found_]


def removing(**changes: Any) -> list[str]:
    body = RemovePublicationIn.model_validate({"cause": "moved"} | changes)
    return [one.code for one in LIFECYCLE.objections(publication(), "remove", FRESH, body=body, actor=PUBLIC, now=NOW)]


def listing(facts: Listing, **changes: Any) -> list[str]:
    body = CreatePublicationIn.model_validate(place() | changes)
    try:
        assert LIFECYCLE.begin("create", facts, body=body, actor=PUBLIC, now=NOW) == State.LISTED
    except Problem as refused:
        return [one.code for one in refused.objections]
    return []


def test_every_state_has_a_title_in_both_languages() -> None:
    assert set(STATES) == set(State)
    assert all(title.en.isascii() and not title.zh.isascii() for title in STATES.values())


def test_nothing_leads_on_from_a_place_that_was_removed() -> None:
    assert LIFECYCLE.open_steps(publication(State.REMOVED), FRESH, actor=PUBLIC, now=NOW) == []
    for step in ("check", "remove"):
        refused = LIFECYCLE.objections(publication(State.REMOVED), step, FRESH, body=None, actor=PUBLIC, now=NOW)
        assert [one.code for one in refused] == ["wrong_state"]


def test_a_place_of_a_channel_in_use_is_listed_and_of_a_retired_one_is_not() -> None:
    assert listing(Listing(retired=False)) == []
    assert listing(Listing(retired=True), listed_at=(NOW + SECOND).isoformat()) == ["channel_retired", "in_future"]
    assert listing(Listing(retired=False), listed_at=NOW.isoformat()) == []


def test_a_look_with_everything_meets_no_objection() -> None:
    assert objections() == []


@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
@pytest.mark.parametrize("item", ITEMS)
def test_a_look_that_says_nothing_of_one_item_is_refused_for_that_item_alone(item: str) -> None:
    said = {name: value for name, value in found().items() if name != item}
    assert objections(found=said) == [(f"{item}_not_looked_at", ITEMS[item][0])]  # type: ignore[index]


@pytest.mark.parametrize("finding", ["missing", "differs"])
def test_what_was_found_wrong_is_no_objection(finding: str) -> None:
    assert objections(found=dict.fromkeys(ITEMS, finding)) == []


def test_who_only_asks_is_told_of_the_items_and_of_the_proof() -> None:
    (check, remove) = LIFECYCLE.open_steps(publication(), Facts(1), actor=PUBLIC, now=NOW)
    assert [one.code for one in check.lacks] == ["not_permitted", *(f"{item}_not_looked_at" for item in ITEMS),
                                                 "proof_missing"]  # fmt: skip
    assert [one.code for one in remove.lacks] == ["not_permitted"]


@pytest.mark.parametrize(
    ("at", "refused"),
    [
        (NOW + SECOND, ["in_future"]),
        (NOW, []),
        (NOW - timedelta(days=30), []),
        (NOW - timedelta(days=30) - SECOND, ["before_listing"]),
    ],
)
def test_a_look_and_a_removal_lie_between_listing_and_now(at: datetime, refused: list[str]) -> None:
    assert [code for code, _ in objections(at=at.isoformat())] == refused
    assert removing(at=at.isoformat()) == refused


def test_a_look_needs_a_version_that_held() -> None:
    assert objections(Facts(None, FRESH.proof)) == [("nothing_held", "8.2")]


@pytest.mark.parametrize(
    ("proof", "refused"),
    [
        (None, ["proof_unknown"]),
        (Proof(NOW, used=True), ["proof_used"]),
        (Proof(NOW - PROOF_AGE - SECOND, used=False), ["proof_old"]),
        (Proof(NOW - PROOF_AGE, used=False), []),
    ],
)
def test_a_proof_is_a_file_of_the_place_that_is_fresh_and_proves_nothing_else(
    proof: Proof | None, refused: list[str]
) -> None:
    assert [code for code, _ in objections(Facts(1, proof))] == refused
    assert [code for code, _ in objections(Facts(1, proof), proof=None)] == ["proof_missing"]


def test_an_old_proof_is_fresh_for_a_look_of_then() -> None:
    then = NOW - timedelta(days=20)
    assert objections(Facts(1, Proof(then, used=False)), at=then.isoformat()) == []


@given(instants, instants)
def test_what_is_new_is_to_be_looked_at_within_ten_days_of_the_later_of_place_and_version(
    listed_at: datetime, valid_from: datetime
) -> None:
    begins_at, due_at = looked_at_within(listed_at, valid_from, None)
    assert begins_at in {listed_at, valid_from}
    assert begins_at >= listed_at
    assert begins_at >= valid_from
    assert due_at - begins_at == FIRST


@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
@given(instants, instants, instants, instants)
def test_a_later_good_look_is_never_due_again_sooner(
    listed_at: datetime, valid_from: datetime, one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))
    assert looked_at_within(listed_at, valid_from, earlier)[1] <= looked_at_within(listed_at, valid_from, later)[1]
    assert looked_at_within(listed_at, valid_from, later) == (later, later + EVERY)
