"""What the clock does to calendars, and that every service hears of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from chassis.actors import SYSTEM
from chassis.calendars.queries import present_calendar as copied_calendar
from chassis.database import Database
from chassis.ids import new_id
from chassis.jobs import Due, Timers
from chassis.migrate import alembic_of
from chassis.sealing import Vault
from chassis.service import service_of
from deploy.throwaway import Servers, servers
from gateway.app import SERVICE
from gateway.calendars import rules
from gateway.calendars.rules import Lists
from tests.make.broker import until_async
from tests.make.calendars import NOTICE_2027, WEEK, Json, days_of, load, override, present_calendar, working_week
from tests.make.complaints import SetClock, made
from tests.make.edge import Edge, Machine, gateway, gateway_settings
from tests.make.house import House, settings_of

BEFORE, WARNED = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 15, 16, tzinfo=UTC)
"""Midnight in Shanghai 45 days before the last day of 2026 is 16:00 UTC."""


class Clockwork:
    """The gateway's timers, driven by a test; what other tests have left is not touched."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock

    async def fire(self, provider: Machine, at: datetime) -> None:
        """Takes the steps of a provider that are due at an instant, as a worker does."""
        self.clock.now = at
        timers = Timers(self.database, SERVICE.timers)
        async with self.database.connection() as (_, driver):
            due = await driver.fetch(
                "SELECT clock, step, record FROM timer WHERE provider_id = $1 AND due_at <= $2",
                provider.provider_id,
                at,
            )
        for row in due:
            assert await timers._fire(Due(provider.provider_id, row["clock"], row["step"], [row["record"]]))

    async def events(self, provider: Machine, kind: str) -> list[Json]:
        """What the journal has of a kind of event of a provider, oldest first."""
        async with self.database.connection() as (_, driver):
            rows = await driver.fetch(
                "SELECT data FROM journal WHERE provider_id = $1 AND type = $2 ORDER BY seq",
                provider.provider_id,
                f"gateway.{kind}.v1",
            )
        return [dict(row["data"]) for row in rows]

    async def timers_of(self, provider: Machine) -> dict[tuple[str, str], datetime]:
        """The instants that are set, by clock and step."""
        async with self.database.connection() as (_, driver):
            rows = await driver.fetch("SELECT * FROM timer WHERE provider_id = $1", provider.provider_id)
        return {(row["clock"], row["step"]): row["due_at"] for row in rows}


@pytest.fixture
async def clockwork(own_servers: Servers) -> AsyncIterator[Clockwork]:
    """The gateway's timers."""
    clock, settings = SetClock(BEFORE), gateway_settings(own_servers)
    database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()), clock=clock)
    yield Clockwork(database, clock)
    await database.close()


@pytest.fixture
async def early(own_servers: Servers) -> AsyncIterator[Edge]:
    """A gateway on 1 November 2026, when the warning is not due yet."""
    async with gateway(own_servers, clock=SetClock(BEFORE)) as edge:
        yield edge


@pytest.fixture
async def provider(early: Edge) -> Machine:
    """The administrator of a provider that works from Monday to Friday."""
    return await working_week(early)


@pytest.mark.feature("C14")
async def test_it_is_told_once_45_days_before_that_the_official_days_run_out(
    early: Edge, provider: Machine, clockwork: Clockwork
) -> None:
    calendar = await present_calendar(early, provider)
    assert calendar["coverage_warning"] is False
    assert (await clockwork.timers_of(provider))["calendar_coverage", "2026-12-31"] == WARNED
    await clockwork.fire(provider, WARNED - timedelta(seconds=1))
    assert await clockwork.events(provider, "calendar.running_out") == []
    await clockwork.fire(provider, WARNED)
    told = {"calendar_id": calendar["id"], "number": 1, "region": "CN", "official_through": "2026-12-31"}
    assert await clockwork.events(provider, "calendar.running_out") == [told]
    await override(early, provider, {"date": "2026-12-24", "kind": "closed"})
    assert ("calendar_coverage", "2026-12-31") not in await clockwork.timers_of(provider), "it was told"
    await load(early, provider, NOTICE_2027, year=2027)
    due = (await clockwork.timers_of(provider))["calendar_coverage", "2027-12-31"]
    assert due == datetime(2027, 11, 15, 16, tzinfo=UTC)
    await clockwork.fire(provider, due)
    through = [one["official_through"] for one in await clockwork.events(provider, "calendar.running_out")]
    assert through == ["2026-12-31", "2027-12-31"]


async def test_the_administrators_are_asked_for_the_next_list_until_it_comes(
    early: Edge, provider: Machine, clockwork: Clockwork
) -> None:
    async def tasks(state: str) -> list[Json]:
        params, headers = {"state": state}, {"Accept-Language": "zh-CN"}
        answer = await early.ask("GET", "/v1/me/tasks", provider.key, params=params, headers=headers)
        return list(made(answer)["items"])

    await clockwork.fire(provider, WARNED)
    (task,) = await tasks("open")
    assert (task["why"], task["role"], task["service"]) == ("load_next_year", "administrator", "gateway")
    assert (task["record_id"], task["title"][:12]) == (str(provider.provider_id), "请导入 2027 年的官")
    assert datetime.fromisoformat(task["due_at"]) == datetime(2026, 12, 31, 16, tzinfo=UTC)
    await override(early, provider, {"date": "2026-12-24", "kind": "closed"})
    assert [one["id"] for one in await tasks("open")] == [task["id"]], "a day of one's own is no list"
    await load(early, provider, NOTICE_2027, year=2027)
    assert await tasks("open") == []
    (done,) = await tasks("done")
    assert (done["id"], done["ended_by"]) == (task["id"], f"client:{provider.id}")
    await early.ask("POST", "/v1/calendars/official-lists", provider.key, json={"year": 2027, "days": []})
    (again,) = await tasks("open")
    assert (again["due_at"], again["id"] != task["id"]) == (task["due_at"], True), "the list was taken back"


async def test_a_list_that_comes_in_time_spares_the_warning(
    early: Edge, provider: Machine, clockwork: Clockwork
) -> None:
    await load(early, provider, NOTICE_2027, year=2027)
    await clockwork.fire(provider, WARNED)
    assert await clockwork.events(provider, "calendar.running_out") == []


async def test_who_reads_late_in_the_year_is_warned(own_servers: Servers) -> None:
    async with gateway(own_servers, clock=SetClock(WARNED)) as late:
        provider = await working_week(late)
        first = await present_calendar(late, provider)
        assert first["coverage_warning"] is True
        await load(late, provider, NOTICE_2027, year=2027)
        assert (await present_calendar(late, provider))["coverage_warning"] is False
        past = (await late.ask("GET", f"/v1/calendars/{first['id']}", provider.key)).json()
        assert past["coverage_warning"] is False, "only the present version warns"


def without(year: str, whole: Any) -> Any:
    """A library that does not know a year yet."""

    def known(region: str, present: int) -> Lists:
        return {known: days for known, days in whole(region, present).items() if known != year}

    return known


async def test_a_newer_library_brings_its_year_in_as_a_new_version(
    early: Edge, clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(rules, "announced", without("2026", rules.announced))
        provider = await working_week(early)
        assert (await present_calendar(early, provider))["official_through"] == "2025-12-31"
        await clockwork.fire(provider, BEFORE + timedelta(days=1))
        assert (await present_calendar(early, provider))["number"] == 1, "nothing new"
    await clockwork.fire(provider, BEFORE + timedelta(days=2))
    calendar = await present_calendar(early, provider)
    assert (calendar["number"], calendar["reason"], calendar["made_by"]) == (2, "library_renewed", "system")
    assert calendar["official_through"] == "2026-12-31"
    assert days_of(calendar, 2026)["02-14"]["kind"] == "open_extra"
    await clockwork.fire(provider, BEFORE + timedelta(days=3))
    assert (await present_calendar(early, provider))["number"] == 2
    assert ("calendar_renewal", "daily") in await clockwork.timers_of(provider)


async def test_a_library_that_knows_less_takes_no_year_away(
    early: Edge, provider: Machine, clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "announced", without("2026", rules.announced))
    await clockwork.fire(provider, BEFORE + timedelta(days=1))
    assert (await present_calendar(early, provider))["number"] == 1


async def test_a_provider_of_before_there_were_calendars_gets_its_first_by_the_clock(
    early: Edge, provider: Machine, clockwork: Clockwork, own_servers: Servers
) -> None:
    await forget_calendar(own_servers, provider)
    changed = await early.ask("POST", "/v1/calendars", provider.key, json={"region": "CN"})
    assert (changed.status_code, changed.headers["Retry-After"]) == (503, "1")
    async with clockwork.database.work(provider.provider_id, actor=SYSTEM, correlation=new_id()) as work:
        await SERVICE.timers["calendar_renewal"](work, provider.provider_id, "daily")
    assert (await present_calendar(early, provider))["number"] == 1
    assert (await clockwork.events(provider, "provider.changed"))[-1]["calendar"]["number"] == 1
    assert {clock for clock, _ in await clockwork.timers_of(provider)} == {"calendar_renewal", "calendar_coverage"}


async def test_a_change_of_the_profile_makes_the_first_calendar_too(
    early: Edge, provider: Machine, own_servers: Servers
) -> None:
    await forget_calendar(own_servers, provider)
    path, headers = f"/v1/providers/{provider.provider_id}", {"If-Match": '"1"'}
    assert (await early.ask("PATCH", path, provider.key, json={"name": "N"}, headers=headers)).status_code == 200
    assert (await present_calendar(early, provider))["number"] == 1


async def forget_calendar(own_servers: Servers, provider: Machine) -> None:
    """Leaves a provider as a migration finds it that was registered before."""
    for table in ("calendar", "calendar_version", "timer"):
        await write(own_servers, f"DELETE FROM {table} WHERE provider_id = $1", provider.provider_id)


async def test_every_service_reckons_by_the_newest_version_and_by_those_before(new_house: House) -> None:
    house = new_house
    async with gateway(house.servers, worker="on") as edge:
        provider = await working_week(edge)
        await override(edge, provider, {"date": "2026-12-24", "kind": "hours_override", "hours": [["09:00", "10:00"]]})

        async def known(service: str) -> bool:
            async with house.database(service).connection() as (_, driver):
                number = await driver.fetchval(
                    "SELECT max((state->'calendar'->>'number')::int) FROM provider WHERE id = $1",
                    UUID(str(provider.provider_id)),
                )
            return bool(number == 2)

        for service in house.apps:
            await until_async(lambda service=service: known(service))  # type: ignore[misc]
            async with house.database(service).work(provider.provider_id, actor=SYSTEM, correlation=new_id()) as work:
                dated = await copied_calendar(work)
            assert (dated.number, str(dated.official_through)) == (2, "2026-12-31")
            hours = {day.isoformat(): spells for day, spells in dated.calendar.days.items()}
            assert hours["2026-12-24"] == (("09:00", "10:00"),)
            assert hours["2026-02-14"] == tuple((begins, ends) for begins, ends in WEEK["monday"])
            assert hours["2026-02-16"] == ()


def test_the_migration_sets_the_clock_for_every_provider_that_is_there() -> None:
    scripts = alembic_of(service_of("gateway"))
    revisions = ScriptDirectory.from_config(scripts).walk_revisions()
    before = next(one.down_revision for one in revisions if one.doc.startswith("Working calendars"))
    with servers() as own:
        alembic = alembic_of(service_of("gateway"), settings_of(own, "gateway"))
        command.upgrade(alembic, str(before))
        provider_id = new_id()
        asyncio.run(write(own, "INSERT INTO registration VALUES ($1, 'demo', now(), now())", provider_id))
        command.upgrade(alembic, "head")
        found = asyncio.run(write(own, "SELECT clock, due_at <= now() FROM timer WHERE provider_id = $1", provider_id))
    assert [tuple(row) for row in found] == [("calendar_renewal", True)]


async def write(own: Servers, statement: str, *values: Any) -> list[Any]:
    """What a statement returns in the gateway's database, as its superuser."""
    connection = await asyncpg.connect(own.postgres.dsn("gateway"))
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()
