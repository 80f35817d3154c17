"""The demonstration reads cases rightly, finishes through passing troubles, and notices what is lost or doubled."""

import csv
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy import demo
from deploy.cases import Case, Figures, count, read_cases
from deploy.demo import EXCERPT, DemoError, Gateway, compare, file_all, filed, main, signals_of, table
from services.complaints.complaints.rules import PRIORITIES
from services.complaints.complaints.schemas import ReceiveIn

CASES = read_cases(EXCERPT)
FIGURES = count(EXCERPT)


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"type": f"urn:surety:problem:{code}"}, headers=headers)


class Provider:
    """What the gateway would answer; `trouble(request)` may answer or raise instead, before or after the effect."""

    def __init__(self) -> None:
        self.complaints: dict[str, dict[str, Any]] = {}
        self.signals: list[dict[str, Any]] = []
        self.before: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self.after: Callable[[httpx.Request], httpx.Response | None] = lambda request: None

    def answer(self, request: httpx.Request) -> httpx.Response:
        trouble = self.before(request)
        if trouble is not None:
            return trouble
        answer = self._file(request) if request.method == "POST" else self._list(request)
        return self.after(request) or answer

    def _file(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        number = body["external_reference"]["id"]
        assert request.headers["Idempotency-Key"]
        if number in self.complaints:
            return problem(409, "conflict")
        self.complaints[number] = body | {"id": str(uuid.uuid4())}
        if body["concerns"]:
            self.signals.append({"source_id": self.complaints[number]["id"]})
        return httpx.Response(201, json=self.complaints[number])

    def _list(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        items = list(self.complaints.values()) if request.url.path == "/v1/complaints" else self.signals
        begin, limit = int(params.get("cursor", 0)), int(params["limit"])
        more = str(begin + limit) if begin + limit < len(items) else None
        return httpx.Response(200, json={"items": items[begin : begin + limit], "next": more})


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def gateway(provider: Provider, pauses: list[float]) -> AsyncIterator[Gateway]:
    transport = httpx.MockTransport(provider.answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield Gateway(client)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the demonstration would have made."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("deploy.demo.sleep", sleep)
    return made


def times(number: int, trouble: Callable[[], httpx.Response]) -> Callable[[httpx.Request], httpx.Response | None]:
    """The same trouble so many times, then none."""
    left = iter(range(number))
    return lambda request: trouble() if next(left, None) is not None else None


def lost() -> httpx.Response:
    raise httpx.ReadTimeout("no answer")


def test_every_case_is_a_body_that_the_entry_point_takes() -> None:
    bodies = [ReceiveIn.model_validate(case.complaint) for case in CASES]
    assert len(bodies) == 200
    assert all(body.anonymous or any(party.reachable for party in body.parties) for body in bodies)
    assert [body.anonymous for body in bodies].count(True) == 1


def test_a_case_is_taken_from_its_last_row(tmp_path: Path) -> None:
    with EXCERPT.open(encoding="utf-8", newline="") as lines:
        first, second = list(csv.DictReader(lines))[:2]
    rows = [first | {"category": "Category 1", "priority": "1 - Critical"}, second, first]
    file = tmp_path / "log.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(first))
        writer.writeheader()
        writer.writerows(rows)
    assert read_cases(file) == CASES[:2]
    assert count(file).categories == Counter([first["category"], second["category"]])


def test_the_coded_fields_become_a_complaint() -> None:
    case = next(case for case in CASES if case.number == "INC0000045")
    assert case.complaint == {
        "channel": "other",
        "external_reference": {"system": "servicenow", "id": "INC0000045"},
        "received_at": "2016-02-29T01:16:00+00:00",
        "category": "category-55",
        "urgency": "medium",
        "impact": "medium",
        "priority": "moderate",
        "concerns": [],
        "language": "en",
        "words": "What failed: subcategory 170. How it showed: symptom 72.",
        "parties": [{"role": "complainant", "name": "Caller 2403", "address": "Location 143"}],
    }


def test_every_tenth_case_has_a_security_concern() -> None:
    assert [place for place, case in enumerate(CASES, 1) if case.complaint["concerns"]] == list(range(10, 201, 10))


def test_a_case_has_the_same_key_each_time_and_no_other_case_has_it() -> None:
    assert len({case.key for case in CASES}) == 200
    assert [case.key for case in read_cases(EXCERPT)] == [case.key for case in CASES]


def test_the_priorities_that_a_real_provider_gave_are_those_of_our_matrix() -> None:
    given = [(case.complaint["impact"], case.complaint["urgency"], case.complaint["priority"]) for case in CASES]
    assert len(set(given)) > 4
    assert [PRIORITIES[impact, urgency] for impact, urgency, _ in given] == [priority for _, _, priority in given]


async def test_all_cases_are_filed_once_and_a_second_run_adds_none(provider: Provider, gateway: Gateway) -> None:
    for _ in range(2):
        await file_all(gateway, CASES)
        assert provider.complaints.keys() == {case.number for case in CASES}
    complaints = await filed(gateway, CASES)
    rows = list(compare(FIGURES, complaints, await signals_of(gateway, complaints)))
    assert [row for row in rows if row.expected != row.found] == []
    assert {row.name: row.found for row in rows}["cases"] == 200


@pytest.mark.parametrize(
    "trouble",
    [
        lambda: problem(429, "too_many_requests", **{"Retry-After": "3"}),
        lambda: problem(500, "internal"),
        lambda: problem(502, "bad_gateway"),
        lambda: problem(503, "unavailable", **{"Retry-After": "3"}),
        lambda: problem(409, "in_progress", **{"Retry-After": "3"}),
        lambda: problem(409, "busy", **{"Retry-After": "3"}),
        lost,
    ],
    ids=["429", "500", "502", "503", "in-progress", "busy", "lost"],
)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_passing_trouble_before_or_after_the_effect_is_outlived(
    provider: Provider, gateway: Gateway, pauses: list[float], trouble: Callable[[], httpx.Response], when: str
) -> None:
    setattr(provider, when, times(30, trouble))
    await file_all(gateway, CASES)
    assert len(provider.complaints) == 200
    assert len(pauses) == 30
    try:
        told = trouble().headers.get("Retry-After")
    except httpx.ReadTimeout:
        told = None
    assert min(pauses) == (3.0 if told else demo.FIRST_PAUSE)


async def test_pauses_grow_up_to_a_bound(provider: Provider, gateway: Gateway, pauses: list[float]) -> None:
    provider.before = times(9, lost)
    await file_all(gateway, CASES[:1])
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    assert gateway.trouble == "ReadTimeout('no answer')"


@pytest.mark.parametrize(("status", "code"), [(401, "unauthenticated"), (403, "forbidden"), (422, "key_reused")])
async def test_a_refusal_that_will_not_pass_ends_it_and_names_the_case(
    provider: Provider, gateway: Gateway, status: int, code: str
) -> None:
    provider.before = lambda request: problem(status, code)
    with pytest.raises(DemoError, match=f"Case INC.* was refused: {status}"):
        await file_all(gateway, CASES)


def numbers(cases: list[Case], complaints: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [complaints[case.number] for case in cases]


def differing(complaints: list[dict[str, Any]], signals: Counter[str], figures: Figures = FIGURES) -> set[str]:
    return {row.name for row in compare(figures, complaints, signals) if row.expected != row.found}


async def test_what_is_lost_doubled_or_wrong_shows(provider: Provider, gateway: Gateway) -> None:
    await file_all(gateway, CASES)
    complaints = numbers(CASES, provider.complaints)
    signals = Counter(signal["source_id"] for signal in provider.signals)
    assert differing(complaints, signals) == set()
    assert {"cases", "complaints"} <= differing(complaints[1:], signals)
    assert "complaints" in differing([*complaints, complaints[0]], signals)
    assert "cases" in differing([*complaints[1:], complaints[1]], signals)
    strange = complaints[0] | {"category": "category-0"}
    assert "other categories" in differing([strange, *complaints[1:]], signals)
    graver = complaints[0] | {"priority": "critical"}
    assert "1 - Critical" in differing([graver, *complaints[1:]], signals)
    twice, quiet = complaints[9]["id"], complaints[19]["id"]
    assert differing(complaints, signals + Counter([twice])) == {"signals that they raised", "that raised exactly one"}
    assert differing(complaints, signals + Counter([twice]) - Counter([quiet])) == {"that raised exactly one"}
    assert differing(complaints, signals + Counter([complaints[0]["id"]])) == {"signals that they raised"}


async def test_other_complaints_of_the_provider_are_left_out(provider: Provider, gateway: Gateway) -> None:
    provider.complaints["none"] = {"id": "1", "external_reference": None}
    provider.complaints["else"] = {"id": "2", "external_reference": {"system": "jira", "id": CASES[0].number}}
    provider.complaints["kept"] = {"id": "3", "external_reference": {"system": "servicenow", "id": CASES[0].number}}
    assert [item["id"] for item in await filed(gateway, CASES)] == ["3"]


async def test_signals_that_come_late_are_waited_for(
    provider: Provider, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await file_all(gateway, CASES)
    late, provider.signals = provider.signals, []

    async def sleep(seconds: float) -> None:
        provider.signals.append(late.pop())

    monkeypatch.setattr("deploy.demo.sleep", sleep)
    assert (await signals_of(gateway, await filed(gateway, CASES))).total() == 20
    assert late == []


def test_a_figure_that_differs_is_marked_in_the_table() -> None:
    lines = table([demo.Row("cases", 3, 3), demo.Row("complaints", 3, 4)]).splitlines()
    assert [line.endswith("differs") for line in lines] == [False, False, True]


def test_without_a_running_stack_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SURETY_HOME", str(tmp_path))
    assert main([]) == 1
    assert "make run" in capsys.readouterr().err
    (tmp_path / "credentials.json").write_text(
        json.dumps({"gateway": "http://127.0.0.1:1", "keys": {"complaint_handler": "a", "reader": "b"}})
    )
    assert main([str(EXCERPT)]) == 1
    assert "http://127.0.0.1:1 does not answer" in capsys.readouterr().err
    assert main([str(tmp_path / "none.csv")]) == 1
    assert "none.csv" in capsys.readouterr().err
