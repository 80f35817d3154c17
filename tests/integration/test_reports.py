"""Reports and conformance: counts that follow complaints as they change, checked against what they are counts of."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.ids import new_id
from chassis.jobs import Timers
from chassis.sealing import Vault
from services.complaints.app import SERVICE as COMPLAINTS
from services.complaints.conformance import rules
from services.complaints.documents.models import SystemReading, SystemVersion
from services.complaints.figures.actions import BEGINNING, progress_of
from services.complaints.reviews.models import Review
from services.complaints.staff.models import AppointmentCopy
from tests.make.complaints import Json, SetClock, faulted, made, receive
from tests.make.figures import SERVICE, count_all, counted, faults, measured_desk, on_channel, report
from tests.make.handling import DAY, PROPOSAL, Desk
from tests.make.house import House
from tests.make.imports import case, complaints_of, csv_of, mapping, start

CONFORMANCE = f"{SERVICE}/conformance"


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with measured_desk(quiet_house) as desk:
        yield desk


async def requirements(desk: Desk, **params: str) -> dict[str, Json]:
    """The requirements of the clause by their ids."""
    found = made(await desk.by["lead"].get(CONFORMANCE, params=params))
    return {one["id"]: one for one in found["requirements"]}


def findings(requirement: Json) -> dict[str, Json]:
    """The findings of a requirement by their codes."""
    return {one["code"]: one for one in requirement["findings"]}


async def test_volume_and_causes_follow_complaints_as_they_change(desk: Desk) -> None:
    first = await on_channel(desk)
    await counted(desk)
    assert (await report(desk.by["lead"], "volume"))["total"] == {
        "key": None, "received": 1, "imported": 0, "decided": 0,
    }  # fmt: skip
    await desk.decided(first)
    await desk.decided(service="mail")
    other = PROPOSAL | {"cause": "change_without_test"}
    await desk.decided(await on_channel(desk), other)
    desk.clock.forward(DAY)
    await desk.decided()
    await counted(desk)
    client = desk.by["lead"]
    volume = await report(client, "volume", by="day")
    assert [(row["key"], row["received"], row["decided"]) for row in volume["rows"]] == [
        ("2026-06-01", 3, 3),
        ("2026-06-02", 1, 1),
    ]
    causes = await report(client, "causes")
    assert [(row["cause"], row["decided"], row["share"], row["cumulative"]) for row in causes["rows"]] == [
        ("expired_certificate", 3, 0.75, 0.75),
        ("change_without_test", 1, 0.25, 1.0),
    ]
    assert (causes["decided"], causes["repeated"], causes["others"]) == (4, 1, 0)
    by_service = await report(client, "causes", by="service_and_cause")
    assert [(row["service"], row["cause"], row["decided"], row["repeated"]) for row in by_service["rows"]] == [
        ("portal", "expired_certificate", 2, 1),
        ("mail", "expired_certificate", 1, 0),
        ("portal", "change_without_test", 1, 0),
    ]
    by_channel = await report(client, "volume", by="channel")
    assert [(row["key"], row["received"]) for row in by_channel["rows"]] == [("hotline", 2), ("other", 2)]
    assert (await report(client, "volume", channel="hotline"))["total"]["received"] == 2
    assert await faults(desk.house.database("complaints"), desk.tenant) == 0


async def test_on_time_is_reported_as_promised_and_as_agreed_by_any_period(desk: Desk) -> None:
    await desk.decided(await on_channel(desk))
    late = await on_channel(desk)
    desk.clock.forward(3 * DAY)
    await desk.step("handler", late, "propose", **PROPOSAL)
    await desk.step("lead", late, "approve", method="telephone", lateness_reason="Much to do.")
    await counted(desk)
    for by, key in (("day", "2026-06-03"), ("week", "2026-06-01"), ("quarter", "2026-04-01"), ("year", "2026-01-01")):
        (row,) = (await report(desk.by["lead"], "on-time", by=by))["rows"]
        assert (row["key"], row["promised"], row["promised_met"], row["promised_rate"]) == (key, 2, 1, 50.0)
        assert (row["agreed"], row["agreed_met"]) == (2, 1)
        assert row["promised_interval"]["low"] < 50 < row["promised_interval"]["high"]
    nothing = await report(desk.by["lead"], "on-time", from_="2026-06-04", to="2026-06-04")
    assert (nothing["rows"], nothing["total"]["promised_rate"]) == ([], None)


async def test_a_customers_figures_are_those_of_its_complaints(desk: Desk) -> None:
    customers = [str(new_id()), str(new_id())]
    for customer in (customers[0], customers[0], customers[1]):
        await desk.decided(await on_channel(desk, customer_id=customer))
    await on_channel(desk)
    await counted(desk)
    client = desk.by["lead"]
    by_customer = await report(client, "volume", by="customer")
    assert [(row["key"], row["received"]) for row in by_customer["rows"]] == [
        (customers[0], 2),
        (customers[1], 1),
        (None, 1),
    ]
    assert (by_customer["first"], by_customer["last"]) == ("2025-06-01", "2026-06-30")
    one = await report(client, "volume", customer_id=customers[0], channel="hotline", by="day")
    assert [(row["key"], row["received"], row["decided"]) for row in one["rows"]] == [("2026-06-01", 2, 2)]
    assert (await report(client, "causes", customer_id=customers[1]))["decided"] == 1
    assert (await report(client, "ages"))["open"] == 1 + 3  # what is decided waits for its follow-up
    refused = await client.get(f"{SERVICE}/reports/volume", params={"by": "customer", "channel": "hotline"})
    assert [code for _, code in faulted(refused)] == ["not_by_channel"]


async def test_ages_are_in_bands_of_working_days(desk: Desk) -> None:
    await on_channel(desk)
    desk.clock.forward(14 * DAY)
    await on_channel(desk)
    await counted(desk)
    ages = await report(desk.by["lead"], "ages")
    assert [(row["from_days"], row["open"]) for row in ages["rows"] if row["open"]] == [(0, 1), (6, 1)]
    assert (ages["open"], ages["median"], ages["oldest_received_on"], ages["past_due"]) == (2, 4.5, "2026-06-01", 1)


async def test_counting_again_changes_nothing_and_a_wrong_count_is_found_and_put_right(desk: Desk) -> None:
    await desk.closed()
    await counted(desk)
    await counted(desk)
    database = desk.house.database("complaints")
    assert await faults(database, desk.tenant) == 0
    async with database.work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        changed = "UPDATE figure_count SET number = number + 1 WHERE provider_id = $1 AND measure = 'received'"
        await work.driver.execute(changed, desk.tenant.id)
    assert await faults(database, desk.tenant) == 2
    assert (await report(desk.by["lead"], "volume"))["faults"] == 2
    assert await faults(database, desk.tenant) == 0
    assert (await report(desk.by["lead"], "volume"))["total"]["received"] == 1


async def test_a_complaint_that_was_not_counted_is_found_and_counted(desk: Desk) -> None:
    await desk.closed()
    await counted(desk)
    database = desk.house.database("complaints")
    async with database.work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        await work.driver.execute("DELETE FROM complaint_figure WHERE provider_id = $1", desk.tenant.id)
        await work.driver.execute("DELETE FROM figure_count WHERE provider_id = $1", desk.tenant.id)
    assert await faults(database, desk.tenant) == 1
    await count_all(database, desk.tenant)
    assert await faults(database, desk.tenant) == 0
    assert (await report(desk.by["lead"], "volume"))["total"]["decided"] == 1


async def test_whoever_changes_complaints_is_counted_soon_by_any_worker(quiet_house: House) -> None:
    tenant = await quiet_house.new_tenant()
    async with quiet_house.client("complaints", tenant, "complaint_lead") as client:
        await receive(client)
        settings = quiet_house.settings("complaints")
        clock = SetClock(quiet_house.database("complaints").clock() + timedelta(minutes=2))
        database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()), clock=clock)
        working = asyncio.create_task(Timers(database, {}, soon=COMPLAINTS.soon).run())
        async with asyncio.timeout(60):
            while (found := await report(client, "volume"))["as_of"] is None:
                clock.forward(timedelta(seconds=1))
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await database.close()
        assert found["total"]["received"] == 1


@pytest.mark.clause("8.2-1", "8.2-2", "8.2-3")
async def test_nothing_is_met_without_a_case(quiet_house: House) -> None:
    async with quiet_house.client("complaints", await quiet_house.new_tenant(), "reader") as reader:
        found = made(await reader.get(CONFORMANCE))
    verdicts = {one["id"]: one["verdict"] for one in found["requirements"]}
    assert list(verdicts) == [f"8.2-{number}" for number in range(1, 12)]
    lacking = {"8.2-1", "8.2-2", "8.2-4", "8.2-6", "8.2-7", "8.2-8", "8.2-9"}  # neither written nor published
    assert {one for one, verdict in verdicts.items() if verdict == "not_met"} == lacking
    assert {verdict for one, verdict in verdicts.items() if one not in lacking} == {"not_enough_data"}


@pytest.mark.clause("8.2-10")
async def test_in_time_is_met_at_the_target_of_the_desk_and_names_what_was_late(desk: Desk) -> None:
    await desk.decided(await on_channel(desk))
    late = await on_channel(desk)
    desk.clock.forward(3 * DAY)
    await counted(desk)
    one = (await requirements(desk))["8.2-10"]
    rate = findings(one)["on_time_rate"]
    assert (one["verdict"], rate["verdict"], rate["records"], rate["number"]) == ("not_met", "not_met", [late["id"]], 1)
    assert rate["figures"] == {"met": 1, "due": 2, "target": 95, "percent": 50.0}
    made(await desk.by["administrator"].post("/v1/policies", json={"on_time_target": 50}), 201)
    one = (await requirements(desk))["8.2-10"]
    assert (one["verdict"], findings(one)["overdue_listed"]["records"]) == ("met", [late["id"]])
    assert (await requirements(desk, on="2026-06-02"))["8.2-10"]["verdict"] == "not_enough_data"


@pytest.mark.clause("8.2-4")
async def test_follow_ups_must_be_at_target_and_none_more_than_ten_working_days_late(desk: Desk) -> None:
    await desk.reached(await desk.pending(await desk.decided(await on_channel(desk))))
    waiting = await desk.pending(await desk.decided(await on_channel(desk)))
    desk.clock.forward(7 * DAY)
    await counted(desk)
    made(await desk.by["administrator"].post("/v1/policies", json={"follow_up_target": 50}), 201)
    found = findings((await requirements(desk))["8.2-4"])
    assert (found["follow_up_rate"]["verdict"], found["follow_ups_not_too_late"]["verdict"]) == ("met", "met")
    assert found["document_in_force"]["verdict"] == "not_met"
    desk.clock.forward(14 * DAY)
    await counted(desk)
    one = (await requirements(desk))["8.2-4"]
    late = findings(one)["follow_ups_not_too_late"]
    assert (one["verdict"], late["verdict"], late["records"]) == ("not_met", "not_met", [waiting["id"]])


@pytest.mark.clause("8.2-4", "8.2-10")
async def test_conformance_names_so_many_records_counts_all_and_says_where_all_are_listed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "SHOWN", 1)
    await desk.reached(await desk.pending(await desk.decided(await on_channel(desk))))
    waiting = [await desk.pending(await desk.decided(await on_channel(desk))) for _ in range(2)]
    late = [await on_channel(desk) for _ in range(2)]
    desk.clock.forward(21 * DAY)
    await counted(desk)
    found = await requirements(desk)
    for one, missed in (
        (findings(found["8.2-4"])["follow_ups_not_too_late"], waiting),
        (findings(found["8.2-4"])["follow_up_rate"], waiting),
        (findings(found["8.2-10"])["on_time_rate"], late),
        (findings(found["8.2-10"])["overdue_listed"], late),
    ):
        assert (len(one["records"]), one["number"]) == (1, 2), one["code"]
        listed = made(await desk.by["lead"].get(one["drill_down"]))["items"]
        assert {case["complaint_id"] for case in listed} == {record["id"] for record in missed}, one["code"]
    assert findings(found["8.2-11"])["dossiers_complete"]["drill_down"] is None


@pytest.mark.clause("8.2-5")
async def test_somebody_must_be_appointed_on_every_working_day_since_the_desk_opened(desk: Desk) -> None:
    desk.clock.forward(3 * DAY)
    await appoint(desk, date(2026, 6, 2), None)
    one = findings((await requirements(desk))["8.2-5"])["dedicated_appointment"]
    assert (one["verdict"], one["number"]) == ("not_met", 1)
    assert one["figures"] == {
        "working_days": 4, "days_without": 1, "first_without": "2026-06-01", "last_without": "2026-06-01",
    }  # fmt: skip
    await appoint(desk, date(2026, 5, 1), date(2026, 6, 1))
    assert (await requirements(desk))["8.2-5"]["verdict"] == "met"


async def appoint(desk: Desk, begins_on: date, ends_on: date | None) -> None:
    """A dedicated appointment of the handler, as its event told."""
    term = {"begins_on": begins_on, "ends_on": ends_on, "dedicated": True, "holds": True, "duty": "complaint_handling"}
    account: UUID = desk.people["handler"]
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        whose = {"provider_id": desk.tenant.id, "id": new_id(), "version": 1, "account_id": account}
        work.add(AppointmentCopy(**whose, **term))


@pytest.mark.clause("8.2-6", "8.2-7", "8.2-8", "8.2-9")
async def test_what_is_published_must_be_stated_by_each_channel_in_force(desk: Desk) -> None:
    desk.clock.forward(DAY)
    found = await requirements(desk)
    for one in ("8.2-6", "8.2-7", "8.2-8", "8.2-9"):
        stated = findings(found[one])
        assert (stated["channel_states_it"]["verdict"], stated["channel_states_it"]["number"]) == ("met", 1)
        assert (found[one]["verdict"], stated["places_checked"]["verdict"]) == ("not_enough_data", "not_enough_data")
    before = await requirements(desk, on="2026-05-31")
    assert before["8.2-6"]["verdict"] == "not_met"


@pytest.mark.clause("8.2-11")
async def test_closed_cases_with_waivers_are_listed(desk: Desk) -> None:
    record = await desk.pending()
    waiver = {"objection": "not_followed_up", "control": "management_review", "reviewer_id": desk.account("head")}
    await desk.step("lead", record, "waive", **waiver, words="She has moved away.")
    await desk.step("lead", record, "close")
    await desk.closed()
    await counted(desk)
    one = findings((await requirements(desk))["8.2-11"])["exceptions_listed"]
    assert (one["verdict"], one["records"]) == ("met", [record["id"]])
    assert one["figures"] == {"cases": 2, "waivers": 1, "reviews_overdue": 0}
    desk.clock.forward(15 * DAY)  # ten working days and more
    late = findings((await requirements(desk))["8.2-11"])["exceptions_listed"]
    assert late["figures"]["reviews_overdue"] == 1
    await desk.step("head", record, "review_waiver", outcome="confirmed", words="The records were looked at.")
    late = findings((await requirements(desk))["8.2-11"])["exceptions_listed"]
    assert late["figures"]["reviews_overdue"] == 0
    complete = findings((await requirements(desk))["8.2-11"])["dossiers_complete"]
    assert (complete["verdict"], complete["figures"]) == ("met", {"closed": 2, "incomplete": 0})


@pytest.mark.clause("8.2-11")
async def test_a_dossier_counts_once_and_only_while_it_is_closed_here(desk: Desk) -> None:
    again, reopened = await desk.closed(), await desk.closed()
    await start(
        desk.by["lead"],
        csv_of([case("C-1", **dict.fromkeys(("opened", "told", "solved", "closed"), "2026-05-04T02:00:00Z"))]),
        mapping(),
    )
    await desk.fire()
    assert (await complaints_of(desk.by["lead"]))["C-1"]["state"] == "archived"
    for record in (again, reopened):
        named = {"handler_id": desk.account("head"), "reason": "new_evidence", "words": "A log turned up."}
        await desk.step("head", record, "reopen", **named)
    decided = await desk.decided(made(await desk.by["lead"].get(f"/v1/complaints/{again['id']}")))
    await desk.step("caller", await desk.reached(await desk.pending(decided)), "close")
    await counted(desk)
    complete = findings((await requirements(desk))["8.2-11"])["dossiers_complete"]
    assert (complete["verdict"], complete["figures"]) == ("met", {"closed": 1, "incomplete": 0})
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        query = "DELETE FROM handling_record WHERE provider_id = $1 AND complaint_id = $2 AND step = 'plan_follow_up'"
        await work.driver.execute(query, desk.tenant.id, UUID(again["id"]))
        progress = await progress_of(work)
        progress.through_at, progress.as_of = BEGINNING, None
    partly = findings((await requirements(desk))["8.2-11"])["dossiers_complete"]
    assert (partly["verdict"], partly["number"]) == ("not_enough_data", 0)
    await counted(desk)
    lacking = findings((await requirements(desk))["8.2-11"])["dossiers_complete"]
    assert (lacking["verdict"], lacking["records"], lacking["number"]) == ("not_met", [again["id"]], 1)


@pytest.mark.clause("8.2-2")
async def test_the_system_must_be_in_force_and_read_by_all_who_handle_complaints(desk: Desk) -> None:
    await appoint(desk, date(2026, 5, 1), None)
    found = findings((await requirements(desk))["8.2-2"])
    assert (found["document_in_force"]["verdict"], found["read_by_all"]["verdict"]) == ("not_met", "not_met")
    assert found["read_by_all"]["records"] == [desk.account("handler")]
    version = new_id()
    whose = {"provider_id": desk.tenant.id, "version": 1}
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        since = {"in_force_from": desk.clock.now - DAY, "in_force_to": None}
        document = {"document_id": new_id(), "code": "handling", "number": 1, "serves": ["8.2-2"], **since}
        work.add(SystemVersion(**whose, id=version, **document))
    assert findings((await requirements(desk))["8.2-2"])["document_in_force"]["verdict"] == "met"
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        read = {"system_version_id": version, "account_id": desk.people["handler"], "confirmed_at": desk.clock.now}
        work.add(SystemReading(provider_id=desk.tenant.id, id=new_id(), **read))
    assert (await requirements(desk))["8.2-2"]["verdict"] == "met"


@pytest.mark.clause("8.2-3")
async def test_the_year_before_must_be_registered_and_reviewed_by_the_end_of_march(desk: Desk) -> None:
    one = (await requirements(desk))["8.2-3"]
    assert (one["verdict"], findings(one)["register_and_review"]["figures"]) == ("not_enough_data", {"year": 2025})
    review = {"state": "concluded", "outcome": "keep", "figures": {}, "concluded_at": datetime(2026, 3, 30, tzinfo=UTC)}
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        whose = {"provider_id": desk.tenant.id, "version": 1, "created_at": work.now, "updated_at": work.now}
        work.add(Review(**whose, id=new_id(), year=2025, due_at=work.now, **review))
    assert (await requirements(desk))["8.2-3"]["verdict"] == "not_met"


async def test_a_day_to_come_is_not_judged(desk: Desk) -> None:
    answer = await desk.by["lead"].get(CONFORMANCE, params={"on": "2026-06-02"})
    assert [code for _, code in faulted(answer)] == ["not_yet"]


async def test_criteria_are_told_in_the_callers_language(desk: Desk) -> None:
    answer = await desk.by["lead"].get(CONFORMANCE, headers={"Accept-Language": "zh-CN"})
    one = made(answer)["requirements"][9]
    assert one["criterion"] == "按期办结率达到目标值；逾期的投诉逐件列出。"
