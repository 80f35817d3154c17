"""A complaint desk: the people who work there, and complaints led through the steps as its clients lead them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from chassis.actors import SYSTEM
from chassis.app import create_app
from chassis.ids import new_id
from chassis.jobs import Timers
from services.complaints.app import SERVICE
from services.complaints.handling.jobs import hand_to_backups
from services.complaints.staff.models import AppointmentCopy, DepartmentCopy, StaffCopy, TrainingCopy
from services.complaints.staff.queries import PERSON
from tests.make.complaints import Json, SetClock, acknowledge, complaint, contact, made, objected
from tests.make.house import House, Tenant

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY = datetime(2026, 6, 1, 2, tzinfo=UTC)
"""A Monday at ten in Shanghai, in weeks without holidays."""
LONG_AGO, FAR_OFF = date(2020, 1, 1), date(2099, 1, 1)
PUBLISHED = datetime(2026, 1, 5, 2, tzinfo=UTC)
ASSESSMENT: Json = {
    "severity": "major",
    "urgency": "high",
    "category": "outage",
    "validity": "valid",
    "safety": False,
    "legal": False,
    "subject": {"kind": "service"},
    "customer_id": None,
    "service": "portal",
    "department_id": None,
}
PROPOSAL: Json = {
    "finding": "A certificate had expired.",
    "cause": "expired_certificate",
    "no_evidence_reason": "The certificate was replaced at once.",
    "remedies": [],
    "decision": "upheld",
    "answer": "Our certificate had expired. We have replaced it and watch its date now.",
}


SOMEBODY = "0190a000-0000-7000-8000-000000000001"
BODIES: dict[str, Json] = {
    "redirect": {"reason": "enquiry", "destination": "service_desk", "told": True},
    "discard": {"reason": "spam"},
    "resolve_at_once": {
        "method": "telephone",
        "cause": "wrong_invoice",
        "remedy": "correction",
        "agreed": True,
        "done": True,
        "words": "The invoice is corrected.",
    },
    "assess": ASSESSMENT,
    "reassess": ASSESSMENT | {"reason": "new_facts"},
    "refuse": {"reason": "not_our_service", "words": "It is about another provider."},
    "appeal": {"method": "telephone", "words": "It is about you."},
    "uphold_refusal": {"method": "telephone", "words": "It is about you."},
    "assign": {"handler_id": SOMEBODY},
    "reassign": {"handler_id": SOMEBODY, "reason": "workload", "words": "Nothing was done yet."},
    "start": {"words": "I look at the logs."},
    "inform": {"method": "telephone", "words": "We look at the logs."},
    "extend": {"working_hours": 8, "reason": "supplier", "told_method": "telephone"},
    "escalate": {"to_id": SOMEBODY, "reason": "overdue"},
    "merge": {"target_id": SOMEBODY, "words": "The same outage."},
    "ask": {"words": "Which account is it?", "reason": "account_unknown"},
    "answer": {"words": "The one of the head office.", "method": "telephone"},
    "propose": PROPOSAL,
    "send_back": {"words": "Say what was done."},
    "approve": {"method": "telephone"},
    "deliver_remedy": {"remedy": 1},
    "confirm_remedy": {"remedy": 1, "method": "telephone"},
    "plan_follow_up": {"caller_id": SOMEBODY},
    "record_follow_up": {"method": "telephone", "outcome": "no_answer"},
    "notify_follow_up": {"method": "letter"},
    "close": {},
    "final_position": {"method": "letter", "words": "This is our last word."},
    "dissatisfied": {"handler_id": SOMEBODY},
    "reopen": {"handler_id": SOMEBODY, "reason": "new_evidence", "words": "A log was found."},
    "object": {"method": "telephone", "words": "It is still down."},
    "answer_objection": {"words": "It has been up since."},
    "withdraw": {"method": "telephone", "words": "I withdraw it."},
    "waive": {
        "objection": "handler_absent",
        "control": "management_review",
        "reviewer_id": SOMEBODY,
        "words": "There is nobody else.",
    },
    "review_waiver": {"outcome": "confirmed", "words": "The records were looked at."},
    "link_improvement": {"improvement": "imp-2026-0007"},
}
"""A body of each step with all that its shape asks for."""


@dataclass
class Desk:
    """A provider's desk at a time that the test sets: lead, two handlers, who calls back, and the head above them.

    `by` is a client for each of them, and for the public.
    """

    house: House
    tenant: Tenant
    clock: SetClock
    people: dict[str, UUID] = field(default_factory=dict)
    by: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def step(self, who: str, record: Json, name: str, **body: Any) -> Json:
        """The complaint after a step of somebody."""
        return made(await self.by[who].post(f"/v1/complaints/{record['id']}/{name.replace('_', '-')}", json=body))

    async def refused(self, who: str, record: Json, name: str, **body: Any) -> list[str]:
        """The codes of all that stands against a step of somebody."""
        return objected(await self.by[who].post(f"/v1/complaints/{record['id']}/{name.replace('_', '-')}", json=body))

    async def fire(self) -> None:
        """Takes what is due at the time of the desk, as a worker does, until nothing is left."""
        timers = Timers(self.house.database("complaints"), SERVICE.timers)
        while await timers.fire_due():
            pass

    async def absent(self, who: str, days: int = 7) -> None:
        """Somebody is away from the present day on."""
        today = self.clock.now.date()
        async with self.house.database("complaints").work(self.tenant.id, actor=SYSTEM, correlation=new_id()) as unit:
            (staff,) = await unit.read(PERSON, account_id=self.people[who])
            staff.absent_from, staff.absent_until = today, today + days * DAY

    async def sweep(self) -> None:
        """Takes the daily sweep of absences, as the clock does."""
        async with self.house.database("complaints").work(self.tenant.id, actor=SYSTEM, correlation=new_id()) as unit:
            await hand_to_backups(unit, self.tenant.id, "sweeps")

    def account(self, who: str) -> str:
        """The account of somebody, as it is sent."""
        return str(self.people[who])

    async def assigned(self, **changes: Any) -> Json:
        """A complaint that the handler has."""
        record = await self.assessed(**changes)
        return await self.step("lead", record, "assign", handler_id=self.account("handler"))

    async def assessed(self, received: Json | None = None, **changes: Any) -> Json:
        """A complaint that was received, acknowledged and assessed."""
        body = complaint(**received or {})
        record = made(await self.by["handler"].post("/v1/complaints", json=body), 201)
        await acknowledge(self.by["handler"], record["id"], **contact())
        return await self.step("lead", record, "assess", **ASSESSMENT | changes)

    async def investigating(self, **changes: Any) -> Json:
        """A complaint that is investigated."""
        return await self.step("handler", await self.assigned(**changes), "start", words="I look at the logs.")

    async def decided(self, record: Json | None = None, proposal: Json | None = None, **changes: Any) -> Json:
        """A complaint that was decided on; `record` is one that is investigated."""
        record = record or await self.investigating(**changes)
        await self.step("handler", record, "propose", **PROPOSAL | (proposal or {}))
        return await self.step("lead", record, "approve", method="telephone")

    async def pending(self, record: Json | None = None, **changes: Any) -> Json:
        """A complaint whose follow-up is planned."""
        record = record or await self.decided(**changes)
        return await self.step("lead", record, "plan_follow_up", caller_id=self.account("caller"))

    async def reached(self, record: Json, satisfaction: str = "satisfied", **changes: Any) -> Json:
        """A complaint whose complainant was called back."""
        body = {"method": "telephone", "outcome": "reached", "satisfaction": satisfaction} | changes
        return await self.step("caller", record, "record_follow_up", **body)

    async def closed(self, **changes: Any) -> Json:
        """A complaint that is closed."""
        return await self.step("caller", await self.reached(await self.pending(**changes)), "close")


KNOWN_BY: dict[str, dict[str, str]] = {
    "lead": {"staff_number": "0011", "post": "complaint-lead"},
    "handler": {"staff_number": "0012", "post": "complaint-handler"},
    "caller": {"staff_number": "0014", "post": "hotline"},
    "head": {"post": "service-manager"},
}
"""Staff numbers and posts; of the colleague neither is known."""
ROLES = {
    "lead": ("complaint_lead",),
    "handler": ("complaint_handler", "complaint_lead"),
    "colleague": ("complaint_handler",),
    "caller": ("follow_up_caller",),
    "head": ("management",),
    "administrator": ("administrator",),
}


@asynccontextmanager
async def desk_of(house: House, tenant: Tenant, at: datetime = MONDAY, **settings: Any) -> AsyncIterator[Desk]:
    """The desk of a provider at a time, in a process of complaints of its own whose timers the test fires."""
    clock = SetClock(at)
    app = create_app(SERVICE, house.settings("complaints", worker="off", **settings), clock=clock)
    async with app.router.lifespan_context(app), AsyncExitStack() as clients:
        own = House(house.servers, {"complaints": app})
        desk = Desk(own, tenant, clock, {who: new_id() for who in ROLES})
        for who, roles in ROLES.items():
            client = own.client_of("complaints", own.person_token(tenant, desk.people[who], *roles))
            desk.by[who] = await clients.enter_async_context(client)
        desk.by["public"] = await clients.enter_async_context(own.client("complaints"))
        await _employ(desk)
        yield desk


async def _employ(desk: Desk) -> None:
    """The desk's people: a team within a department, the lead at the head of the team, the head at that of both."""
    department, team = new_id(), new_id()
    work = desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id())
    async with work as unit:
        mine = {"provider_id": desk.tenant.id, "version": 1}
        unit.add(
            DepartmentCopy(
                **mine, id=department, code="service", parent_id=None, head_id=desk.people["head"], active=True
            ),
            DepartmentCopy(
                **mine, id=team, code="desk", parent_id=department, head_id=desk.people["lead"], active=True
            ),
        )
        for who in ("lead", "handler", "colleague", "caller", "head"):
            account = desk.people[who]
            works = {"department_id": department, "team_id": None if who == "head" else team, "employed": True}
            unit.add(StaffCopy(**mine, id=account, **works, **KNOWN_BY.get(who, {})))
            qualifies = {"account_id": account, "competence": "complaint_handling", "qualifies": True}
            unit.add(TrainingCopy(**mine, id=new_id(), valid_from=LONG_AGO, valid_until=FAR_OFF, **qualifies))
            appointed = {"account_id": account, "duty": "complaint_handling", "dedicated": False, "holds": True}
            unit.add(AppointmentCopy(**mine, id=new_id(), begins_on=LONG_AGO, ends_on=None, **appointed))
