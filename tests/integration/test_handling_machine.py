"""Whatever people try at a complaint desk in whatever order, what a complaint must never be it never is."""

from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from chassis.clocks.rules import PAUSED, STOPPED
from chassis.ids import new_id
from chassis.tables import Timer
from contracts.clauses import CLAUSES, REQUIREMENTS
from services.complaints.app import SERVICE
from tests.make.complaints import Json, made
from tests.make.external_cases import register as register_case
from tests.make.external_cases import take as rule_case
from tests.make.handling import DAY
from tests.make.house import House
from tests.make.imports import case, complaints_of, csv_of, mapping, start
from tests.make.walks import PEOPLE, Draw, Seen, Try, Walk, draw_try, walking

ZONE = ZoneInfo("Asia/Shanghai")
MAY_MOVE = {"assess", "reassess", "extend", "answer", "time_out"}
"""The steps after which what is agreed may be another time than before."""
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]
NOBODY: Json = {"parties": [], "anonymous": True}
MOVES = st.sampled_from(
    ["step"] * 20
    + ["advance"] * 4
    + ["publish_policy", "change_calendar", "register", "write", "answer", "import", "ruling"]
)


@pytest.mark.feature("C17", "C26")
@pytest.mark.clause("8.2-4", "8.2-10", "8.2-11")
@settings(max_examples=16, deadline=None, suppress_health_check=UNHURRIED)
@given(data=st.data())
async def test_no_walk_over_a_desk_breaks_what_holds_for_every_complaint(untimed: House, data: st.DataObject) -> None:
    await go(untimed, data, moves=30)


@pytest.mark.long
@settings(max_examples=40, deadline=None, suppress_health_check=UNHURRIED)
@given(data=st.data())
async def test_no_long_walk_does_either(untimed: House, data: st.DataObject) -> None:
    await go(untimed, data, moves=60)


async def go(untimed: House, data: st.DataObject, *, moves: int) -> None:
    """One walk: after each move everything holds for each complaint."""
    async with walking(untimed, **data.draw(st.sampled_from([{}, {}, NOBODY]))) as walk:
        walk.promises = data.draw(st.booleans())
        await walk.lead_on(next(iter(walk.codes)), data.draw(st.sampled_from([0, 2, 4, 7, 7, 7])))
        before = {one: await walk.seen(one) for one in walk.codes}
        for _ in range(data.draw(st.integers(moves // 2, moves))):
            move = data.draw(MOVES)
            await MOVE[move](walk, data.draw, before)
            after = {one: await walk.seen(one) for one in walk.codes}
            for one, seen in after.items():
                holds(seen)
                if one in before:
                    dues_stay(before[one], seen)
                    stands_at_a_version(before[one], seen)
                    if (before[one].record["state"], seen.record["state"]) != ("closed", "closed"):
                        is_followed_up(walk, seen, after)
            before = after
        assert before


async def take_a_step(walk: Walk, draw: Draw[Any], before: dict[str, Seen]) -> None:
    """Somebody tries a step; one that is refused says why in both languages, and changes nothing."""
    complaint_id = draw(st.sampled_from(sorted(before)))
    seen = before[complaint_id]
    tried = draw_try(draw, walk, seen.record)
    answer = await tried.send(walk, complaint_id)
    assert answer.status_code in {200, 403, 409, 412, 422}, answer.text
    if answer.status_code == 200:
        assert answer.json()["version"] == seen.record["version"] + 1
        return
    if answer.status_code == 409:
        await says_why(walk, complaint_id, tried, answer.json())
    assert (await walk.seen(complaint_id)).told == seen.told, f"{tried} was refused"


async def says_why(walk: Walk, complaint_id: str, tried: Try, problem: Json) -> None:
    """All that stands against a step is named, each thing once, for a clause, in the caller's language."""
    objections = problem["objections"]
    codes = [one["code"] for one in objections]
    assert codes
    assert len(codes) == len(set(codes))
    assert {one["clause"] for one in objections} <= {*CLAUSES, *REQUIREMENTS}
    assert all(one["message"].replace("“", "").replace("”", "").isascii() for one in objections)
    other = made(await tried.send(walk, complaint_id, "zh-CN"), 409)["objections"]
    assert [one["code"] for one in other] == codes
    assert not any(one["message"].isascii() for one in other)


async def write_the_state(walk: Walk, draw: Draw[Any], before: dict[str, Seen]) -> None:
    """Somebody tries to write the state past the steps."""
    complaint_id = draw(st.sampled_from(sorted(before)))
    client = walk.desk.by[draw(st.sampled_from([*PEOPLE, "administrator"]))]
    for method in ("PATCH", "PUT", "DELETE"):
        answer = await client.request(method, f"/v1/complaints/{complaint_id}", json={"state": "closed"})
        assert answer.status_code == 405, answer.text
    assert (await walk.seen(complaint_id)).told == before[complaint_id].told


async def answer_by_receipt(walk: Walk, draw: Draw[Any], before: dict[str, Seen]) -> None:
    """Whoever holds the receipt answers, says whether they are satisfied, objects, or withdraws."""
    complaint_id = draw(st.sampled_from(sorted(before)))
    seen, code = before[complaint_id], walk.codes[complaint_id]
    address = f"/v1/public/{walk.desk.tenant.slug}/complaints/{seen.record['receipt_number']}"
    what: tuple[str, Json] = draw(
        st.sampled_from(
            [
                ("answer", {"words": "It is the second one."}),
                ("follow-up", {"satisfaction": "satisfied"}),
                ("follow-up", {"satisfaction": "not_satisfied", "wants_more": True}),
                ("objection", {"words": "It is still down."}),
                ("withdrawal", {}),
            ]
        )
    )
    if code:  # what was imported has none
        client = walk.desk.by["public"]
        answer = await client.post(f"{address}/{what[0]}", json=what[1], headers={"Receipt-Code": code})
        assert answer.status_code in {200, 409, 429}, answer.text  # 429: five that were refused in an hour
        if answer.status_code != 200:
            assert (await walk.seen(complaint_id)).told == seen.told


async def hear_a_ruling(walk: Walk, draw: Draw[Any], before: dict[str, Seen]) -> None:
    """An authority rules: what was closed or refused goes on if it was for the complainant, all else stays."""
    complaint_id = draw(st.sampled_from(sorted(before)))
    seen, outcome = before[complaint_id], draw(st.sampled_from(["upheld", "upheld", "not_upheld"]))
    case = await register_case(walk.desk.by["lead"], complaint_id, reference=f"W-{new_id()}")
    await rule_case(walk.desk.by["lead"], case["id"], "rule", outcome=outcome)
    goes_on = {"closed": "reinvestigating", "refused": "assessed"} if outcome == "upheld" else {}
    state = seen.record["state"]
    assert (await walk.seen(complaint_id)).record["state"] == goes_on.get(state, state)


async def import_a_case(walk: Walk, draw: Draw[Any], before: dict[str, Seen]) -> None:
    """A past case comes in: to go on here, archived, or not at all; it never comes in closed."""
    number = f"C-{len(walk.codes)}-{walk.desk.clock.now:%j%H}"
    known = await complaints_of(walk.desk.by["lead"])
    if number in known or len(walk.codes) > 2:
        return
    ended = draw(st.sampled_from([{}, {"closed": ""}, {"closed": "", "told": "", "solved": ""}, {"solved": ""}]))
    opened = mapping(open_cases=draw(st.sampled_from(["refuse", "archive", "take_over"])))
    await start(walk.desk.by["lead"], csv_of([case(number, **ended)]), opened)
    await walk.desk.fire()
    for one in (await complaints_of(walk.desk.by["lead"])).values():
        walk.codes.setdefault(one["id"], "")
        assert one["state"] != "closed" or one["id"] in before


async def advance(walk: Walk, draw: Draw[Any], before: dict[str, Seen]) -> None:
    """Time passes; all that has come due is taken."""
    await walk.advance(draw)
    async with walk.desk.house.database(SERVICE.name).connection() as (connection, _):
        due = select(func.count()).where(Timer.due_at <= walk.desk.clock.now)
        assert (await connection.execute(due)).scalar_one() == 0


async def register(walk: Walk, draw: Draw[Any], before: dict[str, Seen]) -> None:
    """Another complaint comes in, perhaps without a name, and is led on a little."""
    if len(walk.codes) < 2:
        complaint_id = await walk.register(**draw(st.sampled_from([{}, NOBODY])))
        await walk.lead_on(complaint_id, draw(st.integers(0, 3)))


async def publish_policy(walk: Walk, draw: Draw[Any], before: dict[str, Seen]) -> None:
    """Another policy changes nothing of what is under way."""
    await walk.publish_policy(draw)
    await nothing_moved(walk, before)


async def change_calendar(walk: Walk, draw: Draw[Any], before: dict[str, Seen]) -> None:
    """Another calendar changes nothing of what is under way."""
    await walk.change_calendar(draw)
    await nothing_moved(walk, before)


async def nothing_moved(walk: Walk, before: dict[str, Seen]) -> None:
    """Not one due time has moved, nor anything else."""
    for complaint_id, seen in before.items():
        now = await walk.seen(complaint_id)
        assert now.dues == seen.dues
        assert now.entries == seen.entries


MOVE = {
    "step": take_a_step,
    "advance": advance,
    "publish_policy": publish_policy,
    "change_calendar": change_calendar,
    "register": register,
    "write": write_the_state,
    "answer": answer_by_receipt,
    "import": import_a_case,
    "ruling": hear_a_ruling,
}


def holds(seen: Seen) -> None:
    """Versions are dense, intervals follow each other without a gap, each rung was reached once in each round.

    The clock of the decision pauses while the complainant is waited for, and no clock at any other time.
    """
    versions = [entry["version"] for entry in seen.entries]
    assert versions == list(range(1, seen.record["version"] + 1))
    waiting = seen.record["state"] == "waiting_complainant"
    for one in seen.clocks:
        stopped = one.clock.state == STOPPED
        assert (one.clock.state == PAUSED) == (waiting and one.clock.name == "decide" and not stopped)
        ends = [row.ended_at for row in one.rows]
        assert all(end is not None for end in ends[:-1])
        assert (ends[-1] is not None) == stopped
        assert [row.started_at for row in one.rows[1:]] == ends[:-1]
        assert all(row.ended_at is None or row.started_at <= row.ended_at for row in one.rows)
    for former, later in pairwise(seen.clocks):
        if former.clock.name == later.clock.name:
            assert former.clock.stopped_at is not None
            assert former.clock.stopped_at <= later.clock.started_at
    rounds = Counter(one.clock.name for one in seen.clocks)
    reached = Counter((entry["data"]["clock"], entry["data"]["percent"]) for entry in seen.entries if is_rung(entry))
    assert all(times <= rounds[clock] for (clock, _), times in reached.items())


def is_rung(entry: Json) -> bool:
    """Whether an entry tells that so much of a limit has passed."""
    return "percent" in entry["data"]


def stands_at_a_version(before: Seen, seen: Seen) -> None:
    """Nothing that a step rests on changes while the version stays: a step is written only where that is as read."""
    if before.record["version"] == seen.record["version"]:
        assert rested_on(before.record) == rested_on(seen.record)


def rested_on(record: Json) -> Json:
    """What steps read of a complaint, without what time alone changes."""
    running = {"elapsed_minutes", "remaining_minutes", "percent", "late", "late_as_promised"}
    clocks = [{name: value for name, value in one.items() if name not in running} for one in record["clocks"]]
    return {**record, "clocks": clocks, "open_steps": None}


def dues_stay(before: Seen, after: Seen) -> None:
    """What was promised stays for good, and what is agreed moves by the steps alone that may move it."""
    steps = {entry["record"]["step"] for entry in after.entries[len(before.entries) :] if entry["record"]}
    for clock, (promised, due) in before.dues.items():
        assert after.dues[clock][0] == promised
        assert after.dues[clock][1] == due or steps & MAY_MOVE, f"{clock} moved by {steps}"


def is_followed_up(walk: Walk, seen: Seen, all_: dict[str, Seen]) -> None:
    """A closed complaint was followed up with each of its parties, those of merged complaints too, or it was waived."""
    record = seen.record
    if record["state"] != "closed":
        return
    steps = [entry["record"] for entry in seen.entries if entry["record"]]
    waived = {one["data"]["objection"] for one in steps if one["step"] == "waive"}
    for party in parties_of(seen, all_):
        mine = [one for one in steps if one["round"] == record["round"] and one["party_id"] == party["id"]]
        reachable = any(party[way] for way in ("telephone", "email", "address"))
        done = called(walk, mine) if reachable else called(walk, mine) or mailbox_waited(walk, record, steps)
        assert done or waived & {"not_followed_up", "mailbox_waits"}, f"{party['id']} was not followed up"


def parties_of(seen: Seen, all_: dict[str, Seen]) -> list[Json]:
    """Who complains in a complaint, and in those that were merged into it or into one of them."""
    own = [party for party in seen.record["parties"] if party["role"] != "subject"]
    merged = [one for one in all_.values() if one.record["merged_into"] == seen.record["id"]]
    return own + [party for one in merged for party in parties_of(one, all_)]


def called(walk: Walk, steps: list[Json]) -> bool:
    """Whether a party was reached, would not talk, or was tried often enough; the latter two with a written notice."""
    tries = [one for one in steps if one["step"] == "record_follow_up"]
    outcomes = {one["data"]["outcome"] for one in tries}
    days = {datetime.fromisoformat(one["at"]).astimezone(ZONE).date() for one in tries}
    enough = len(tries) >= 3 and sum(day.weekday() < 5 and day not in walk.closed_on for day in days) >= 2
    written = any(one["step"] == "notify_follow_up" for one in steps)
    return "reached" in outcomes or (written and ("refused_to_talk" in outcomes or enough))


def mailbox_waited(walk: Walk, record: Json, steps: list[Json]) -> bool:
    """Whether ten working days have gone by since the follow-up was planned."""
    planned = [one["at"] for one in steps if (one["step"], one["round"]) == ("plan_follow_up", record["round"])]
    day, now = (datetime.fromisoformat(at).astimezone(ZONE).date() for at in (planned[0], record["closed_at"]))
    between = (day + ahead * DAY for ahead in range(1, (now - day).days + 1))
    return sum(one.weekday() < 5 and one not in walk.closed_on for one in between) >= 10
