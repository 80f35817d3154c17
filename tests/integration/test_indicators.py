"""Indicators of complaints: each counted from cases whose course the test knows, with all that lets others check it."""

import csv
import json
import statistics
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from chassis.jobs import Timers
from deploy.demo import EXCERPT, WHOLE
from services.complaints.app import SERVICE as COMPLAINTS
from tests.make.complaints import acknowledge, complaint, contact, faulted, made
from tests.make.external_cases import register, take
from tests.make.figures import SERVICE, cases, count_all, counted, faults, indicators, measured_desk, on_channel
from tests.make.handling import BODIES, DAY, HOUR, MONDAY, PROPOSAL, Desk
from tests.make.house import House, Tenant
from tests.make.imports import ADDRESS as IMPORTS
from tests.make.imports import ENDED, start

LOG_MAPPING = json.loads((EXCERPT.parent / "servicenow_mapping.json").read_text(encoding="utf-8"))
ADDRESS = f"{SERVICE}/indicators"


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with measured_desk(quiet_house) as desk:
        yield desk


@pytest.mark.clause("8.2-10")
async def test_the_cohort_of_on_time_is_what_fell_due_the_open_and_the_late_included(desk: Desk) -> None:
    in_time = await desk.decided(await on_channel(desk))
    late, still_open = await on_channel(desk), await on_channel(desk)
    desk.clock.forward(3 * DAY)
    await desk.step("handler", late, "propose", **PROPOSAL)
    await desk.step("lead", late, "approve", method="telephone", lateness_reason="Much to do.")
    not_due = await on_channel(desk)
    await counted(desk)
    found = await indicators(desk.by["lead"])
    one = found["I-C4"]
    assert (one["numerator"], one["denominator"], one["n"], round(one["value"], 1)) == (1, 3, 3, 33.3)
    assert (round(one["interval"]["low"], 1), round(one["interval"]["high"], 1)) == (6.1, 79.2)
    assert (one["version"], one["clause"], one["calendar_versions"], one["last"]) == (1, "8.2-10", [1], "2026-06-03")
    looked_at = {case["complaint_id"] for case in await cases(desk.by["lead"], one)}
    assert looked_at == {in_time["id"], late["id"], still_open["id"]}
    assert not_due["id"] not in looked_at
    met = await cases(desk.by["lead"], one, part="counted")
    assert [case["complaint_id"] for case in met] == [in_time["id"]]
    assert (found["I-C11"]["numerator"], found["I-C11"]["denominator"]) == (2, 3)


async def test_what_was_agreed_is_apart_from_what_was_promised(desk: Desk) -> None:
    record = await on_channel(desk)
    more = {"told_method": "telephone", "words": "We need the vendor.", "reason": "vendor", "working_hours": 16}
    await desk.step("lead", record, "extend", **more)
    desk.clock.forward(3 * DAY)
    await desk.step("handler", record, "propose", **PROPOSAL)
    await desk.step("lead", record, "approve", method="telephone", lateness_reason="The vendor was late.")
    desk.clock.forward(3 * DAY)
    await counted(desk)
    found = await indicators(desk.by["lead"])
    assert [(found[code]["numerator"], found[code]["denominator"]) for code in ("I-C4", "I-C5")] == [(0, 1), (1, 1)]


async def test_a_complaint_that_was_withdrawn_before_it_was_due_leaves_the_cohort_and_one_after_stays_missed(
    desk: Desk,
) -> None:
    early, late = await on_channel(desk), await on_channel(desk)
    statement = {"method": "telephone", "words": "It works again."}
    await desk.step("handler", early, "withdraw", **statement)
    desk.clock.forward(3 * DAY)
    await desk.step("handler", late, "withdraw", **statement)
    await counted(desk)
    found = (await indicators(desk.by["lead"]))["I-C4"]
    assert (found["numerator"], found["denominator"]) == (0, 1)
    assert [case["complaint_id"] for case in await cases(desk.by["lead"], found)] == [late["id"]]


@pytest.mark.clause("8.2-4")
async def test_follow_ups_count_when_due_when_reached_and_when_returned(desk: Desk) -> None:
    satisfied = await desk.reached(await desk.pending(await desk.decided(await on_channel(desk))))
    await desk.step("caller", satisfied, "close")
    unhappy = await desk.pending(await desk.decided(await on_channel(desk)))
    unhappy = await desk.reached(unhappy, "not_satisfied", wants_more=True)
    await desk.step("lead", unhappy, "dissatisfied", handler_id=desk.account("head"), words="She wants more.")
    await desk.pending(await desk.decided(await on_channel(desk)))
    desk.clock.forward(7 * DAY)
    await counted(desk)
    found = await indicators(desk.by["lead"])
    figures = {code: (found[code]["numerator"], found[code]["denominator"]) for code in found}
    assert (figures["I-C6"], figures["I-C6b"]) == ((2, 3), (2, 3))
    assert (figures["I-C7"], figures["I-C8b"]) == ((1, 2), (1, 2))
    assert figures["I-C4b"] == (0, 1)
    assert found["I-C7"]["interval"]["method"] == "wilson_finite_population"
    assert figures["I-C9"] == (2, 3)
    assert figures["I-C12"] == (3, 3)


async def test_causes_that_return_and_refusals_that_an_appeal_reverses_count(desk: Desk) -> None:
    for _ in range(2):
        await desk.decided(await on_channel(desk))
    for appealed in (True, False):
        refused = await desk.step("head", await desk.assessed(), "refuse", **BODIES["refuse"])
        if appealed:
            await desk.step("lead", refused, "appeal", **BODIES["appeal"])
    await counted(desk)
    found = await indicators(desk.by["lead"])
    figures = {code: (found[code]["numerator"], found[code]["denominator"]) for code in ("I-C13", "I-C14")}
    assert figures == {"I-C13": (1, 2), "I-C14": (1, 2)}
    assert (found["I-C2"]["denominator"], found["I-C2"]["n"]) == (4, 4)


async def test_a_closed_cohort_is_looked_at_once_its_thirty_days_are_over(desk: Desk) -> None:
    record = await desk.closed()
    desk.clock.forward(29 * DAY)
    await counted(desk)
    assert (await indicators(desk.by["lead"]))["I-C8"]["denominator"] == 0
    named = {"handler_id": desk.account("head"), "reason": "dissatisfied", "words": "It is down again."}
    await desk.step("lead", record, "reopen", **named)
    desk.clock.forward(2 * DAY)
    await counted(desk)
    found = (await indicators(desk.by["lead"]))["I-C8"]
    assert (found["numerator"], found["denominator"]) == (1, 1)


@pytest.mark.clause("8.2-10")
async def test_a_ruling_leaves_the_first_round_its_own_limit(desk: Desk) -> None:
    record = await desk.pending(await desk.decided(await on_channel(desk)))
    await desk.step("caller", await desk.reached(record), "close")
    desk.clock.forward(7 * DAY)
    case = await register(desk.by["handler"], record["id"])
    await take(desk.by["handler"], case["id"], "rule", outcome="upheld")
    desk.clock.forward(31 * DAY)
    await counted(desk)
    found = await indicators(desk.by["lead"])
    figures = {code: (found[code]["numerator"], found[code]["denominator"]) for code in ("I-C4", "I-C5", "I-C8")}
    assert figures == {"I-C4": (1, 1), "I-C5": (1, 1), "I-C8": (1, 1)}


async def test_durations_are_in_working_time_and_on_the_wall_with_mean_median_and_p90(desk: Desk) -> None:
    for hours in (1, 2, 6):
        record = made(await desk.by["handler"].post("/v1/complaints", json=complaint()), 201)
        desk.clock.forward(hours * HOUR)
        await acknowledge(desk.by["handler"], record["id"], **contact())
        desk.clock.now = MONDAY
    made(await desk.by["handler"].post("/v1/complaints", json=complaint()), 201)
    desk.clock.forward(DAY)
    await counted(desk)
    found = (await indicators(desk.by["lead"]))["I-C1"]
    assert (found["denominator"], found["n"]) == (4, 3)
    assert [found["clock_time"][name] for name in ("mean", "median")] == [180.0, 120.0]
    assert found["clock_time"]["p90"] == pytest.approx(312)
    assert found["working_time"]["mean"] == pytest.approx((60 + 120 + 300) / 3)  # six hours from ten have lunch in them
    assert found["value"] == found["working_time"]["mean"]
    assert found["interval"]["method"] == "student"
    flags = {one["code"]: (one["number"], one["share"]) for one in found["flags"]}
    assert flags["value_missing"] == (1, 0.25)
    assert flags["small_sample"] == (3, None)


async def test_pauses_are_taken_off_the_time_to_decide(desk: Desk) -> None:
    record = await on_channel(desk)
    await desk.step("handler", record, "ask", reason="account_unknown", words="Which account?", method="telephone")
    desk.clock.forward(2 * DAY)
    await desk.step("handler", record, "answer", words="The first.", method="telephone")
    desk.clock.forward(HOUR)
    await desk.step("handler", record, "propose", **PROPOSAL)
    await desk.step("lead", record, "approve", method="telephone", lateness_reason="She had to look it up.")
    await counted(desk)
    found = (await indicators(desk.by["lead"]))["I-C3"]
    assert (found["clock_time"]["mean"], found["working_time"]["mean"]) == (60.0, 60.0)


async def test_nothing_to_count_is_null_with_its_reason_in_the_callers_language(desk: Desk) -> None:
    found = await indicators(desk.by["lead"])
    for code, one in found.items():
        reason = "units_unknown" if code == "I-C10" else "no_cases"
        assert (one["value"], one["interval"], one["null_reason"]["code"]) == (None, None, reason), code
        assert one["denominator"] == one["waivers"] == 0
        assert "overrides" not in one, "rules are waived, and not overridden"
    answer = await desk.by["lead"].get(ADDRESS, headers={"Accept-Language": "zh-CN"})
    items = {one["code"]: one for one in made(answer)["items"]}
    assert (items["I-C4"]["title"], items["I-C4"]["null_reason"]["message"]) == (
        "按期办结率",
        "期间内没有符合条件的投诉。",
    )
    today = {"from_": "2026-06-01", "to": "2026-06-01"}
    assert (await indicators(desk.by["lead"], **today))["I-C4"]["null_reason"]["code"] == "nothing_over"


async def test_waivers_stand_beside_the_figures_that_they_touch(desk: Desk) -> None:
    record = await on_channel(desk)
    waiver = {"objection": "not_followed_up", "control": "management_review", "reviewer_id": desk.account("head")}
    await desk.step("lead", record, "waive", **waiver, words="There is nobody else.")
    await desk.decided(record)
    await counted(desk)
    found = await indicators(desk.by["lead"])
    assert (found["I-C3"]["waivers"], found["I-C7"]["waivers"]) == (1, 0)


async def test_the_backlog_has_its_age_in_working_days_and_what_is_past_due(desk: Desk) -> None:
    await on_channel(desk)
    desk.clock.forward(7 * DAY)
    await on_channel(desk)
    desk.clock.forward(DAY)
    await counted(desk)
    found = (await indicators(desk.by["lead"]))["I-C15"]
    assert (found["value"], found["p90"], found["numerator"], found["denominator"]) == (2.5, 4.5, 1, 2)
    assert [case["received_at"] for case in await cases(desk.by["lead"], found, part="counted")] == [
        "2026-06-01T02:00:00Z"
    ]


async def test_indicators_are_of_a_channel_a_service_a_customer(desk: Desk) -> None:
    await desk.decided(await on_channel(desk))
    await desk.decided(service="mail")
    await counted(desk)
    client = desk.by["lead"]
    assert (await indicators(client))["I-C3"]["n"] == 2
    assert (await indicators(client, channel="hotline"))["I-C3"]["n"] == 1
    assert (await indicators(client, service="mail"))["I-C3"]["n"] == 1
    assert (await indicators(client, customer_id=desk.account("head")))["I-C3"]["n"] == 0


async def test_periods_that_end_before_they_begin_and_unknown_indicators_are_refused(desk: Desk) -> None:
    client = desk.by["lead"]
    backwards = {"from": "2026-06-02", "to": "2026-06-01"}
    assert [code for _, code in faulted(await client.get(ADDRESS, params=backwards))] == ["period_backwards"]
    ages = {"from": "2001-06-02", "to": "2026-06-01"}
    assert [code for _, code in faulted(await client.get(ADDRESS, params=ages))] == ["period_too_long"]
    assert (await client.get(f"{ADDRESS}/I-X/cases")).status_code == 404


async def test_figures_of_another_provider_are_not_seen(desk: Desk, quiet_house: House) -> None:
    await desk.decided(await on_channel(desk))
    await counted(desk)
    async with quiet_house.client("complaints", await quiet_house.new_tenant(), "reader") as other:
        assert all(one["denominator"] == 0 for one in (await indicators(other)).values())
        assert made(await other.get(f"{ADDRESS}/I-C3/cases"))["items"] == []


@pytest.mark.skipif(not WHOLE.exists(), reason="the whole log is not beside this checkout")
async def test_indicators_of_the_890_real_cases_are_those_of_a_second_computation(
    quiet_house: House,
) -> None:
    await compare_with_log(quiet_house, WHOLE, 890)


async def test_indicators_of_the_cases_of_the_excerpt_are_those_of_a_second_computation(
    quiet_house: House,
) -> None:
    await compare_with_log(quiet_house, EXCERPT, 200)


async def compare_with_log(house: House, log: Path, number: int) -> None:
    """Indicators and counts of an imported log, beside those that the standard library alone reckons from it."""
    with log.open(encoding="utf-8", newline="") as text:
        last = {row["number"]: row for row in csv.DictReader(text)}
    known = [row for row in last.values() if row["resolved_at"] != "?"]
    spans = [(instant(row["opened_at"]), instant(row["resolved_at"])) for row in known]
    expected = [(solved - opened, worked(opened, solved)) for opened, solved in spans if solved >= opened]
    tenant = await house.new_tenant()
    timers = Timers(house.database("complaints"), COMPLAINTS.timers)
    async with house.client("complaints", tenant, "complaint_lead") as client:
        job = await start(client, log.read_bytes(), LOG_MAPPING)
        while job["state"] not in ENDED:
            await timers.fire_due()
            job = made(await client.get(f"{IMPORTS}/{job['id']}"))
        assert job["created"] == number
        moved = "UPDATE complaint SET updated_at = updated_at - interval '1 minute' WHERE provider_id = $1"
        await settle(house, tenant, moved)
        await count_all(house.database("complaints"), tenant)
        found = await indicators(client, from_="2016-01-01", to="2017-12-31", origin="import")
        of_intake = await indicators(client, from_="2016-01-01", to="2017-12-31")
        listed = await cases(client, found["I-C3"], limit=200)
    one = found["I-C3"]
    assert (one["denominator"], one["n"]) == (len(known), len(expected))
    for kind, values in zip(("clock_time", "working_time"), zip(*expected, strict=True), strict=True):
        minutes = [value // timedelta(minutes=1) for value in values]
        assert one[kind]["mean"] == pytest.approx(statistics.fmean(minutes))
        assert one[kind]["median"] == pytest.approx(statistics.median(minutes))
        assert one[kind]["p90"] == pytest.approx(statistics.quantiles(minutes, n=10, method="inclusive")[8])
        half = (one[kind]["interval"]["high"] - one[kind]["interval"]["low"]) / 2
        error = statistics.stdev(minutes) / len(minutes) ** 0.5
        assert 1.96 * error < half < 1.98 * error
    assert (found["I-C4"]["value"], found["I-C4"]["null_reason"]["code"]) == (None, "no_cases")
    left_out = {flag["code"]: flag["number"] for flag in of_intake["I-C3"]["flags"]}
    assert (of_intake["I-C3"]["n"], left_out["imported_left_out"]) == (0, len(known))
    assert len(listed) == min(200, len(known))
    assert await faults(house.database("complaints"), tenant) == 0


async def settle(house: House, tenant: Tenant, statement: str) -> None:
    """Lets a minute go by for what was just imported, as the superuser."""

    connection = await asyncpg.connect(house.servers.postgres.dsn("complaints"))
    try:
        await connection.execute(statement, tenant.id)
    finally:
        await connection.close()


def instant(text: str) -> datetime:
    """A time of the log."""
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def worked(start: datetime, end: datetime) -> timedelta:
    """Working time of the tests' calendar: Monday to Friday, nine to twelve and one to six in Shanghai."""
    zone, total = ZoneInfo("Asia/Shanghai"), timedelta(0)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for begins, ends in ((9, 12), (13, 18)) if day.weekday() < 5 else ():
            lower, upper = max(start, local(day, begins, zone)), min(end, local(day, ends, zone))
            total += max(timedelta(0), upper - lower)
        day += DAY
    return total


def local(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """An hour of a local day."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone)
