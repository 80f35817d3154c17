"""The checker finds each broken promise in histories made by hand, and nothing in one where all were kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.chaos.checker import ACKNOWLEDGED, RAISED, RECEIVED, Violation, check
from tests.chaos.clients import flaws
from tests.chaos.evidence import Entry, Evidence, Store
from tests.chaos.history import Call

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
Change = Callable[[list[Call], Evidence], tuple[list[Call], Evidence]]


def call(token: str, status: int | None = 201, *, at: float = 1.0, **more: Any) -> Call:
    """A call of the first client that took a tenth of a second."""
    given: dict[str, Any] = {
        "client": 0,
        "place": 1,
        "verb": "file",
        "key": f"key {token}",
        "body": "b" * 64,
        "answer": "a" * 64,
    }
    return Call(**(given | {"token": token, "begun": at, "ended": at + 0.1, "status": status} | more))


def entry(number: int, kind: str, subject: str, version: int, state: str) -> Entry:
    """A journal entry, `e1` for the first."""
    return Entry(f"e{number}", kind, subject, version, NOW, {"state": state})


def complaint(name: str, token: str, **more: Any) -> dict[str, Any]:
    """A received complaint without a concern."""
    row = {"id": name, "version": 1, "receipt_number": f"26-{name}", "state": "received", "category": token}
    return row | {"concerns": [], "acknowledged_at": None} | more


def clean() -> tuple[list[Call], Evidence]:
    """One complaint with a concern that was acknowledged, one that was tried twice, one refused, one never answered."""
    calls = [
        call("one", at=1, record_id="c1", version=1, receipt_number="26-c1", concerned=True),
        call("one", at=2, record_id="c1", version=1, receipt_number="26-c1", replay=True),
        call("told", 200, at=3, verb="acknowledge", record_id="c1", version=2),
        call("seen", 200, at=4, verb="read", record_id="c1", version=2),
        call("two", 503, at=5, problem="urn:surety:problem:unavailable"),
        call("two", at=6, record_id="c2", version=1, receipt_number="26-c2"),
        call("bad", 422, at=7, problem="urn:surety:problem:invalid"),
        call("gone", None, at=8, fault="ReadError()", answer=None),
    ]
    journal = (
        entry(1, RECEIVED, "c1", 1, "received"),
        entry(2, ACKNOWLEDGED, "c1", 2, "acknowledged"),
        entry(3, RECEIVED, "c2", 1, "received"),
    )
    raised = entry(4, RAISED, "s1", 1, "raised")
    acknowledged = {"version": 2, "state": "acknowledged", "acknowledged_at": NOW, "concerns": ["security"]}
    evidence = Evidence(
        now=NOW,
        stores={
            "complaints": Store(frozenset(), journal, stream=frozenset({"e1", "e2", "e3"})),
            "risk": Store(frozenset({RECEIVED}), (raised,), inbox=("e1", "e3"), stream=frozenset({"e4"})),
        },
        complaints=(complaint("c1", "one", **acknowledged), complaint("c2", "two")),
        contacts=({"complaint_id": "c1", "entry_id": "e2", "template": "told"},),
        signals=({"id": "s1", "version": 1, "state": "raised", "source_id": "c1"},),
    )
    return calls, evidence


def of(service: str, **changed: Any) -> Change:
    """The evidence with something else in the store of a service."""

    def change(calls: list[Call], evidence: Evidence) -> tuple[list[Call], Evidence]:
        store = replace(evidence.stores[service], **changed)
        return calls, replace(evidence, stores={**evidence.stores, service: store})

    return change


def rows(**changed: Any) -> Change:
    """The evidence with other rows."""
    return lambda calls, evidence: (calls, replace(evidence, **changed))


def other(place: int, **changed: Any) -> Change:
    """The history with another call in a place."""

    def change(calls: list[Call], evidence: Evidence) -> tuple[list[Call], Evidence]:
        return [replace(one, **changed) if at == place else one for at, one in enumerate(calls)], evidence

    return change


def more(*rows_more: dict[str, Any]) -> Change:
    """The evidence with more complaints, told by nothing."""
    return lambda calls, evidence: (calls, replace(evidence, complaints=(*evidence.complaints, *rows_more)))


def kinds(found: list[Violation]) -> set[str]:
    return {violation.kind for violation in found}


_, KEPT = clean()
JOURNAL = KEPT.stores["complaints"].journal
FIRST, SECOND = KEPT.complaints
SIGNAL = KEPT.signals[0]
LATER = {"version": 2, "state": "acknowledged", "acknowledged_at": NOW}

BROKEN: dict[str, tuple[str, Change]] = {
    "an ok that is not there": ("lost", rows(complaints=(FIRST,))),
    "an ok acknowledgement that is not there": ("lost", rows(contacts=())),
    "an ok that is there twice": ("doubled", more(complaint("c9", "one"))),
    "a key with an unknown try that is there twice": ("doubled", more(complaint("c9", "two"))),
    "an unknown that is there twice": ("doubled", more(complaint("c8", "gone"), complaint("c9", "gone"))),
    "a failed that is there": ("failed and yet there", more(complaint("c9", "bad"))),
    "a complaint that nobody filed": ("unasked", more(complaint("c9", "strange"))),
    "an answer that names another record": ("another answer", other(5, record_id="c7")),
    "an answer with another receipt": ("another answer", other(5, receipt_number="26-x")),
    "a repeated key with another answer": ("another answer", other(1, answer="x")),
    "a repeated key that is refused": ("another answer", other(1, status=409)),
    "a version that the journal does not have": ("journal", other(2, version=3)),
    "a call that hung": ("hung", other(7, ended=30.0)),
    "a key that is in use for ever": (
        "stuck",
        other(5, status=409, problem="urn:surety:problem:in_progress", begun=30.0, ended=30.1),
    ),
    "an answer that is no proper problem": ("improper problem", other(4, flaws=("the content type is ''",))),
    "a read of an old version": ("stale", other(3, version=1)),
    "a gap in the versions": ("versions", of("complaints", journal=(*JOURNAL[:2], replace(JOURNAL[2], version=2)))),
    "a version given twice": ("versions", of("complaints", journal=(*JOURNAL, replace(JOURNAL[0], id="e9")))),
    "a record at a version that its journal lacks": ("versions", rows(complaints=(FIRST, {**SECOND, "version": 2}))),
    "a state that the journal does not tell": ("journal", rows(complaints=(FIRST, {**SECOND, **LATER}))),
    "a journal of a record that is not there": (
        "journal",
        of("complaints", journal=(*JOURNAL, entry(9, RECEIVED, "c9", 1, "received"))),
    ),
    "an acknowledgement without its contact": ("journal", rows(contacts=({**KEPT.contacts[0], "entry_id": "e9"},))),
    "an outbox that is not empty": ("unpublished", of("complaints", waiting=1)),
    "an entry that the stream lacks": ("stream", of("complaints", stream=frozenset({"e1", "e2"}))),
    "an event that never happened": ("stream", of("complaints", stream=frozenset({"e1", "e2", "e3", "e9"}))),
    "an event that a consumer lacks": ("inbox", of("risk", inbox=("e1",))),
    "an event that a consumer has twice": ("inbox", of("risk", inbox=("e1", "e3", "e3"))),
    "an event that nobody told of": ("inbox", of("risk", inbox=("e1", "e3", "e9"))),
    "a delivery that was given up": ("dead letter", of("risk", dead_letters=("KeyError in raise_signal",))),
    "a concern without a signal": ("reaction", rows(signals=())),
    "a concern with two signals": ("reaction", rows(signals=(SIGNAL, {**SIGNAL, "id": "s2"}))),
    "a signal without a concern": ("reaction", rows(signals=(SIGNAL, {**SIGNAL, "id": "s2", "source_id": "c2"}))),
    "a signal that its journal does not tell": ("reaction", of("risk", journal=())),
    "a stack that did not come to rest": ("restless", rows(restless=("risk is not ready",))),
}


def test_where_all_was_kept_nothing_is_found() -> None:
    assert check(*clean()) == []


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_promise_is_found(broken: str) -> None:
    kind, change = BROKEN[broken]
    assert kind in kinds(check(*change(*clean())))


def test_an_unknown_may_be_there_once() -> None:
    calls, evidence = more(complaint("c9", "gone"))(*clean())
    journal = (*JOURNAL, entry(9, RECEIVED, "c9", 1, "received"))
    calls, evidence = of("complaints", journal=journal, stream=frozenset({"e1", "e2", "e3", "e9"}))(calls, evidence)
    assert check(*of("risk", inbox=("e1", "e3", "e9"))(calls, evidence)) == []


def test_an_entry_beyond_the_age_of_its_stream_need_not_be_there() -> None:
    old = tuple(replace(one, at=NOW - timedelta(days=8)) for one in JOURNAL)
    assert check(*of("complaints", journal=old, stream=frozenset())(*clean())) == []


def test_each_violation_tells_its_evidence() -> None:
    (found,) = check(*other(1, status=409, problem="urn:surety:problem:in_progress")(*clean()))
    assert "key key one" in found.evidence
    assert "409 urn:surety:problem:in_progress" in found.evidence


PROBLEM = {"type": "urn:surety:problem:busy", "title": "Busy", "status": 409, "trace_id": "0" * 32}


@pytest.mark.parametrize(
    ("flawed", "answer"),
    [
        ([], httpx.Response(409, json=PROBLEM, headers={"Content-Type": "application/problem+json"})),
        (["the content type is 'application/json'"], httpx.Response(409, json=PROBLEM)),
        (
            ["the status 409 was sent as 500"],
            httpx.Response(500, json=PROBLEM, headers={"Content-Type": "application/problem+json"}),
        ),
    ],
)
def test_a_problem_is_looked_at_closely(flawed: list[str], answer: httpx.Response) -> None:
    assert list(flaws(answer)) == flawed


def test_a_problem_shows_nothing_of_the_inside() -> None:
    document = PROBLEM | {"detail": 'relation "x": SELECT id FROM complaint'}
    answer = httpx.Response(409, json=document, headers={"Content-Type": "application/problem+json"})
    (flaw,) = flaws(answer)
    assert flaw.startswith("the inside shows")
