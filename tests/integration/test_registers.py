"""Yearly registers: a year is closed once it is over, its complaints are numbered by the clock, late ones come last."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.actors import SYSTEM
from chassis.canonical import canonical
from chassis.ids import new_id
from services.complaints.app import SERVICE
from services.complaints.forms import queries as forms
from services.complaints.registers import actions
from services.complaints.registers.rules import FIRST_HASH, chained
from tests.make.complaints import Json, acknowledge, made, moment, objected, open_channel, receive
from tests.make.handling import DAY, HOUR, Desk, desk_of
from tests.make.house import House
from tests.make.yearly import DECEMBER, NEW_YEAR, close_year, settle


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant(), DECEMBER) as desk:
        yield desk


async def rows_of(desk: Desk, register: Json) -> list[Json]:
    """All rows of a register."""
    found: list[Json] = made(await desk.by["lead"].get(f"/v1/registers/{register['id']}/rows"))["items"]
    return found


async def sweep(desk: Desk, register: Json) -> None:
    """Looks for late entries, as the worker does once a day."""
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        await SERVICE.daily["late_register_entries"](work, work.provider_id, "sweeps")
    await settle(desk, register)


def rehashed(rows: list[Json]) -> list[str]:
    """The hashes of rows, reckoned from what they show."""
    found, before = [], FIRST_HASH
    for row in rows:
        plain: dict[str, Any] = {name: value for name, value in row.items() if name != "sha256"}
        instants = {name: moment(value) for name, value in plain.items() if name.endswith("_at") and value}
        before = chained(before, plain | instants)
        found.append(before)
    return found


@pytest.mark.feature("C34")
@pytest.mark.clause("8.2-3")
async def test_a_closed_year_numbers_every_complaint_in_the_order_of_receipt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)  # so that numbering takes more than one transaction
    client = desk.by["handler"]
    times = [DECEMBER - timedelta(days=days) for days in (3, 9, 1)]
    received = [await receive(client, received_at=at.isoformat()) for at in times]
    await acknowledge(client, received[2]["id"])
    await desk.step("lead", received[1], "discard", reason="test", words="Nothing of it is true.")
    desk.clock.now = NEW_YEAR
    of_next_year = await receive(client)
    register = await close_year(desk)
    assert (register["state"], register["complaints"], register["supplements"]) == ("closed", 3, 0)
    assert register["signed_by"] == f"person:{desk.account('lead')}"
    rows = await rows_of(desk, register)
    assert [row["name"] for row in rows] == ["TS-2025-0001", "TS-2025-0002", "TS-2025-0003"]
    in_order = [received[1], received[0], received[2]]
    assert [row["complaint_id"] for row in rows] == [one["id"] for one in in_order]
    assert [row["state"] for row in rows] == ["discarded", "received", "acknowledged"]
    assert of_next_year["id"] not in {row["complaint_id"] for row in rows}
    assert [row["sha256"] for row in rows] == rehashed(rows)
    assert register["sha256"] == register["last_sha256"] == rows[-1]["sha256"]


@pytest.mark.clause("8.2-3")
async def test_a_row_stays_as_it_was_and_late_entries_get_the_next_free_numbers(desk: Desk) -> None:
    record = await desk.closed()
    desk.clock.now = NEW_YEAR + DAY
    register = await close_year(desk)
    (row,) = await rows_of(desk, register)
    assert (row["state"], row["satisfaction"], row["cause"]) == ("closed", "satisfied", "expired_certificate")
    desk.clock.forward(DAY)
    late = await receive(desk.by["handler"], received_at=(DECEMBER - DAY).isoformat())
    reopening = {"handler_id": desk.account("head"), "reason": "new_evidence", "words": "A log turned up."}
    await desk.step("head", record, "reopen", **reopening)
    await sweep(desk, register)
    await sweep(desk, register)
    first, second = await rows_of(desk, register)
    assert first == row
    assert (second["name"], second["complaint_id"], second["supplement"]) == ("TS-2025-0002", late["id"], True)
    after = made(await desk.by["lead"].get(f"/v1/registers/{register['id']}"))
    assert (after["complaints"], after["supplements"]) == (1, 1)
    assert (after["sha256"], after["last_sha256"]) == (first["sha256"], second["sha256"])


@pytest.mark.feature("C34")
async def test_a_register_is_a_sheet_to_print_sign_and_seal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "PART", 2)
    for _ in range(3):
        await receive(desk.by["handler"])
    desk.clock.now = NEW_YEAR
    register = await close_year(desk)
    await receive(desk.by["handler"], received_at=DECEMBER.isoformat())
    desk.clock.forward(HOUR)
    await sweep(desk, register)
    path, chinese = f"/v1/registers/{register['id']}/form", {"Accept-Language": "zh-CN"}
    pages = [await desk.by["lead"].get(path, params={"part": part}, headers=chinese) for part in (1, 2)]
    assert "0011 · 投诉主管" in pages[0].text, "who signed is told by number and post"
    assert desk.account("lead") not in pages[0].text
    for told in ("年度投诉台账", "签字", "盖章", register["sha256"], "TS-2025-0001", "TS-2025-0002"):
        assert told in pages[0].text
    assert "补录：封账后登记的投诉" not in pages[0].text
    for told in ("补录：封账后登记的投诉", "TS-2025-0003", "TS-2025-0004"):
        assert told in pages[1].text
    assert "TS-2025-0002" not in pages[1].text
    asked = await desk.by["lead"].get(f"/v1/registers/{register['id']}/rows", headers={"Accept": "text/csv"})
    assert [line.split(",")[1] for line in asked.text.splitlines()[1:]] == [f"TS-2025-000{one}" for one in range(1, 5)]


@pytest.mark.clause("8.2-3")
async def test_late_entries_are_looked_for_since_the_last_look_and_a_little_before_it(desk: Desk) -> None:
    await receive(desk.by["handler"])
    desk.clock.now = NEW_YEAR
    register = await close_year(desk)
    desk.clock.forward(DAY)
    await sweep(desk, register)
    assert len(await rows_of(desk, register)) == 1
    desk.clock.forward(-timedelta(seconds=4))  # it began before the look, and was there only after it
    under_way = await receive(desk.by["handler"], received_at=DECEMBER.isoformat())
    desk.clock.forward(DAY)
    afterwards = await receive(desk.by["handler"], received_at=DECEMBER.isoformat())
    await receive(desk.by["handler"])  # of the new year
    await sweep(desk, register)
    found = [row["complaint_id"] for row in await rows_of(desk, register) if row["supplement"]]
    assert sorted(found) == sorted([under_way["id"], afterwards["id"]])
    for _ in range(2):
        desk.clock.forward(DAY)
        await sweep(desk, register)
    assert len(await rows_of(desk, register)) == 3, "what has a number gets no other one"


async def test_the_register_tells_whether_the_promise_was_kept(desk: Desk) -> None:
    client = desk.by["lead"]
    await open_channel(client)
    desk.clock.forward(HOUR)
    kept = await desk.assessed({"channel": "hotline"})
    await desk.step("lead", kept, "withdraw", method="telephone", words="It works again.")
    open_yet, _ = await receive(client, channel="hotline"), await receive(client)
    desk.clock.now = NEW_YEAR + 30 * DAY
    rows = await rows_of(desk, await close_year(desk))
    assert [row["on_time"] for row in rows] == [True, False, None]
    assert rows[1]["complaint_id"] == open_yet["id"]


@pytest.mark.clause("8.2-3")
async def test_a_year_is_closed_once_it_is_over_once_and_by_a_person(desk: Desk) -> None:
    lead, body = desk.by["lead"], {"year": 2025}
    desk.clock.now = NEW_YEAR - timedelta(seconds=1)
    assert objected(await lead.post("/v1/registers", json=body)) == ["year_not_over"]
    machine = desk.house.client("complaints", desk.tenant, "complaints.register.close")
    async with machine:
        refused = objected(await machine.post("/v1/registers", json=body))
    assert refused == ["year_not_over", "signer_is_no_person"]
    desk.clock.now = NEW_YEAR
    await close_year(desk)
    assert objected(await lead.post("/v1/registers", json=body)) == ["closed_before"]


def test_canonical_json_has_one_spelling() -> None:
    assert canonical({"b": "投诉", "a": DECEMBER}) == '{"a":"2025-12-29T02:00:00+00:00","b":"投诉"}'
