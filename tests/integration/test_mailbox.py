"""What complainants are told in writing, each under their own receipt, and what they can say with it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.make.complaints import Json, complain, made, objected, open_channel, timeline
from tests.make.handling import ASSESSMENT, BODIES, DAY, HOUR, MONDAY, PROPOSAL, Desk, desk_of
from tests.make.house import House

ANSWER = PROPOSAL["answer"]
NOBODY: Json = {"parties": [], "anonymous": True, "language": "en"}
LEI: Json = {"parties": [{"name": "李雷", "email": "li.lei@customer.example"}], "language": "en"}
NOTE = {"words": "The same outage."}
WANG_AND_HAN = {
    "parties": [
        {"name": "王芳", "email": "wang.fang@customer.example"},
        {"role": "representative", "name": "韩梅", "email": "han.mei@customer.example"},
    ]
}


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant()) as desk:
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
    await desk.step("lead", record, "assign", handler_id=desk.account("handler"))
    return await desk.step("handler", record, "start", words="I look at the logs.")


async def decided(desk: Desk, record: Json, method: str = "telephone") -> Json:
    await desk.step("handler", record, "propose", **PROPOSAL)
    return await desk.step("lead", record, "approve", method=method)


async def closed(desk: Desk, record: Json) -> Json:
    record = await decided(desk, await investigated(desk, record))
    return await desk.step("caller", await desk.reached(await desk.pending(record)), "close")


async def merged(desk: Desk, one: Holder, target: Holder) -> None:
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


@pytest.mark.feature("C24")
@pytest.mark.clause("8.2-11")
@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["has decided on your complaint", "at least until\nJuly 1, 2026, 11:00\u202fAM (China Standard Time)"]),
        ("zh-CN", ["作出处理决定", "您至少可在2026年7月1日 11:00（中国标准时间）之前要求我们重新处理"]),
    ],
)
async def test_a_decision_says_how_and_until_when_to_object_wherever_it_lies(
    desk: Desk, language: str, told: list[str]
) -> None:
    one = await holder(desk, language=language)
    await decided(desk, await investigated(desk, one.record))
    ((kind, text),) = await one.letters()
    assert kind == "decision"
    assert [part for part in (*told, ANSWER, one.number, "- 12345\n- 12315\n") if part not in text] == []
    assert (await left(desk, one.record, "approve"))["words"]["notice"] == text
    assert await sent(desk, "decision") == {}


@pytest.mark.feature("C24")
async def test_what_was_settled_at_once_lies_in_the_mailbox_too(desk: Desk) -> None:
    receipt = await complain(desk.by["public"], desk.tenant, channel="web", **LEI)
    (found,) = made(await desk.by["lead"].get("/v1/complaints"))["items"]
    one = Holder(desk, receipt, await desk.step("handler", found, "resolve_at_once", **BODIES["resolve_at_once"]))
    ((kind, text),) = await one.letters()
    assert (kind, BODIES["resolve_at_once"]["words"] in text, "at least until" in text) == ("decision", True, True)
    assert await sent(desk, "decision") == {}


@pytest.mark.feature("C24", "C9")
@pytest.mark.clause("8.2-11")
async def test_everybody_who_complains_is_told_under_their_own_receipt(desk: Desk) -> None:
    target, lei, nobody = await holder(desk, **WANG_AND_HAN), await holder(desk, **LEI), await holder(desk, **NOBODY)
    await investigated(desk, target.record)
    for one in (lei, nobody):
        await merged(desk, one, target)
    await decided(desk, target.record, "message")
    letters = await sent(desk, "decision")
    assert letters.keys() == {f"{name}@customer.example" for name in ("wang.fang", "han.mei", "li.lei")}
    own, theirs = letters["wang.fang@customer.example"], letters["li.lei@customer.example"]
    assert own["text"] == letters["han.mei@customer.example"]["text"]
    assert await target.letters() == [("decision", own["text"])]
    assert await lei.letters() == [("decision", theirs["text"])]
    assert "has decided on your complaint" in theirs["text"]
    ((_, text),) = await nobody.letters()
    assert text == theirs["text"].replace(lei.number, nobody.number)
    record = await left(desk, target.record, "approve")
    assert (record["words"]["notice"], record["message_id"]) == (own["text"], own["id"])
    brought = {one["message_id"] for one in record["copies"]}
    assert brought == {theirs["id"], letters["han.mei@customer.example"]["id"], None}
    assert sorted(one["text"] for one in record["copies"]) == sorted([own["text"], theirs["text"], text])
    for name in ("wang.fang", "han.mei", "王芳", target.number):
        assert name not in str(await nobody.look())
    dossier = made(await desk.by["lead"].get(f"/v1/complaints/{target.record['id']}/dossier"))["frozen"]["record"]
    assert {one["id"] for one in dossier["messages"]} >= {one["id"] for one in letters.values()}
    assert {one["message_id"] for one in dossier["copies"]} == brought


@pytest.mark.feature("C24")
async def test_progress_and_extensions_are_told_to_all_and_final_positions_too(desk: Desk) -> None:
    one, other = await holder(desk, **LEI), await holder(desk, **NOBODY)
    record = await investigated(desk, one.record)
    await merged(desk, other, one)
    await desk.step("handler", record, "inform", method="message", send=True, words="We look at the logs.")
    extension = {"working_hours": 16, "reason": "supplier", "told_method": "message", "words": "A part is late."}
    await desk.step("lead", record, "extend", **extension)
    record = await desk.pending(await decided(desk, record))
    for party in (one, other):
        unhappy = {"satisfaction": "not_satisfied", "wants_more": True}
        assert (await party.send("follow-up", **unhappy)).status_code == 200
    record = await desk.step("lead", record, "dissatisfied", handler_id=desk.account("lead"))
    await desk.step("lead", record, "propose", **PROPOSAL)
    record = await desk.pending(await desk.step("head", record, "approve", method="telephone"))
    for party in (one, other):
        assert (await party.send("follow-up", **unhappy)).status_code == 200
    await desk.step("lead", record, "final_position", method="message", words="This is our last word.")
    kinds = ["progress", "extension", "decision", "decision", "final_position"]
    for party in (one, other):
        letters = await party.letters()
        assert [kind for kind, _ in letters] == kinds
        assert all(party.number in text for _, text in letters)
        assert "16 more working hours" in letters[1][1]
        assert "A part is late." in letters[1][1]
        assert "You can turn to these outside of" in letters[4][1]
    assert [len(await sent(desk, kind)) for kind in ("progress", "extension", "final_position")] == [1, 1, 1]


@pytest.mark.feature("C9")
@pytest.mark.clause("8.2-4")
async def test_who_was_merged_answers_the_follow_up_with_their_own_receipt(desk: Desk) -> None:
    target, between, nobody = await holder(desk), await holder(desk), await holder(desk, **NOBODY)
    await merged(desk, nobody, between)
    await merged(desk, between, target)
    record = await decided(desk, await investigated(desk, target.record))
    assert (await nobody.look())["awaits"] is None
    assert objected(await nobody.send("follow-up", satisfaction="satisfied")) == ["wrong_state"]
    record = await desk.pending(record)
    await desk.step("caller", record, "notify_follow_up", method="letter", words="For the first alone.")
    seen = await nobody.look()
    assert (seen["state"], seen["awaits"], len(seen["mailbox"])) == ("merged", "follow_up", 1)
    party = nobody.record["parties"][0]["id"]
    await desk.step("caller", record, "notify_follow_up", method="letter", party_id=party, words="For you.")
    assert [kind for kind, _ in await nobody.letters()] == ["decision", "follow_up"]
    assert nobody.number in (await nobody.letters())[1][1]
    assert (await nobody.send("follow-up", satisfaction="satisfied", words="I am glad.")).status_code == 200
    tried = await left(desk, record, "record_follow_up")
    assert (tried["party_id"], tried["data"]["satisfaction"]) == (party, "satisfied")
    assert tried["words"] == {"words": "I am glad."}
    await desk.reached(record)
    await desk.reached(record, party_id=between.record["parties"][0]["id"])
    assert (await desk.step("caller", record, "close"))["closing_way"] == "satisfied"


@pytest.mark.feature("C24")
async def test_a_question_goes_to_whom_it_is_asked_of(desk: Desk) -> None:
    target, lei = await holder(desk, **WANG_AND_HAN), await holder(desk, **LEI)
    record = await investigated(desk, target.record)
    await merged(desk, lei, target)
    asked = {"words": "Which account is it?", "reason": "account_unknown"}
    assert await desk.refused("handler", record, "ask", **asked, party_id=desk.account("lead")) == ["party_unknown"]
    await desk.step("handler", record, "ask", **asked, party_id=lei.record["parties"][0]["id"])
    assert (await sent(desk, "question")).keys() == {"li.lei@customer.example"}
    seen = await target.look()
    assert (seen["mailbox"], seen["awaits"], seen["next_step"]) == ([], None, "We will send you our answer.")
    assert objected(await target.send("answer", words="Mine.")) == ["not_asked"]
    ((kind, _),) = await lei.letters()
    assert (kind, (await lei.look())["awaits"]) == ("question", "answer")
    assert (await lei.look())["next_step"] == "We need your answer to our question."
    assert (await lei.send("answer", words="The one of the head office.")).status_code == 200
    assert (await left(desk, record, "answer"))["party_id"] == lei.record["parties"][0]["id"]
    await desk.step("handler", record, "ask", **asked, awaited="third_party", method="letter")
    for one in (target, lei):
        assert (await one.look())["awaits"] is None
        assert objected(await one.send("answer", words="Mine.")) == ["not_asked"]


@pytest.mark.feature("C3", "C26")
@pytest.mark.clause("8.2-4")
async def test_the_mailbox_waits_from_when_it_can_be_answered(desk: Desk) -> None:
    nobody = await holder(desk, **NOBODY)
    record = await decided(desk, await investigated(desk, nobody.record))
    desk.clock.forward(21 * DAY)
    record = await desk.pending(record)
    late = {"lateness_reason": "The caller was ill."}
    assert await desk.refused("caller", record, "close", **late) == ["mailbox_waits"]
    desk.clock.forward(14 * DAY)
    await desk.step("caller", record, "notify_follow_up", method="message")
    assert await desk.refused("caller", record, "close", **late) == ["mailbox_waits"]
    desk.clock.forward(15 * DAY)
    assert (await desk.step("caller", record, "close", **late))["closing_way"] == "mailbox"


@pytest.mark.feature("C8")
@pytest.mark.clause("8.2")
async def test_a_refusal_is_objected_to_once_and_waits_for_the_provider_not_for_the_clock(desk: Desk) -> None:
    nobody = await holder(desk, **NOBODY)
    record = await desk.step("head", nobody.record, "refuse", **BODIES["refuse"])
    ((kind, text),) = await nobody.letters()
    assert kind == "refusal"
    assert "you can object once, until July 1, 2026, 11:00\u202fAM (China Standard Time)" in text
    assert [part for part in (BODIES["refuse"]["words"], "- 12345\n- 12315\n", nobody.number) if part not in text] == []
    desk.clock.forward(29 * DAY)
    seen = made(await nobody.send("objection", words="It is about you."))
    assert (seen["state"], seen["objection_until"]) == ("refused", "2026-07-01T03:00:00Z")
    assert await tasks(desk, "lead", "hear_objection") == 1
    kept = await left(desk, record, "object")
    assert (kept["data"], kept["words"]) == ({"method": "receipt"}, {"words": "It is about you."})
    assert objected(await nobody.send("objection", words="Do you hear?")) == ["objection_waits"]
    desk.clock.forward(9 * DAY)
    upheld = await desk.step("lead", record, "uphold_refusal", method="receipt", words="It is about a neighbour.")
    assert (upheld["state"], await tasks(desk, "lead", "hear_objection")) == ("refused", 0)
    (_, answer) = (await nobody.letters())[-1]
    assert "It is about a neighbour." in answer
    assert "you cannot object to us again" in answer
    assert set(objected(await nobody.send("objection", words="Still."))) == {"objection_too_late", "appealed_before"}


@pytest.mark.feature("C8")
async def test_an_objection_to_a_refusal_that_comes_too_late_is_refused(desk: Desk) -> None:
    one = await holder(desk, **LEI)
    record = await desk.step("head", one.record, "refuse", **BODIES["refuse"])
    assert (await sent(desk, "refusal"))["li.lei@customer.example"]["text"] == (await one.letters())[0][1]
    desk.clock.forward(31 * DAY)
    assert objected(await one.send("objection", words="It is about you.")) == ["objection_too_late"]
    by_letter = {"method": "letter", "words": "It is about you.", "at": (MONDAY + 20 * DAY).isoformat()}
    await desk.step("handler", record, "object", **by_letter)
    assert (await desk.step("lead", record, "appeal", **BODIES["appeal"]))["state"] == "assessed"
    assert await tasks(desk, "lead", "hear_objection") == 0
    await desk.step("head", record, "refuse", **BODIES["refuse"])
    assert "you cannot object to us again" in (await one.letters())[-1][1]


@pytest.mark.feature("C8", "C24")
@pytest.mark.clause("8.2")
async def test_an_objection_to_an_outcome_is_answered_by_somebody_else_or_opens_the_case_again(desk: Desk) -> None:
    one, other = await holder(desk), await holder(desk)
    record = await closed(desk, one.record)
    await closed(desk, other.record)
    assert (await one.look())["objection_until"] == "2026-07-01T03:00:00Z"
    for party in (one, other):
        assert (await party.send("objection", words="It is down again.")).status_code == 200
    desk.clock.forward(60 * DAY)
    assert objected(await one.send("objection", words="Do you hear?")) == ["objection_too_late", "objection_waits"]
    answer = BODIES["answer_objection"]
    assert await desk.refused("handler", record, "answer_objection", **answer) == ["answerer_is_handler"]
    after = await desk.step("head", record, "answer_objection", **answer)
    assert (after["state"], await tasks(desk, "lead", "hear_objection")) == ("closed", 1)
    kind, text = (await one.letters())[-1]
    assert (kind, answer["words"] in text, one.number in text) == ("objection_answer", True, True)
    assert await desk.refused("head", record, "answer_objection", **answer) == ["objection_unknown"]
    again = {"handler_id": desk.account("colleague"), "reason": "dissatisfied", "words": "It is down again."}
    assert await desk.refused("lead", record, "reopen", **again) == ["window_over"]
    assert (await desk.step("lead", other.record, "reopen", **again))["state"] == "reinvestigating"
    assert await tasks(desk, "lead", "hear_objection") == 0


@pytest.mark.feature("C9")
async def test_who_was_merged_objects_for_themselves_and_is_answered_alone(desk: Desk) -> None:
    target, nobody = await holder(desk), await holder(desk, **NOBODY)
    record = await investigated(desk, target.record)
    await merged(desk, nobody, target)
    record = await desk.pending(await decided(desk, record))
    assert (await nobody.send("follow-up", satisfaction="partly")).status_code == 200
    await desk.step("caller", await desk.reached(record), "close")
    for one in (target, nobody):
        assert (await one.send("objection", words=f"I am {one.number}.")).status_code == 200
    party = nobody.record["parties"][0]["id"]
    await desk.step("head", record, "answer_objection", party_id=party, words="This is for you alone.")
    assert "This is for you alone." in (await nobody.letters())[-1][1]
    assert "This is for you alone." not in str(await target.look())
    assert await tasks(desk, "lead", "hear_objection") == 1
    await desk.step("head", record, "answer_objection", words="This is for the first.")
    assert "This is for the first." not in str(await nobody.look())
    assert await tasks(desk, "lead", "hear_objection") == 0


@pytest.mark.feature("C4")
@pytest.mark.clause("8.2-11")
async def test_a_complaint_is_withdrawn_with_its_receipt(desk: Desk) -> None:
    one, target, other = await holder(desk), await holder(desk), await holder(desk)
    assert made(await one.send("withdrawal", words="It works again."))["state"] == "withdrawn"
    kept = await left(desk, one.record, "withdraw")
    assert (kept["data"], kept["words"]) == ({"method": "receipt"}, {"words": "It works again."})
    assert objected(await one.send("withdrawal")) == ["wrong_state"]
    await merged(desk, other, target)
    assert objected(await target.send("withdrawal")) == ["others_merged"]
    assert objected(await other.send("withdrawal")) == ["wrong_state"]
    assert (await left(desk, other.record, "merge"))["words"] == NOTE


@pytest.mark.feature("C4")
@pytest.mark.parametrize(("what", "body"), [("objection", {"words": "No."}), ("withdrawal", {})])
async def test_nothing_is_said_without_the_code_and_five_tries_are_all(desk: Desk, what: str, body: Json) -> None:
    one = await holder(desk)
    other = await holder(desk)
    wrong = Holder(desk, one.receipt | {"receipt_code": other.receipt["receipt_code"]}, one.record)
    statuses = [(await wrong.send(what, **body)).status_code for _ in range(6)]
    assert statuses == [404] * 5 + [429]
    assert made(await desk.by["lead"].get(f"/v1/complaints/{one.record['id']}"))["state"] == "assessed"


async def test_what_a_party_was_told_goes_with_that_party_alone(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    await merged(desk, lei, target)
    await decided(desk, await investigated(desk, target.record))
    persons, client = "/v1/services/complaints/persons", desk.by["administrator"]
    own, theirs = target.record["parties"][0]["id"], lei.record["parties"][0]["id"]
    ((_, text),) = await lei.letters()
    assert made(await client.post(f"{persons}/{theirs}/disclose"))["data"]["notices"] == [text]
    assert text not in str(made(await client.post(f"{persons}/{own}/disclose"))["data"])
    assert made(await client.post(f"{persons}/{theirs}/erase"))["rows"]["notice_copy"] == 1
    assert (await lei.letters(), len(await target.letters())) == ([], 1)
    assert [one["text"] for one in (await left(desk, target.record, "approve"))["copies"]] == [None]


async def test_a_notice_stays_readable_for_who_is_left_of_two(desk: Desk) -> None:
    both = await holder(desk, **WANG_AND_HAN)
    await decided(desk, await investigated(desk, both.record))
    before = await both.letters()
    first = next(one["id"] for one in both.record["parties"] if one["role"] == "complainant")
    made(await desk.by["administrator"].post(f"/v1/services/complaints/persons/{first}/erase"))
    assert await both.letters() == before
