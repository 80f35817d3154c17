"""Who complains without a login: what their receipts show, and what they say with them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select

from chassis.actors import SYSTEM
from chassis.ids import new_id
from chassis.messages.actions import settle
from chassis.messages.models import Message
from chassis.messages.rules import State
from contracts.complaints import MESSAGE_EVENTS
from services.complaints.notices.jobs import note_unreached
from tests.make.complaints import Json, complain, made, open_channel, timeline
from tests.make.handling import ASSESSMENT, HOUR, PROPOSAL, Desk, desk_of
from tests.make.house import House

NOBODY: Json = {"parties": [], "anonymous": True, "language": "en"}
LEI: Json = {"parties": [{"name": "李雷", "email": "li.lei@customer.example"}], "language": "en"}
NOTE = {"words": "The same outage."}


@asynccontextmanager
async def open_desk(house: House) -> AsyncIterator[Desk]:
    """A desk whose web channel takes complaints without a name."""
    async with desk_of(house, await house.new_tenant()) as desk:
        promise = {"anonymous_allowed": True, "next_review_on": "2027-06-01"}
        await open_channel(desk.by["administrator"], "web", **promise)
        desk.clock.forward(HOUR)
        yield desk


@dataclass
class Holder:
    """Whoever holds a receipt, and the complaint that it is of."""

    desk: Desk
    receipt: Json
    record: Json

    async def look(self) -> Json:
        """What the receipt shows."""
        return made(await self.desk.by["public"].get(self._address, headers=self._code))

    async def letters(self) -> list[tuple[str, str]]:
        """The notices in the mailbox, each with its kind."""
        return [(one["kind"], one["text"]) for one in (await self.look())["mailbox"]]

    async def send(self, what: str, **body: Any) -> httpx.Response:
        """The answer to what is sent with the receipt."""
        return await self.desk.by["public"].post(f"{self._address}/{what}", json=body, headers=self._code)

    @property
    def number(self) -> str:
        """The number of the receipt."""
        return str(self.receipt["receipt_number"])

    @property
    def _address(self) -> str:
        return f"/v1/public/{self.desk.tenant.slug}/complaints/{self.number}"

    @property
    def _code(self) -> dict[str, str]:
        return {"Receipt-Code": self.receipt["receipt_code"], "Accept-Language": "en"}


async def holder(desk: Desk, **changes: Any) -> Holder:
    """Somebody who complained without a login, whose complaint is assessed."""
    receipt = await complain(desk.by["public"], desk.tenant, channel="web", **changes)
    items = made(await desk.by["lead"].get("/v1/complaints"))["items"]
    (found,) = [one for one in items if one["receipt_number"] == receipt["receipt_number"]]
    if found["state"] == "received":
        told = {"method": "telephone", "told_limits": True, "told_receipt_number": True}
        await desk.step("handler", found, "acknowledge", **told)
    return Holder(desk, receipt, await desk.step("lead", found, "assess", **ASSESSMENT))


async def investigated(desk: Desk, record: Json) -> Json:
    """A complaint that the handler investigates."""
    await desk.step("lead", record, "assign", handler_id=desk.account("handler"))
    return await desk.step("handler", record, "start", words="I look at the logs.")


async def decided(desk: Desk, record: Json, method: str = "telephone") -> Json:
    """The same after its decision, told in some way."""
    await desk.step("handler", record, "propose", **PROPOSAL)
    return await desk.step("lead", record, "approve", method=method)


async def closed(desk: Desk, record: Json) -> Json:
    """One that was assessed, when all is done."""
    record = await decided(desk, await investigated(desk, record))
    return await desk.step("caller", await desk.reached(await desk.pending(record)), "close")


async def merged(desk: Desk, one: Holder, target: Holder) -> None:
    """Has one complaint handled with another."""
    await desk.step("handler", one.record, "merge", target_id=target.record["id"], **NOTE)


async def sent(desk: Desk, kind: str) -> dict[str, Json]:
    """The messages of a kind with their words, by recipient."""
    address, client = "/v1/services/complaints/messages", desk.by["administrator"]
    listed = made(await client.get(address, params={"kind": kind}))["items"]
    whole = [made(await client.get(f"{address}/{one['id']}")) for one in listed]
    return {one["recipient"]: one for one in whole}


async def left(desk: Desk, record: Json, step: str) -> Json:
    """What a step left on record, as the lead sees it."""
    entries = await timeline(desk.by["lead"], record["id"])
    found: Json = next(one["record"] for one in reversed(entries) if one["record"] and one["record"]["step"] == step)
    return found


async def tasks(desk: Desk, who: str, why: str) -> int:
    """How many tasks of a kind somebody has."""
    items = made(await desk.by[who].get("/v1/services/complaints/tasks"))["items"]
    return sum(one["why"] == why for one in items)


async def outcome(desk: Desk, kind: str, step: str) -> None:
    """What waits of a kind of notice goes out or is given up, and its complaint hears of it."""
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as unit:
        waiting = select(Message).where(Message.kind == kind, Message.state == State.WAITING)
        message = (await unit.session.execute(waiting)).scalars().one()
        await settle(unit, MESSAGE_EVENTS, message, step)
        await note_unreached(unit, message)
