"""The journey of a complaint over HTTP, through the gateway and real processes, with every refusal on its way."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from chassis.ids import new_id
from tests.e2e.own_stack import OwnStack, eventually
from tests.make.complaints import Json, complain, contact, made, objected, open_channel, timeline
from tests.make.handling import ASSESSMENT, PROPOSAL
from tests.make.house import Tenant
from tests.make.people import accepted, invitation
from tests.make.projects import appoint, change_department, qualify, register_department, register_staff, register_team

ROLES = {
    "lead": ["complaint_lead"],
    "handler": ["complaint_handler"],
    "deputy": ["complaint_handler"],
    "caller": ["follow_up_caller"],
    "head": ["management"],
    "technician": ["staff"],
    "neighbour": ["staff"],
}
AT_THE_DESK, OUTSIDE = ("lead", "handler", "deputy", "caller"), ("technician", "neighbour")
QUALIFIED = ("lead", "handler", "deputy", "head")
NOTE = {"words": "The logs are read; the certificate had expired."}


@dataclass
class Office:
    """Who works for the provider, each with a client of the gateway, and the complaint that the journey is about."""

    by: dict[str, httpx.AsyncClient]
    account: dict[str, str]
    complaint_id: str = ""

    async def post(self, who: str, step: str, language: str = "en", **body: Any) -> httpx.Response:
        """The answer to a step of somebody."""
        address = f"/v1/complaints/{self.complaint_id}/{step.replace('_', '-')}"
        return await self.by[who].post(address, json=body, headers={"Accept-Language": language})

    async def step(self, who: str, step: str, **body: Any) -> Json:
        """The complaint after a step of somebody."""
        return made(await self.post(who, step, **body))

    async def refused(self, who: str, step: str, **body: Any) -> list[str]:
        """The codes of all that stands against a step of somebody."""
        return objected(await self.post(who, step, **body))

    async def told(self, who: str, step: str, language: str, **body: Any) -> list[str]:
        """What somebody whose step is refused reads."""
        refusal = made(await self.post(who, step, language, **body), 409)
        return [one["message"] for one in refusal["objections"]]


@dataclass
class Complainant:
    """Who complains: without a login, with a receipt."""

    client: httpx.AsyncClient
    receipt: Json

    @property
    def address(self) -> str:
        """Where the complaint is followed."""
        return f"/v1/public/demo/complaints/{self.receipt['receipt_number']}"

    async def look(self) -> Json:
        """What the complainant sees."""
        return made(await self.client.get(self.address, headers=self._code))

    async def send(self, what: str, **body: Any) -> httpx.Response:
        """The answer to what the complainant sends."""
        return await self.client.post(f"{self.address}/{what}", json=body, headers=self._code)

    @property
    def _code(self) -> dict[str, str]:
        return {"Receipt-Code": self.receipt["receipt_code"]}


@pytest.fixture
async def office(stack: OwnStack) -> AsyncIterator[Office]:
    async with AsyncExitStack() as clients:
        administrator = await clients.enter_async_context(stack.client("administrator"))
        public = await clients.enter_async_context(stack.client())
        office = Office({"administrator": administrator, "public": public}, {})
        for who, roles in ROLES.items():
            invited = await invitation(administrator, *roles, email=f"{who}-{new_id().hex[-8:]}@provider.example")
            joined = await accepted(public, invited)
            office.account[who] = joined["member"]["id"]
            office.by[who] = await clients.enter_async_context(stack.client(key=joined["key"]))
        await employ(office)
        yield office


async def employ(office: Office) -> None:
    """Registers who belongs where: the desk and a team in the field, both in one department."""
    client, account = office.by["administrator"], office.account
    department = await register_department(client)
    desk, field = [await register_team(client, department["id"]) for _ in range(2)]
    await register_staff(client, department["id"], account_id=account["head"])
    for team, members in ((desk, AT_THE_DESK), (field, OUTSIDE)):
        for who in members:
            await register_staff(client, department["id"], account_id=account[who], team_id=team["id"])
    await change_department(client, department, head_id=account["head"])
    await change_department(client, desk, head_id=account["lead"])
    for who in QUALIFIED:
        await qualify(client, account[who], account["caller" if who == "head" else "head"])
        await appoint(client, account[who])


async def comes_in(office: Office) -> Complainant:
    """A customer complains on a published channel, and is told that it arrived."""
    channel = await open_channel(office.by["administrator"], f"web-{new_id().hex[-8:]}")
    tenant = Tenant(new_id(), "demo")
    complainant = Complainant(office.by["public"], await complain(office.by["public"], tenant, channel=channel["code"]))
    params = {"channel": channel["code"]}
    (found,) = made(await office.by["handler"].get("/v1/complaints", params=params))["items"]
    office.complaint_id = found["id"]
    assert await office.told("lead", "assess", "zh-CN", **ASSESSMENT) == [
        "当前状态为“已登记”；该步骤要求状态为“已告知收悉”。"
    ]
    assert await office.refused("handler", "acknowledge", method="telephone") == [
        "limits_not_told",
        "receipt_number_not_told",
    ]
    assert (await office.step("handler", "acknowledge", **contact()))["state"] == "acknowledged"
    return complainant


async def is_assessed(office: Office) -> None:
    """It is about a technician, and major; the assessment lengthens no limit."""
    about = ASSESSMENT | {"subject": {"kind": "person", "account_id": office.account["technician"]}}
    assert await office.refused("lead", "assess", **about, decide_hours=500) == ["limit_lengthened"]
    assert await office.told("lead", "assess", "en", **about, decide_hours=500) == [
        "An assessment can shorten the limit to decide, never lengthen it; an extension can."
    ]
    assert (await office.step("lead", "assess", **about))["state"] == "assessed"
    assert await office.refused("lead", "refuse", reason="in_court", words="A court has it.") == ["refuser_is_assessor"]


async def gets_a_handler(office: Office) -> None:
    """Neither whom it is about handles it nor who works beside them, nor anybody untrained or not appointed."""
    account = office.account

    async def everybody_is_known() -> bool:
        named = {who: await office.refused("lead", "assign", handler_id=account[who]) for who in OUTSIDE}
        return named == {
            "technician": ["handler_unqualified", "handler_unappointed", "handler_is_subject"],
            "neighbour": ["handler_unqualified", "handler_unappointed", "handler_in_subjects_team"],
        }

    assert await office.refused("lead", "assign", handler_id=str(new_id())) == ["handler_unknown"]
    await eventually(everybody_is_known, "complaints know by events who works where")
    named = {"handler_id": account["technician"], "backup_id": account["technician"]}
    assert await office.told("lead", "assign", "zh-CN", **named) == [
        "处理人员当日没有有效的投诉处理培训记录。",
        "处理人员当日未被任命负责投诉处理。",
        "处理人员是被投诉人。",
        "后备人员不得与处理人员相同。",
        "后备人员是被投诉人。",
    ]

    unheard = {"handler_unqualified", "handler_unappointed", "handler_unknown", "backup_unknown"}

    async def is_assigned() -> bool:  # trainings, appointments and teams come in events of their own
        answer = await office.post("lead", "assign", handler_id=account["handler"], backup_id=account["deputy"])
        assert answer.status_code == 200 or unheard.issuperset(objected(answer))
        return answer.status_code == 200

    await eventually(is_assigned, "complaints know by events who may handle")
    assert (await office.step("handler", "start", words="I read the logs."))["state"] == "investigating"


async def goes_to_another_handler(office: Office) -> None:
    """The handler falls ill: another one takes over, with a note of where it stands."""
    named = {"reason": "absence"} | NOTE
    assert await office.refused("lead", "reassign", handler_id=office.account["handler"], **named) == [
        "handler_unchanged"
    ]

    async def is_handed_over() -> bool:
        answer = await office.post("lead", "reassign", handler_id=office.account["deputy"], **named)
        return answer.status_code == 200

    await eventually(is_handed_over, "complaints know the deputy")


async def is_extended(office: Office) -> None:
    """The agreed limit moves twice and not more; what was promised stays."""
    extension: Json = {"working_hours": 16, "reason": "waiting_for_supplier", "told_method": "telephone"}
    assert (await office.post("deputy", "extend", **extension)).status_code == 403
    before = made(await office.by["lead"].get(f"/v1/complaints/{office.complaint_id}"))
    for _ in range(2):
        after = await office.step("lead", "extend", **extension)
    (was,), (is_) = ([one for one in seen["clocks"] if one["name"] == "decide"] for seen in (before, after))
    assert (is_[0]["limit_minutes"], is_[0]["promised_minutes"]) == (was["limit_minutes"] + 32 * 60, 80 * 60)
    assert (is_[0]["promised_due_at"], is_[0]["due_at"] > was["due_at"]) == (was["promised_due_at"], True)
    assert await office.refused("lead", "extend", **extension) == ["extended_too_often"]


async def waits_for_an_answer(office: Office, complainant: Complainant) -> None:
    """A question pauses the clock until the complainant answers it with the receipt."""
    asked = await office.step("deputy", "ask", words="Which account is it?", reason="account_unknown")
    assert asked["state"] == "waiting_complainant"
    assert [one["state"] for one in asked["clocks"] if one["name"] == "decide"] == ["paused"]
    seen = await complainant.look()
    letter = seen["mailbox"][-1]
    assert (seen["awaits"], letter["kind"], "Which account is it?" in letter["text"]) == ("answer", "question", True)
    assert made(await complainant.send("answer", words="Number 7."))["state"] == "investigating"
    assert objected(await complainant.send("answer", words="Number 8.")) == ["wrong_state"]


async def is_decided(office: Office, handler: str) -> None:
    """The handler proposes, somebody else approves, and at first sends it back."""
    unfounded = PROPOSAL | {"no_evidence_reason": None}
    assert (await office.post(handler, "propose", **unfounded)).status_code == 422
    await office.step(handler, "propose", **PROPOSAL)
    for language, text in (
        (
            "en",
            "From severity major on, nobody approves the answer who has handled the complaint or proposed an answer.",
        ),
        ("zh-CN", "重大及以上投诉的答复须由未处理过本投诉、也未拟办过答复的人员审批。"),
    ):
        assert await office.told(handler, "approve", language) == [text]
    back = await office.step("lead", "send_back", words="Which certificate?")
    assert back["state"] in {"investigating", "reinvestigating"}
    await office.step(handler, "propose", **PROPOSAL)
    assert (await office.step("lead", "approve"))["state"] == "decided"


async def is_followed_up(office: Office, handlers: tuple[str, ...]) -> None:
    """Nobody who handled it calls back; the complainant is reached, is not satisfied, and wants more."""
    for who in handlers:
        named = {"caller_id": office.account[who]}
        assert await office.refused("lead", "plan_follow_up", **named) == ["caller_is_handler"]
    await office.step("lead", "plan_follow_up", caller_id=office.account["caller"])
    assert await office.refused("caller", "close") == ["not_followed_up"]
    assert await office.told("caller", "close", "zh-CN") == [
        "有投诉人尚未完成回访：须联系到并记录是否满意；或在至少两个不同工作日共尝试三次，或对方拒绝交谈，并书面告知。"
    ]
    attempt = {"method": "telephone", "outcome": "reached"}
    assert (await office.post("deputy", "record_follow_up", **attempt)).status_code == 403
    assert await office.refused("caller", "record_follow_up", **attempt) == ["satisfaction_missing"]
    unhappy = {"satisfaction": "not_satisfied", "wants_more": True, "words": "It is down again."}
    await office.step("caller", "record_follow_up", **attempt, **unhappy)
    assert await office.refused("caller", "close") == ["wants_more"]


async def is_looked_into_again(office: Office) -> None:
    """Somebody of a higher level looks into it again; before, there is no last word."""
    letter = {"method": "letter", "words": "This is our last word; you can turn to 12345 or 12315."}
    assert await office.refused("lead", "final_position", **letter) == ["not_reinvestigated"]
    assert await office.refused("lead", "dissatisfied", handler_id=office.account["handler"]) == ["handler_not_above"]
    again = await office.step("lead", "dissatisfied", handler_id=office.account["head"])
    assert (again["state"], again["round"], again["handler_id"]) == ("reinvestigating", 2, office.account["head"])


async def ends(office: Office, complainant: Complainant) -> None:
    """The provider's last word closes it; that the complainant is not satisfied is kept."""
    letter = {"method": "letter", "words": "This is our last word; you can turn to 12345 or 12315."}
    closed = await office.step("lead", "final_position", **letter)
    assert [closed[name] for name in ("state", "closing_way", "satisfaction", "round")] == [
        "closed",
        "final_position",
        "not_satisfied",
        2,
    ]
    assert await office.refused("caller", "close") == ["wrong_state"]
    address = f"/v1/complaints/{office.complaint_id}"
    assert (await office.by["administrator"].patch(address, json={"state": "decided"})).status_code == 405
    seen = await complainant.look()
    assert (seen["state"], seen["awaits"], seen["mailbox"][-1]["kind"]) == ("closed", None, "final_position")


STEPS = [
    "assess", "assign", "start", "reassign", "extend", "extend", "ask", "answer", "propose", "send_back", "propose",
    "approve", "plan_follow_up", "record_follow_up", "dissatisfied", "propose", "send_back", "propose", "approve",
    "plan_follow_up", "record_follow_up", "final_position",
]  # fmt: skip


@pytest.mark.feature("C10", "C12", "C19", "C27")
@pytest.mark.clause("8.2-4", "8.2-5", "8.2-9", "8.2-10", "8.2-11", "5.2")
async def test_a_complaint_goes_from_intake_to_closing(office: Office) -> None:
    complainant = await comes_in(office)
    await is_assessed(office)
    await gets_a_handler(office)
    await goes_to_another_handler(office)
    await is_extended(office)
    await waits_for_an_answer(office, complainant)
    await is_decided(office, "deputy")
    await is_followed_up(office, ("handler", "deputy"))
    await is_looked_into_again(office)
    await is_decided(office, "head")
    await is_followed_up(office, ("head", "handler", "deputy"))
    await ends(office, complainant)
    entries = await timeline(office.by["lead"], office.complaint_id)
    assert [one["version"] for one in entries] == list(range(1, len(entries) + 1))
    assert [one["record"]["step"] for one in entries if one["record"]] == STEPS
