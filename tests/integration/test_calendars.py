"""Working calendars at the gateway: seeded with the official days, corrected by hand, told to every service."""

import asyncio
import csv
import io
from datetime import date, timedelta
from uuid import uuid4

import pytest

from chassis.ids import new_id
from deploy.seed import PROVIDER
from tests.make.calendars import NOTICE_2027, WEEK, Json, days_of, load, override, present_calendar, working_week
from tests.make.edge import Edge, Machine


@pytest.fixture
async def provider(edge: Edge) -> Machine:
    """The administrator of a provider that works from Monday to Friday."""
    return await working_week(edge)


@pytest.mark.feature("C14", "C15")
async def test_a_provider_in_china_begins_with_every_announced_year(edge: Edge, provider: Machine) -> None:
    calendar = await present_calendar(edge, provider)
    assert (calendar["number"], calendar["region"], calendar["reason"]) == (1, "CN", "registered")
    assert calendar["time_zone"] == "Asia/Shanghai"
    days = days_of(calendar, 2026)
    assert {day for day, one in days.items() if one["kind"] == "open_extra"} == {
        "01-04", "02-14", "02-28", "05-09", "09-20", "10-10"
    }  # fmt: skip
    assert all(one["hours"] == WEEK["monday"] for one in days.values() if one["kind"] == "open_extra")
    assert all(one["hours"] == [] for one in days.values() if one["kind"] == "closed")
    assert {one["layer"] for one in days.values()} == {"library"}
    assert calendar["official_through"] == "2026-12-31"
    years = {year["year"]: (year["layer"], year["provisional"]) for year in calendar["years"]}
    assert (years[2026], years[2027]) == (("library", False), (None, True))


async def test_the_demonstration_provider_follows_the_official_days_of_china(edge: Edge) -> None:
    provider = await working_week(edge, **PROVIDER | {"slug": f"p-{new_id().hex[-12:]}"})
    assert (await present_calendar(edge, provider))["region"] == "CN"


async def test_a_provider_elsewhere_follows_no_list_until_it_names_a_country(edge: Edge) -> None:
    provider = await working_week(edge, time_zone="Europe/Berlin")
    calendar = await present_calendar(edge, provider)
    assert (calendar["region"], calendar["days"], calendar["official_through"]) == ("none", [], None)
    chosen = await edge.ask("POST", "/v1/calendars", provider.key, json={"region": "DE"})
    assert chosen.status_code == 201
    calendar = await present_calendar(edge, provider)
    assert days_of(calendar, 2026)["12-25"]["hours"] == []
    assert calendar["official_through"] > "2027"
    unknown = await edge.ask("POST", "/v1/calendars", provider.key, json={"region": "XX"})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "region_unknown")


@pytest.mark.feature("C15")
async def test_the_notice_of_the_next_year_is_loaded_by_hand_and_makes_it_official(
    edge: Edge, provider: Machine
) -> None:
    loaded = await load(edge, provider, NOTICE_2027, year=2027)
    assert (loaded["recorded"], loaded["number"], loaded["official_through"]) == (True, 2, "2027-12-31")
    assert [one["after"]["date"] for one in loaded["differences"]] == ["2027-02-05", "2027-02-08", "2027-02-20"]
    calendar = await present_calendar(edge, provider)
    assert calendar["id"] == loaded["id"]
    saturday = days_of(calendar, 2027)["02-20"]
    assert (saturday["layer"], saturday["hours"], saturday["provisional"]) == ("uploaded", WEEK["monday"], False)
    year = next(year for year in calendar["years"] if year["year"] == 2027)
    assert (year["layer"], year["uploaded_by"]) == ("uploaded", f"client:{provider.id}")
    assert year["uploaded_at"] is not None
    taken_back = await edge.ask("POST", "/v1/calendars/official-lists", provider.key, json={"year": 2027, "days": []})
    assert taken_back.status_code == 201
    assert taken_back.json()["official_through"] == "2026-12-31"
    assert days_of(await present_calendar(edge, provider), 2027) == {}


async def test_a_loaded_list_stands_in_the_place_of_the_library_s_for_its_year_alone(
    edge: Edge, provider: Machine
) -> None:
    await load(edge, provider, "date,kind\n2026-12-24,closed\n", year=2026)
    calendar = await present_calendar(edge, provider)
    assert set(days_of(calendar, 2026)) == {"12-24"}
    assert "10-01" in days_of(calendar, 2025)
    assert calendar["official_through"] == "2026-12-31"


async def test_a_provider_s_own_day_wins_and_can_be_taken_back(edge: Edge, provider: Machine) -> None:
    holiday = {"date": "2026-10-01", "kind": "hours_override", "hours": [["10:00", "12:00"]], "name": "值班"}
    made = await override(edge, provider, holiday, {"date": "2026-12-24", "kind": "closed"})
    assert (made["recorded"], made["number"]) == (True, 2)
    days = days_of(await present_calendar(edge, provider), 2026)
    assert (days["10-01"]["layer"], days["10-01"]["hours"]) == ("override", [["10:00", "12:00"]])
    assert (days["10-01"]["name"], days["12-24"]["hours"]) == ("值班", [])
    await override(edge, provider, {"date": "2026-10-01", "kind": "as_listed"})
    days = days_of(await present_calendar(edge, provider), 2026)
    assert (days["10-01"]["layer"], days["10-01"]["hours"]) == ("library", [])
    assert days["12-24"]["layer"] == "override"


async def test_days_come_as_csv_too(edge: Edge, provider: Machine) -> None:
    file = '\ufeffDate,Kind,Hours,Name\r\n2026-12-24,hours_override,09:00-12:00 13:00-15:00,"Eve, half"\r\n\r\n'
    headers = {"Content-Type": "text/csv"}
    path = "/v1/calendars/overrides"
    made = await edge.ask("POST", path, provider.key, content=file.encode(), headers=headers)
    assert made.status_code == 201, made.text
    day = days_of(await present_calendar(edge, provider), 2026)["12-24"]
    assert (day["hours"], day["name"]) == ([["09:00", "12:00"], ["13:00", "15:00"]], "Eve, half")


async def test_what_is_so_already_and_a_dry_run_record_nothing(edge: Edge, provider: Machine) -> None:
    closed = {"date": "2026-12-24", "kind": "closed"}
    shown = await override(edge, provider, closed, dry_run="true")
    assert (shown["recorded"], shown["number"]) == (False, 1)
    ((before, after),) = [(one["before"], one["after"]) for one in shown["differences"]]
    assert (before["layer"], before["hours"]) == ("weekday", WEEK["thursday"])
    assert (after["layer"], after["hours"]) == ("override", [])
    assert (await present_calendar(edge, provider))["number"] == 1
    assert (await override(edge, provider, closed))["number"] == 2
    again = await override(edge, provider, closed)
    assert (again["recorded"], again["number"], again["differences"]) == (False, 2, [])
    listed = await override(edge, provider, {"date": "2026-12-25", "kind": "as_listed"})
    assert listed["recorded"] is False
    assert (await load(edge, provider, NOTICE_2027, year=2027))["number"] == 3
    assert (await load(edge, provider, NOTICE_2027, year=2027))["recorded"] is False


async def test_changes_at_the_same_time_follow_one_another_and_none_is_lost(edge: Edge, provider: Machine) -> None:
    days = [f"2026-12-{day}" for day in (21, 22, 23, 24)]
    made = await asyncio.gather(*(override(edge, provider, {"date": day, "kind": "closed"}) for day in days))
    assert sorted(one["number"] for one in made) == [2, 3, 4, 5]
    calendar = await present_calendar(edge, provider)
    assert {day["date"] for day in calendar["days"] if day["layer"] == "override"} == set(days)


async def test_a_change_repeated_with_its_key_has_one_effect(edge: Edge, provider: Machine) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    body = {"days": [{"date": "2026-12-24", "kind": "closed"}]}
    first, second = [
        await edge.ask("POST", "/v1/calendars/overrides", provider.key, json=body, headers=headers) for _ in range(2)
    ]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (await present_calendar(edge, provider))["number"] == 2


FAULTY_DAYS: dict[str, tuple[Json, str, str]] = {
    "no such day": ({"date": "2026-02-30", "kind": "closed"}, "/days/0/date", "date_from_datetime_parsing"),
    "a number": ({"date": 20260230, "kind": "closed"}, "/days/0/date", "date_expected"),
    "another century": ({"date": "1926-02-03", "kind": "closed"}, "/days/0/date", "out_of_range"),
    "no such kind": ({"date": "2026-02-03", "kind": "half"}, "/days/0/kind", "literal_error"),
    "no hours": ({"date": "2026-02-03", "kind": "hours_override"}, "/days/0", "hours_missing"),
    "hours of a closed day": (
        {"date": "2026-02-03", "kind": "closed", "hours": [["09:00", "12:00"]]}, "/days/0", "hours_unwanted",
    ),
    "spells that overlap": (
        {"date": "2026-02-03", "kind": "open_extra", "hours": [["09:00", "12:00"], ["11:00", "13:00"]]},
        "/days/0/hours", "hours_faulty",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("day", "pointer", "code"), FAULTY_DAYS.values(), ids=FAULTY_DAYS)
async def test_a_faulty_day_is_refused_and_says_where(
    edge: Edge, administrator: Machine, day: Json, pointer: str, code: str
) -> None:
    refused = await edge.ask("POST", "/v1/calendars/overrides", administrator.key, json={"days": [day]})
    assert refused.status_code == 422
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in refused.json()["errors"]]


FAULTY_FILES = {
    "a wrong value": ("date,kind\n2026-12-24,closed\n2026-12-25,shut\n", "/line 3/kind", "literal_error"),
    "hours that are none": ("date,kind,hours\n\n2026-12-24,hours_override,9-12\n", "/line 3/hours", "hours_faulty"),
    "a missing value": ("date,kind\n2026-12-24,\n", "/line 2/kind", "missing"),
    "a value too many": ("date,kind\n2026-12-24,closed,x\n", "/line 2", "too_wide"),
    "an unknown column": ("date,kind,colour\n2026-12-24,closed,red\n", "/line 1", "columns"),
    "no column": ("2026-12-24,closed\n", "/line 1", "columns"),
    "a quote without end": ('date,kind,name\n2026-12-24,closed,"x\n', "/line 2", "broken"),
    "a day twice": ("date,kind\n2026-12-24,closed\n2026-12-24,closed\n", "/days", "day_twice"),
    "no row": ("date,kind\n", "/days", "too_short"),
    "too many rows": ("date,kind\n" + "2026-12-24,closed\n" * 3001, "/days", "too_long"),
}


@pytest.mark.parametrize(("file", "pointer", "code"), FAULTY_FILES.values(), ids=FAULTY_FILES)
async def test_a_faulty_file_is_refused_by_its_line(
    edge: Edge, administrator: Machine, file: str, pointer: str, code: str
) -> None:
    headers = {"Content-Type": "text/csv"}
    path = "/v1/calendars/overrides"
    refused = await edge.ask("POST", path, administrator.key, content=file.encode(), headers=headers)
    assert refused.status_code == 422, refused.text
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in refused.json()["errors"]]


async def test_a_body_that_cannot_be_a_list_is_refused(edge: Edge, administrator: Machine) -> None:
    async def sent(content: bytes, kind: str, path: str = "overrides", **params: int) -> int:
        headers, path = {"Content-Type": kind}, f"/v1/calendars/{path}"
        answer = await edge.ask("POST", path, administrator.key, content=content, headers=headers, params=params)
        return answer.status_code

    assert await sent("日期".encode("gbk"), "text/csv") == 422
    assert await sent(b"{", "application/json") == 400
    assert await sent(b"<days/>", "application/xml") == 415
    assert await sent(b"x" * 1_000_001, "text/csv") == 413
    assert await sent(NOTICE_2027.encode(), "text/csv", "official-lists") == 422, "the year is not said"
    assert await sent(NOTICE_2027.encode(), "text/csv", "official-lists", year=2025) == 422, "days of another year"
    assert (await present_calendar(edge, administrator))["number"] == 1


async def test_a_change_of_hours_or_zone_is_a_new_version_and_a_change_of_name_is_none(
    edge: Edge, provider: Machine
) -> None:
    path, hours = f"/v1/providers/{provider.provider_id}", {"saturday": [["08:00", "10:00"]]}

    async def change(version: int, **changes: object) -> Json:
        headers = {"If-Match": f'"{version}"'}
        assert (await edge.ask("PATCH", path, provider.key, json=changes, headers=headers)).status_code == 200
        return await present_calendar(edge, provider)

    assert (await change(1, name="新名称"))["number"] == 1
    calendar = await change(2, working_hours=hours)
    assert (calendar["number"], calendar["reason"]) == (2, "profile_changed")
    assert (calendar["working_hours"], calendar["makeup_hours"]) == (hours, [["08:00", "10:00"]])
    assert days_of(calendar, 2026)["02-14"]["hours"] == [["08:00", "10:00"]]
    calendar = await change(3, time_zone="Europe/Berlin")
    assert (calendar["number"], calendar["time_zone"], calendar["region"]) == (3, "Europe/Berlin", "none")
    versions = (await edge.ask("GET", "/v1/calendars", provider.key)).json()["items"]
    assert [one["number"] for one in versions] == [3, 2, 1]
    first = (await edge.ask("GET", f"/v1/calendars/{versions[-1]['id']}", provider.key)).json()
    assert (first["working_hours"], first["is_present"]) == (WEEK, False)


async def test_make_up_days_have_the_hours_that_are_said(edge: Edge, provider: Machine) -> None:
    for hours in ([["10:00", "16:00"]], []):
        body = {"region": "CN", "makeup_hours": hours}
        assert (await edge.ask("POST", "/v1/calendars", provider.key, json=body)).status_code == 201
        calendar = await present_calendar(edge, provider)
        assert days_of(calendar, 2026)["02-14"]["hours"] == calendar["makeup_hours"] == hours


@pytest.mark.feature("C14", "C15")
async def test_people_see_when_a_limit_is_over_and_why_a_day_is_what_it_is(edge: Edge, provider: Machine) -> None:
    path = f"/v1/calendars/{(await present_calendar(edge, provider))['id']}"
    asked = {"start": "2025-09-26T17:00:00+08:00", "hours": "16"}
    due = (await edge.ask("GET", f"{path}/due", provider.key, params=asked)).json()
    assert (due["due_at"], due["due_at_local"]) == ("2025-09-29T09:00:00Z", "2025-09-29T17:00:00+08:00")
    assert [(day["date"], day["kind"]) for day in due["special_days"]] == [("2025-09-28", "open_extra")]
    day = (await edge.ask("GET", f"{path}/day", provider.key, params={"date": "2025-09-28"})).json()
    assert (day["kind"], day["layer"], day["name"]) == ("open_extra", "library", "调休上班")
    plain = (await edge.ask("GET", f"{path}/day", provider.key, params={"date": "2027-02-08"})).json()
    assert (plain["kind"], plain["layer"], plain["provisional"]) == (None, "weekday", True)
    late = await edge.ask("GET", f"{path}/due", provider.key, params={"start": "2026-12-31T17:00:00+08:00"})
    assert late.json()["provisional"] is True
    headers = {"If-Match": '"1"'}
    profile = f"/v1/providers/{provider.provider_id}"
    await edge.ask("PATCH", profile, provider.key, json={"working_hours": {}}, headers=headers)
    path = f"/v1/calendars/{(await present_calendar(edge, provider))['id']}"
    never = await edge.ask("GET", f"{path}/due", provider.key)
    assert (never.status_code, never.json()["errors"][0]["code"]) == (422, "no_working_time")


async def test_who_reads_may_not_change(edge: Edge, provider: Machine) -> None:
    reader = await edge.machine(provider, "reader")
    manager = await edge.machine(provider, "quality_manager")
    assert (await present_calendar(edge, reader))["number"] == 1
    body = {"days": [{"date": "2026-12-24", "kind": "closed"}]}
    assert (await edge.ask("POST", "/v1/calendars/overrides", reader.key, json=body)).status_code == 403
    assert (await edge.ask("POST", "/v1/calendars/overrides", manager.key, json=body)).status_code == 201


async def test_a_calendar_that_would_not_fit_into_an_event_is_refused(edge: Edge, provider: Machine) -> None:
    hours = [f"{hour:02}:{minute:02}-{hour:02}:{minute + 20:02}" for hour in range(6) for minute in (0, 30)]
    first = date(2027, 1, 1)
    for turn in range(2):
        file = io.StringIO()
        rows = csv.writer(file)
        rows.writerow(["date", "kind", "hours"])
        for number in range(2000):
            rows.writerow([first + timedelta(days=2000 * turn + number), "hours_override", " ".join(hours)])
        answer = await edge.ask(
            "POST",
            "/v1/calendars/overrides",
            provider.key,
            content=file.getvalue().encode(),
            headers={"Content-Type": "text/csv"},
        )
    assert answer.status_code == 409
    assert answer.json()["objections"][0]["code"] == "too_many_days"
    assert (await present_calendar(edge, provider))["number"] == 2
