"""Walks over a complaint desk: what somebody tries next and what they send, as hypothesis draws it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx
from hypothesis import strategies as st
from sqlalchemy import delete

from chassis.actors import SYSTEM
from chassis.clocks.queries import Measured, clocks_of
from chassis.ids import new_id
from chassis.providers import keep_provider
from chassis.tables import Timer
from contracts.gateway import ProviderState, WorkingCalendar
from services.complaints.app import SERVICE
from services.complaints.complaints.schemas import AcknowledgeIn
from services.complaints.steps.actions import TAKINGS
from services.complaints.steps.routes import BY_ITSELF
from services.complaints.waivers.rules import WAIVABLE
from tests.make.complaints import Json, complaint, contact, made
from tests.make.handling import ASSESSMENT, DAY, HOUR, PROPOSAL, Desk, desk_of
from tests.make.house import WORKDAYS, House, Tenant

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[T]], T]
DATABASE = "walks"
"""A database of complaints whose timers nobody takes but who walks there."""
PEOPLE = ("lead", "handler", "colleague", "caller", "head")
LONGEST = 120 * DAY
"""So much time passes at most in a walk."""
HOURS = ([("09:00", "12:00"), ("13:00", "18:00")], [("08:00", "16:00")])
FIELDS = {name: taking.body.model_fields.keys() for name, taking in TAKINGS.items() if name not in BY_ITSELF}
FIELDS["acknowledge"] = AcknowledgeIn.model_fields.keys()
FORWARD: Mapping[str, list[tuple[str, str]]] = {
    "received": [("handler", "acknowledge")],
    "acknowledged": [("lead", "assess"), ("lead", "assess"), ("handler", "resolve_at_once")],
    "assessed": [("lead", "assign"), ("lead", "assign"), ("head", "refuse")],
    "assigned": [("handler", "start")],
    "investigating": [("handler", "propose"), ("handler", "propose"), ("handler", "ask")],
    "waiting_complainant": [("handler", "answer")],
    "response_ready": [("lead", "approve"), ("lead", "approve"), ("lead", "send_back")],
    "decided": [("lead", "plan_follow_up")],
    "follow_up_pending": [
        *[("caller", "record_follow_up"), ("caller", "close")] * 3,
        ("caller", "notify_follow_up"),
        ("head", "dissatisfied"),
        ("caller", "final_position"),
        ("lead", "waive"),
    ],
    "reinvestigating": [("head", "propose"), ("head", "propose"), ("head", "ask")],
    "refused": [("handler", "object"), ("lead", "appeal"), ("lead", "uphold_refusal")],
    "closed": [("handler", "object"), ("head", "answer_objection"), ("head", "reopen"), ("head", "reopen")],
}
"""Who leads a complaint on by which step, by its state."""


@dataclass
class Seen:
    """A complaint as it stands: over HTTP, its whole timeline, and its clocks with their intervals."""

    record: Json
    entries: list[Json]
    clocks: list[Measured]

    @property
    def told(self) -> tuple[Json, list[Json]]:
        """What a step that is refused leaves as it was."""
        return self.record, self.entries

    @property
    def dues(self) -> dict[tuple[str, int], tuple[Any, Any]]:
        """Of each round of each clock what was promised and what is agreed."""
        return {(one.clock.name, one.clock.round): (one.clock.promised_due_at, one.clock.due_at) for one in self.clocks}


@dataclass
class Walk:
    """A desk, the complaints of a walk with their receipt codes by id, and the holidays of the present calendar.

    In a walk that `promises` something is to be done for the complainant some days after each decision.
    """

    desk: Desk
    codes: dict[str, str] = field(default_factory=dict)
    calendars: int = 0
    closed_on: frozenset[date] = frozenset()
    passed: timedelta = timedelta(0)
    promises: bool = False

    async def seen(self, complaint_id: str) -> Seen:
        """A complaint as it stands."""
        address, lead = f"/v1/complaints/{complaint_id}", self.desk.by["lead"]
        record = made(await lead.get(address))
        entries = made(await lead.get(f"{address}/timeline", params={"limit": 200}))["items"]
        working = self.desk.house.database("complaints").work(self.desk.tenant.id, actor=SYSTEM, correlation=new_id())
        async with working as work:
            clocks = await clocks_of(work, UUID(complaint_id))
        return Seen(record, entries, clocks)

    async def register(self, **changes: Any) -> str:
        """A complaint that the handler registers."""
        record = made(await self.desk.by["handler"].post("/v1/complaints", json=complaint(**changes)), 201)
        self.codes[record["id"]] = record["receipt_code"]
        return str(record["id"])

    async def lead_on(self, complaint_id: str, steps: int) -> None:
        """Takes so many steps of a complaint as they are taken where all goes well."""
        for _ in range(steps):
            record = (await self.seen(complaint_id)).record
            who, step = FORWARD[record["state"]][0]
            body = steady(self.desk, step) | self.promised(step)
            if step == "acknowledge" and record["anonymous"]:
                body = {"method": "receipt"}
            made(await Try(who, step, body).send(self, complaint_id))

    def promised(self, step: str) -> Json:
        """What a proposal of this walk promises to be done in a few days, if it is one that does."""
        due_on = (self.desk.clock.now + 5 * DAY).date().isoformat()
        owned = {"kind": "refund", "due_on": due_on, "owner_id": self.desk.account("lead")}
        return {"remedies": [owned]} if step == "propose" and self.promises else {}

    async def publish_policy(self, draw: Draw[Any]) -> None:
        """The lead changes how the desk works."""
        hours = st.one_of(st.none(), st.integers(1, 200))
        by_severity = st.fixed_dictionaries(dict.fromkeys(("minor", "moderate", "major", "critical"), hours))
        numbers = {"longest_pause_days": st.integers(1, 60), "extensions": st.integers(0, 3)}
        clocks = {"assess": hours, "follow_up": hours, "close": hours, "decide": by_severity, "progress": by_severity}
        body = draw(st.fixed_dictionaries({**clocks, **numbers}))
        made(await self.desk.by["lead"].post("/v1/policies", json=body), 201)

    async def keep_calendar(self, hours: Any = HOURS[0], closed_on: frozenset[date] = frozenset()) -> None:
        """Another version of the provider's calendar arrives."""
        self.calendars, self.closed_on = self.calendars + 1, closed_on
        tenant = self.desk.tenant
        days: dict[date, list[tuple[str, str]]] = {day: [] for day in closed_on}
        state = ProviderState(
            provider_id=tenant.id,
            slug=tenant.slug,
            name="示范供方",
            time_zone="Asia/Shanghai",
            language="zh-CN",
            working_hours=dict.fromkeys(WORKDAYS, hours),
            calendar=WorkingCalendar(number=self.calendars, days=days, official_through=None),
        )
        working = self.desk.house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id())
        async with working as work:
            await keep_provider(work, state, self.calendars)

    async def change_calendar(self, draw: Draw[Any]) -> None:
        """The provider works at other hours, and not at all on some days to come."""
        today = self.desk.clock.now.date()
        days = draw(st.frozensets(st.integers(0, 30).map(lambda ahead: today + ahead * DAY), max_size=5))
        await self.keep_calendar(draw(st.sampled_from(HOURS)), days)

    async def advance(self, draw: Draw[Any]) -> None:
        """Time passes, and the clock takes what has come due."""
        time = draw(st.sampled_from([HOUR, 8 * HOUR, DAY, DAY, 4 * DAY, 31 * DAY]))
        if self.passed + time <= LONGEST:
            self.passed += time
            self.desk.clock.forward(time)
            await self.desk.fire()


@asynccontextmanager
async def walking(house: House, **changes: Any) -> AsyncIterator[Walk]:
    """The desk of a provider of its own on that database, with one complaint."""
    provider_id = new_id()
    tenant = Tenant(provider_id, f"p-{provider_id.hex[-12:]}")
    async with desk_of(house, tenant, database_name=DATABASE) as desk:
        walk = Walk(desk)
        async with desk.house.database(SERVICE.name).connection() as (connection, _):
            await connection.execute(delete(Timer))  # those of walks before
        await walk.keep_calendar()
        await walk.register(**changes)
        yield walk


@dataclass(frozen=True)
class Try:
    """A step that somebody tries."""

    who: str
    step: str
    body: Json
    version: int | None = None

    async def send(self, walk: Walk, complaint_id: str, language: str = "en") -> httpx.Response:
        """The answer to it."""
        headers = {"Accept-Language": language} | ({} if self.version is None else {"If-Match": f'"{self.version}"'})
        address = f"/v1/complaints/{complaint_id}/{self.step.replace('_', '-')}"
        return await walk.desk.by[self.who].post(address, json=self.body, headers=headers)


def draw_try(draw: Draw[Any], walk: Walk, record: Json) -> Try:
    """Mostly what leads on, else what is open, else anything; and mostly with a body that is as it should be."""
    wild = draw(st.sampled_from(["on", "on", "on", "open", "any"]))
    forward = FORWARD.get(record["state"], [])
    if wild == "on" and forward:
        who, step = draw(st.sampled_from(forward))
    else:
        open_ = [one["step"] for one in record["open_steps"] if one["step"] in FIELDS]
        step = draw(st.sampled_from(open_ if wild == "open" and open_ else sorted(FIELDS)))
        who = draw(st.sampled_from(PEOPLE))
    body, pools = steady(walk.desk, step) | walk.promised(step), pools_of(walk, record)
    changed = draw(st.lists(st.sampled_from(sorted({*FIELDS[step], "state"})), max_size=0 if wild == "on" else 2))
    for name in changed:
        body |= {name: draw(st.sampled_from(pools[name]))} if name in pools else {}
    if step == "record_follow_up":
        body |= draw(st.sampled_from(OUTCOMES)) | {"party_id": draw(st.sampled_from(pools["party_id"]))}
    if step in {"propose", "assess"} and draw(st.booleans()):
        name = {"propose": "remedies", "assess": "severity"}[step]
        body |= {name: draw(st.sampled_from(pools[name]))}
    version = draw(st.sampled_from([None, None, None, record["version"], record["version"] - 1]))
    return Try(who, step, body, version)


OUTCOMES: list[Json] = [
    {"outcome": "reached", "satisfaction": "satisfied"},
    {"outcome": "reached", "satisfaction": "partly"},
    {"outcome": "reached", "satisfaction": "partly", "wants_more": True},
    {"outcome": "reached", "satisfaction": "not_satisfied", "wants_more": True},
    {"outcome": "no_answer", "satisfaction": None},
    {"outcome": "refused_to_talk", "satisfaction": None},
]


def steady(desk: Desk, step: str) -> Json:
    """What is sent with a step by who does it well."""
    words = {"words": "As it was told on the telephone."}
    late = {"lateness_reason": "The supplier was late."}
    bodies: dict[str, Json] = {
        "acknowledge": contact(),
        "assess": ASSESSMENT,
        "reassess": ASSESSMENT | {"reason": "new_facts"},
        "refuse": {"reason": "in_court"} | words,
        "appeal": {"method": "letter"} | words,
        "uphold_refusal": {"method": "letter"} | words,
        "redirect": {"reason": "enquiry", "destination": "service_desk", "told": True},
        "discard": {"reason": "test"},
        "resolve_at_once": {"method": "telephone", "cause": "wrong_invoice", "remedy": "correction"}
        | {"agreed": True, "done": True}
        | words,
        "assign": {"handler_id": desk.account("handler")},
        "reassign": {"handler_id": desk.account("colleague"), "reason": "workload"} | words,
        "start": words,
        "inform": {"method": "telephone"} | words,
        "extend": {"working_hours": 16, "reason": "supplier", "told_method": "telephone"},
        "escalate": {"to_id": desk.account("head"), "reason": "overdue"},
        "merge": {"target_id": str(new_id())} | words,
        "ask": {"reason": "account_unknown"} | words,
        "answer": words,
        "propose": PROPOSAL,
        "approve": {"method": "telephone"} | late,
        "send_back": words,
        "deliver_remedy": {"remedy": 1},
        "confirm_remedy": {"remedy": 1, "method": "telephone"},
        "plan_follow_up": {"caller_id": desk.account("caller")},
        "record_follow_up": {"method": "telephone", "outcome": "reached", "satisfaction": "satisfied"},
        "notify_follow_up": {"method": "letter"} | words,
        "close": late,
        "dissatisfied": {"handler_id": desk.account("head")},
        "final_position": {"method": "letter"} | words | late,
        "reopen": {"handler_id": desk.account("head"), "reason": "dissatisfied"} | words,
        "object": {"method": "telephone"} | words,
        "answer_objection": words,
        "withdraw": {"method": "telephone"} | words,
        "waive": {"objection": "not_followed_up", "control": "outside_review", "reviewer_name": "Dr. Li"} | words,
        "review_waiver": {"outcome": "confirmed"} | words,
        "link_improvement": {"improvement": "imp-2026-0007"},
    }
    return dict(bodies[step])


def pools_of(walk: Walk, record: Json) -> dict[str, list[Any]]:
    """What else may be sent in a field."""
    desk, now = walk.desk, walk.desk.clock.now
    people = [*(desk.account(who) for who in PEOPLE), str(new_id())]
    at = [None, *((now - back).isoformat() for back in (-HOUR, HOUR, DAY, 3 * DAY, 60 * DAY))]
    owned = {"kind": "refund", "due_on": (now + 5 * DAY).date().isoformat(), "owner_id": people[1]}
    past = {"due_on": (now - 2 * DAY).date().isoformat()}
    accounts = [{"kind": "person", "account_id": desk.account(who)} for who in ("handler", "head")]
    return {
        **dict.fromkeys(("handler_id", "backup_id", "caller_id", "to_id", "reviewer_id"), people),
        **dict.fromkeys(("at", "told_at", "received_at", "until"), at),
        **{name: [False, True] for name in ("agreed", "done", "told", "legal", "safety", "wants_more", "send")},
        "party_id": [None, None, *(party["id"] for party in record["parties"]), str(new_id())],
        "target_id": [*walk.codes, str(new_id())],
        "words": ["", "Other words."],
        "lateness_reason": [None, "It was a holiday."],
        "method": ["telephone", "message", "letter", "receipt"],
        "outcome": ["reached", "reached", "no_answer", "no_answer", "refused_to_talk", "wrong_number"],
        "satisfaction": ["satisfied", "not_satisfied", "partly", None, None],
        "severity": ["minor", "moderate", "major", "critical"],
        "subject": [{"kind": "service"}, {"kind": "none"}, *accounts],
        "decide_hours": [None, 8, 80, 2000],
        "working_hours": [1, 80],
        "remedies": [[], [], [owned], [owned | {"due_on": None}], [owned | past], [owned, {"kind": "apology"}]],
        "remedy": [1, 2],
        "evidence": [[], [str(new_id())]],
        "recording": [None, str(new_id())],
        "objection": sorted(WAIVABLE),
        "reason": ["dissatisfied", "new_evidence", "other", "spam"],
        "improvement": ["imp-1"],
        "state": ["closed"],
    }
