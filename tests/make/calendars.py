"""Lists of days as people load them, and providers with working weeks."""

from typing import Any

from tests.make.edge import Edge, Machine
from tests.make.house import WORKDAYS

Json = dict[str, Any]
WEEK = {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in WORKDAYS}
NOTICE_2027 = "date,kind,hours,name\n2027-02-05,closed,,农历除夕\n2027-02-08,closed,,春节\n2027-02-20,open_extra,,\n"
"""A list for 2027 as it could be announced; a test needs no true one."""


async def working_week(edge: Edge, **changes: Any) -> Machine:
    """The administrator of a new provider that works from Monday to Friday, eight hours a day."""
    made = await edge.register(**{"working_hours": WEEK} | changes)
    assert made.status_code == 201, made.text
    return await edge.administrator(made.json()["id"])


async def present_calendar(edge: Edge, who: Machine) -> Json:
    """The newest version of a provider's calendar, whole."""
    newest = (await edge.ask("GET", "/v1/calendars", who.key, params={"limit": 1})).json()["items"][0]
    answer = await edge.ask("GET", f"/v1/calendars/{newest['id']}", who.key)
    assert answer.status_code == 200, answer.text
    whole: Json = answer.json()
    return whole


async def load(edge: Edge, who: Machine, csv: str, **params: Any) -> Json:
    """Loads an official list in CSV."""
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    path = "/v1/calendars/official-lists"
    answer = await edge.ask("POST", path, who.key, content=csv.encode(), headers=headers, params=params)
    assert answer.status_code < 300, answer.text
    loaded: Json = answer.json()
    return loaded


async def override(edge: Edge, who: Machine, *days: Json, **params: Any) -> Json:
    """Sets days of the provider's own."""
    body = {"days": list(days)}
    answer = await edge.ask("POST", "/v1/calendars/overrides", who.key, json=body, params=params)
    assert answer.status_code < 300, answer.text
    made: Json = answer.json()
    return made


def days_of(calendar: Json, year: int) -> dict[str, Json]:
    """The special days of a calendar in a year, by month and day."""
    return {day["date"][5:]: day for day in calendar["days"] if day["date"].startswith(str(year))}
