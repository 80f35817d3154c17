"""Personal data of complaints: erased when their time is over, and shown masked to who need not know them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chassis.actors import SYSTEM
from chassis.ids import new_id
from chassis.jobs import Timers
from chassis.persons import jobs
from chassis.persons.jobs import retention_sweep
from services.complaints.app import PERSONS
from tests.make.complaints import Json, complaint, made, timeline
from tests.make.files import PDF, add
from tests.make.handling import BODIES, DAY, MONDAY, Desk, desk_of
from tests.make.house import House

SERVICE = "/v1/services/complaints"
YEAR = timedelta(days=367)
LONG_AGO = MONDAY - timedelta(weeks=156)
"""So that tokens of the present hold for the years that a test lets pass."""
WANG = {"name": "王芳", "telephone": "+86 138 0000 1234", "email": "wang.fang@customer.example", "address": "北京路1号"}


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant(), LONG_AGO) as desk:
        yield desk


async def sweep(desk: Desk) -> None:
    """Takes the daily sweep, twice as two workers would."""
    for _ in range(2):
        async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await retention_sweep(PERSONS)(work, desk.tenant.id, "sweeps")


async def keep_for_a_year(desk: Desk) -> None:
    rule = {"data_class": "complaint", "years": 1}
    made(await desk.by["administrator"].post(f"{SERVICE}/retention", json=rule))


async def erased(desk: Desk, *records: Json) -> list[bool]:
    """Whether the words of complaints can be read no more."""
    whole = [made(await desk.by["lead"].get(f"/v1/complaints/{one['id']}")) for one in records]
    return [one["words"] is None for one in whole]


@pytest.mark.feature("C33")
async def test_a_closed_complaint_keeps_its_persons_for_the_years_set_and_its_record_for_good(desk: Desk) -> None:
    closed, open_ = await desk.closed(), await desk.investigating()
    await keep_for_a_year(desk)
    desk.clock.forward(YEAR - 2 * DAY)
    await sweep(desk)
    assert await erased(desk, closed, open_) == [False, False]
    desk.clock.forward(2 * DAY)
    await sweep(desk)
    assert await erased(desk, closed, open_) == [True, False]
    entries = await timeline(desk.by["lead"], closed["id"])
    told = [(one["actor"], one["data"]["basis"]) for one in entries if one["type"].endswith(".person_erased.v1")]
    assert told == [("system", "retention")]
    dossier = made(await desk.by["lead"].get(f"/v1/complaints/{closed['id']}/dossier"))
    assert (dossier["frozen"]["matches"], dossier["frozen"]["frozen_sha256"]) == (True, closed["dossier_sha256"])
    assert (dossier["complaint"]["cause"], dossier["complaint"]["state"]) == (closed["cause"], "closed")


@pytest.mark.feature("C33")
async def test_each_person_of_a_complaint_is_erased_with_an_entry_of_its_own(desk: Desk) -> None:
    other = {"role": "representative", "name": "李雷", "email": "li.lei@customer.example"}
    record = await desk.assessed({"parties": [WANG, other]})
    record = await desk.step("lead", record, "withdraw", **BODIES["withdraw"])
    await keep_for_a_year(desk)
    desk.clock.forward(YEAR)
    await sweep(desk)
    last = (await timeline(desk.by["lead"], record["id"]))[-2:]
    assert [one["version"] for one in last] == [record["version"] + 1, record["version"] + 2]
    assert {one["data"]["person_id"] for one in last} == {party["id"] for party in record["parties"]}


@pytest.mark.feature("C33")
async def test_a_sweep_takes_so_many_at_a_time_and_goes_on_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST", 2)
    for _ in range(3):
        record = made(await desk.by["handler"].post("/v1/complaints", json=complaint()), 201)
        await desk.step("handler", record, "discard", **BODIES["discard"])
    await keep_for_a_year(desk)
    desk.clock.forward(YEAR)
    database = desk.house.database("complaints")
    async with database.work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        await retention_sweep(PERSONS)(work, desk.tenant.id, "sweeps")
    assert len(made(await desk.by["administrator"].get(f"{SERVICE}/erasures"))["items"]) == 2
    timers = Timers(database, {jobs.RETENTION: retention_sweep(PERSONS)})
    while await timers.fire_due():
        pass
    assert len(made(await desk.by["administrator"].get(f"{SERVICE}/erasures"))["items"]) == 3


@pytest.mark.feature("C33")
async def test_persons_of_a_merged_complaint_stay_until_the_one_it_was_merged_into_is_over(desk: Desk) -> None:
    first, second, target = await desk.assessed(), await desk.assessed(), await desk.investigating()
    await desk.step("lead", first, "merge", target_id=second["id"], words="The same outage.")
    await desk.step("lead", second, "merge", target_id=target["id"], words="The same outage.")
    await keep_for_a_year(desk)
    desk.clock.forward(2 * YEAR)
    await sweep(desk)
    assert await erased(desk, first, second, target) == [False, False, False]
    record = await desk.pending(await desk.decided(target))
    for party in (None, first["parties"][0]["id"], second["parties"][0]["id"]):
        record = await desk.reached(record, party_id=party)
    await desk.step("caller", record, "close")
    await sweep(desk)
    assert await erased(desk, first, second, target) == [False, False, False]
    desk.clock.forward(YEAR)
    await sweep(desk)
    assert await erased(desk, first, second, target) == [True, True, True]


@pytest.mark.feature("C33")
async def test_nobody_is_erased_while_an_authority_waits_for_our_reply(desk: Desk) -> None:
    record = await desk.closed()
    case = {"complaint_id": record["id"], "body": "12345", "reference": "W-1"}
    case = made(await desk.by["lead"].post("/v1/external-cases", json=case), 201)
    await keep_for_a_year(desk)
    desk.clock.forward(YEAR)
    await sweep(desk)
    assert await erased(desk, record) == [False]
    made(await desk.by["lead"].post(f"/v1/external-cases/{case['id']}/reply", json={"method": "letter"}))
    await sweep(desk)
    assert await erased(desk, record) == [True]


@pytest.mark.feature("C33")
@pytest.mark.parametrize("scope", [("reader",), ("evaluator", "complaints.complaint.read")])
async def test_who_need_not_know_persons_sees_masks_wherever_they_read(desk: Desk, scope: tuple[str, ...]) -> None:
    said = {"words": "Wang's words of intake", "title": "Wang's title"}
    received = {"parties": [WANG], **said}
    record = await desk.closed(received=received)
    await add(desk.by["handler"], record["id"], "bill-of-wang.pdf", PDF)
    where = f"/v1/complaints/{record['id']}"
    async with desk.house.client("complaints", desk.tenant, *scope) as client:
        shown = [await client.get(path) for path in ("/v1/complaints", where, f"{where}/timeline", f"{where}/dossier")]
        shown += [await client.get(f"{where}/{name}-form") for name in ("registration", "follow-up")]
        shown.append(await client.get(f"{where}/dossier", headers={"Accept": "text/html"}))
        assert made(shown[1])["masked"]
        refused = [await client.get(f"{where}/attachments"), await client.get(f"{SERVICE}/messages")]
        refused.append(await client.post("/v1/complaints/search", json={"text": "Wang"}))
    assert [answer.status_code for answer in (*shown, *refused)] == [200] * len(shown) + [403] * len(refused)
    plain = (await desk.by["lead"].get(f"{where}/dossier")).text
    secrets = (*WANG.values(), *said.values(), "bill-of-wang", "Our certificate had expired")
    assert [one for one in secrets if one not in plain] == [], "whoever may see persons sees them"
    assert [(one, answer.url.path) for answer in shown for one in secrets if one in answer.text] == []
