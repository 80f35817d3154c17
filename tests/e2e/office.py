"""An office as its people and complainants meet it through the gateway: what each may do, and all that is refused."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from chassis.ids import new_id
from services.complaints.complaints.schemas import AcknowledgeIn
from services.complaints.steps.actions import TAKINGS
from tests.e2e.own_stack import OwnStack
from tests.e2e.providers import machine_key, provider_of_its_own
from tests.make.complaints import Json, complain, contact, made, receive
from tests.make.handling import ASSESSMENT, PROPOSAL
from tests.make.house import Tenant
from tests.make.people import accepted, invitation
from tests.make.projects import appoint, change_department, qualify, register_department, register_staff, register_team

ROLES = {
    "lead": ["complaint_lead"],
    "handler": ["complaint_handler", "complaint_lead"],
    "deputy": ["complaint_handler"],
    "caller": ["follow_up_caller"],
    "head": ["management"],
    "technician": ["staff", "complaint_lead"],
    "neighbour": ["staff"],
    "auditor": ["complaint_lead"],
    "advocate": ["complaint_lead"],
}
AT_THE_DESK, IN_THE_FIELD = ("lead", "handler", "deputy", "caller"), ("technician", "neighbour")
QUALIFIED = ("lead", "handler", "deputy", "head")
AROUND_THE_CLOCK = {
    day: [["00:00", "24:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
"""A calendar without holidays whose days are all alike: what the journey asserts holds on whatever day it is taken."""
BODIES = {name: taking.body for name, taking in TAKINGS.items()} | {"acknowledge": AcknowledgeIn}
"""The shape of what is sent with each step."""
TIMED = {
    "complaint": "id = $2",
    "handling_record": "complaint_id = $2",
    "clock": "record_id = $2",
    "clock_interval": "clock_id IN (SELECT id FROM clock WHERE record_id = $2)",
}
"""Where the times of a complaint stand by which its guards go, and which rows are its own."""


@dataclass
class Office:
    """Who works for a provider, each with a client of the gateway, and what of their steps was refused.

    `refused` are the codes of all refusals; `beforehand` those that a complaint told before anybody tried.
    """

    stack: OwnStack
    slug: str
    by: dict[str, httpx.AsyncClient]
    account: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    beforehand: set[str] = field(default_factory=set)

    async def refuses(
        self, client: httpx.AsyncClient, address: str, *codes: str, body: Json, **headers: str
    ) -> list[str]:
        """Asserts that a request is refused for exactly these reasons, in both languages; the Chinese messages."""
        told = {}
        for language in ("en", "zh-CN"):
            answer = await client.post(address, json=body, headers={"Accept-Language": language, **headers})
            problem = made(answer, 409)
            assert problem["type"] == "urn:surety:problem:refused"
            assert [one["code"] for one in problem["objections"]] == list(codes), answer.text
            assert all(one["clause"] for one in problem["objections"])
            told[language] = [one["message"] for one in problem["objections"]]
        assert not {*told["en"]} & {*told["zh-CN"]}
        self.refused.update(codes)
        return told["zh-CN"]

    async def registers(self, **changes: Any) -> "Case":
        """A complaint that a handler registers."""
        return Case(self, (await receive(self.by["handler"], **changes))["id"])

    async def is_told(self, channel: str, **changes: Any) -> tuple["Case", "Complainant"]:
        """A complaint that somebody makes without a login on a channel, which nobody else uses."""
        receipt = await complain(self.by["public"], Tenant(new_id(), self.slug), channel=channel, **changes)
        found = made(await self.by["handler"].get("/v1/complaints", params={"channel": channel}))["items"]
        (mine,) = [one for one in found if one["receipt_number"] == receipt["receipt_number"]]
        return Case(self, mine["id"]), Complainant(self, receipt)


@dataclass
class Case:
    """A complaint, as the office leads it."""

    office: Office
    id: str

    async def post(self, who: str, step: str, **body: Any) -> httpx.Response:
        """The answer to a step of somebody."""
        return await self.office.by[who].post(self._at(step), json=body)

    async def step(self, who: str, step: str, **body: Any) -> Json:
        """The complaint after a step of somebody."""
        return made(await self.post(who, step, **body))

    async def refused(self, who: str, step: str, *codes: str, **body: Any) -> list[str]:
        """Asserts that a step of somebody is not taken, for exactly these reasons; the Chinese messages."""
        before = await self.look()
        told = await self.office.refuses(self.office.by[who], self._at(step), *codes, body=body)
        assert (await self.look())["version"] == before["version"]
        return told

    async def lacks(self, who: str, step: str, *codes: str) -> None:
        """Asserts what the complaint says beforehand that a step of somebody lacks, and that nothing is not enough."""
        (mine,) = [one for one in (await self.look(who))["open_steps"] if one["step"] == step]
        assert [one["code"] for one in mine["lacks"]] == list(codes)
        self.office.beforehand.update(codes)
        if any(one.is_required() for one in BODIES[step].model_fields.values()):
            assert (await self.post(who, step)).status_code == 422

    async def look(self, who: str = "lead") -> Json:
        """The complaint as somebody sees it."""
        return made(await self.office.by[who].get(f"/v1/complaints/{self.id}"))

    async def later(self, days: int) -> None:
        """So many days go by: all that has happened with the complaint was so much earlier."""
        async with self.office.stack.database("complaints") as database:
            for table, mine in TIMED.items():
                columns = await database.fetch(
                    "SELECT column_name AS name FROM information_schema.columns"
                    " WHERE table_name = $1 AND data_type = 'timestamp with time zone'",
                    table,
                )
                moved = ", ".join(f"{one['name']} = {one['name']} - make_interval(days => $1)" for one in columns)
                await database.execute(f"UPDATE {table} SET {moved} WHERE {mine}", days, UUID(self.id))

    async def assessed(self, **changes: Any) -> "Case":
        """The same after it was acknowledged and assessed."""
        if (await self.look())["state"] == "received":
            made(await self.office.by["handler"].post(self._at("acknowledge"), json=contact()))
        await self.step("lead", "assess", **ASSESSMENT | changes)
        return self

    async def investigated(self, **changes: Any) -> "Case":
        """The same after it was given to the handler, who begins."""
        await self.assessed(**changes)
        await self.step("lead", "assign", handler_id=self.office.account["handler"])
        await self.step("handler", "start", words="I read the logs.")
        return self

    async def decided(self, **proposal: Any) -> "Case":
        """The same after the handler's proposal was approved."""
        await self.step("handler", "propose", **PROPOSAL | proposal)
        await self.step("lead", "approve", method="telephone")
        return self

    async def pending(self) -> "Case":
        """The same after the follow-up was planned."""
        await self.step("lead", "plan_follow_up", caller_id=self.office.account["caller"])
        return self

    def _at(self, step: str) -> str:
        return f"/v1/complaints/{self.id}/{step.replace('_', '-')}"


@dataclass
class Complainant:
    """Who complains: without a login, with a receipt."""

    office: Office
    receipt: Json

    async def look(self) -> Json:
        """What the complainant sees."""
        return made(await self.office.by["public"].get(self._address, headers=self._code))

    async def send(self, what: str, **body: Any) -> Json:
        """What the complainant sees after sending something."""
        return made(await self.office.by["public"].post(f"{self._address}/{what}", json=body, headers=self._code))

    async def refused(self, what: str, *codes: str, **body: Any) -> list[str]:
        """Asserts that exactly these reasons stand against what the complainant sends; the Chinese messages."""
        return await self.office.refuses(
            self.office.by["public"], f"{self._address}/{what}", *codes, body=body, **self._code
        )

    @property
    def _address(self) -> str:
        return f"/v1/public/{self.office.slug}/complaints/{self.receipt['receipt_number']}"

    @property
    def _code(self) -> dict[str, str]:
        return {"Receipt-Code": self.receipt["receipt_code"]}


def ago(days: float) -> str:
    """An instant so many days before now."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


@asynccontextmanager
async def open_office(stack: OwnStack) -> AsyncIterator[Office]:
    """The office of a provider of its own, whose people are members, employed, trained and appointed."""
    async with AsyncExitStack() as clients:
        operator, public = [await clients.enter_async_context(stack.client(role)) for role in ("operator", None)]
        slug, token = await provider_of_its_own(stack, operator, public, working_hours=AROUND_THE_CLOCK)
        administrator = await clients.enter_async_context(stack.client(key=token))
        office = Office(stack, slug, {"administrator": administrator, "public": public})
        for who, roles in ROLES.items():
            joined = await accepted(public, await invitation(administrator, *roles, email=f"{who}@provider.example"))
            office.account[who] = joined["member"]["id"]
            office.by[who] = await clients.enter_async_context(stack.client(key=joined["key"]))
        registered = await administrator.post("/v1/clients", json={"name": "Robot", "roles": ["complaint_lead"]})
        key = await machine_key(public, made(registered, 201))
        office.by["machine"] = await clients.enter_async_context(stack.client(key=key))
        await _employ(office)
        yield office


async def _employ(office: Office) -> None:
    """Registers who belongs where: the desk and a team in the field, both in one department; two are from outside."""
    client, account = office.by["administrator"], office.account
    department = await register_department(client)
    desk, field_ = [await register_team(client, department["id"]) for _ in range(2)]
    await register_staff(client, department["id"], account_id=account["head"])
    for team, members in ((desk, AT_THE_DESK), (field_, IN_THE_FIELD)):
        for who in members:
            await register_staff(client, department["id"], account_id=account[who], team_id=team["id"])
    await change_department(client, department, head_id=account["head"])
    await change_department(client, desk, head_id=account["lead"])
    for who in QUALIFIED:
        await qualify(client, account[who], account["caller" if who == "head" else "head"])
        await appoint(client, account[who])
