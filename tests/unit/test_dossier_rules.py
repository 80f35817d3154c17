"""What a dossier lacks, by the way in which the complaint ended; and the hash of its record."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.complaints.complaints.rules import OPEN, Noted, State
from services.complaints.dossiers.rules import ENDINGS, Kept, hash_of, missing, record_of

AT = datetime(2026, 6, 1, 2, tzinfo=UTC)
HANDLING = ("assess", "assign", "start", "propose", "approve", "plan_follow_up")


def noted(step: str, round: int = 1, **data: Any) -> Noted:  # noqa: A002 - what it is called on the record
    return Noted(step, AT, "person:a", round, data)


def tried(outcome: str, round: int = 1) -> Noted:  # noqa: A002 - what it is called on the record
    return noted("record_follow_up", round, outcome=outcome)


def closed(way: str, *records: Noted, round: int = 1, handled: tuple[str, ...] = HANDLING) -> Kept:  # noqa: A002 - as above
    whole = [*(noted(step) for step in handled), *records]
    return Kept("closed", way, acknowledged=True, round=round, frozen=True, records=whole)


def codes(kept: Kept) -> list[str]:
    return [one.code for one in missing(kept)]


WHOLE = {
    "satisfied": closed("satisfied", tried("reached")),
    "reached": closed("reached", tried("no_answer"), tried("reached")),
    "refused_to_talk": closed("refused_to_talk", tried("refused_to_talk"), noted("notify_follow_up")),
    "unreachable": closed("unreachable", *(tried("no_answer") for _ in range(3)), noted("notify_follow_up")),
    "mailbox": closed("mailbox", noted("notify_follow_up")),
    "all erased": closed("unreachable", noted("close", ways=[])),
    "waived": closed("waived", noted("waive")),
    "final_position": closed("final_position", tried("reached", 2), noted("final_position", 2), round=2),
}


@pytest.mark.clause("8.2-11")
@pytest.mark.parametrize("way", WHOLE)
def test_a_whole_dossier_lacks_nothing(way: str) -> None:
    assert codes(WHOLE[way]) == []


@pytest.mark.clause("8.2-11")
@pytest.mark.parametrize(
    ("way", "lacks"),
    [
        ("satisfied", ["follow_up_not_recorded"]),
        ("reached", ["follow_up_not_recorded"]),
        ("refused_to_talk", ["follow_up_not_recorded", "notify_follow_up_not_recorded"]),
        ("unreachable", ["attempts_not_recorded", "notify_follow_up_not_recorded"]),
        ("waived", ["waive_not_recorded"]),
        ("final_position", ["renewed_investigation_not_recorded", "final_position_not_recorded"]),
    ],
)
def test_each_way_of_closing_has_records_of_its_own(way: str, lacks: list[str]) -> None:
    assert codes(closed(way)) == lacks


@pytest.mark.clause("8.2-11")
def test_all_that_lacks_of_the_handling_is_named_at_once() -> None:
    empty = replace(closed("satisfied", handled=()), acknowledged=False, frozen=False)
    steps = [f"{step}_not_recorded" for step in HANDLING]
    assert codes(empty) == [
        "acknowledgement_not_recorded", *steps, "dossier_not_frozen", "follow_up_not_recorded",
    ]  # fmt: skip


def test_what_was_resolved_at_once_needs_no_investigation_unless_it_was_opened_again() -> None:
    at_once = closed("satisfied", noted("resolve_at_once"), tried("reached"), handled=("plan_follow_up",))
    assert codes(at_once) == []
    assert codes(replace(at_once, closing_way="mailbox")) == []
    again = replace(at_once, round=2, records=[*at_once.records, tried("reached", 2)])
    assert codes(again) == ["propose_not_recorded", "approve_not_recorded"]


def test_the_follow_up_of_an_earlier_round_does_not_count() -> None:
    assert codes(closed("reached", tried("reached", 1), round=2)) == ["follow_up_not_recorded"]


@pytest.mark.parametrize("state", ENDINGS)
def test_other_ends_need_the_record_of_their_step(state: State) -> None:
    bare = Kept(state, None, acknowledged=False, round=1, frozen=False, records=[])
    assert codes(bare) == [f"{ENDINGS[state]}_not_recorded"]
    assert codes(replace(bare, records=[noted(ENDINGS[state])])) == []


@pytest.mark.parametrize("state", sorted([*OPEN, State.ARCHIVED]))
def test_of_an_open_or_archived_complaint_nothing_is_missing(state: State) -> None:
    assert codes(Kept(state, None, acknowledged=False, round=1, frozen=False, records=[])) == []


STATES = st.dictionaries(st.text(min_size=1, max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=5)


@given(STATES, STATES)
def test_the_hash_is_of_the_content_and_not_of_its_order(state: dict[str, Any], other: dict[str, Any]) -> None:
    record = record_of(state, {"entries": [other]})
    turned = {name: record[name] for name in reversed(record)}
    assert hash_of(record) == hash_of(turned)
    assert (hash_of(record) == hash_of(record_of(other, {"entries": [state]}))) == (state == other)


def test_the_hash_is_no_part_of_itself() -> None:
    bare = record_of({"state": "closed"}, {})
    assert hash_of(record_of({"state": "closed", "dossier_sha256": "f" * 64}, {})) == hash_of(bare)
