"""What complainants say of their own accord with their receipts: that they object, or withdraw the complaint."""

from collections.abc import AsyncIterator

import pytest

from tests.make.complaints import Json, made, objected
from tests.make.handling import BODIES, DAY, MONDAY, Desk
from tests.make.house import House
from tests.make.receipts import (
    LEI,
    NOBODY,
    Holder,
    closed,
    decided,
    holder,
    investigated,
    left,
    merged,
    open_desk,
    sent,
    tasks,
)


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with open_desk(quiet_house) as desk:
        yield desk


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
    assert objected(await nobody.send("objection", words="Still.")) == ["appealed_before"]
    assert (await nobody.look())["objection_until"] is None


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
    assert await desk.refused("head", record, "refuse", **BODIES["refuse"]) == ["refusal_overturned"]


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
    one = await holder(desk)
    assert made(await one.send("withdrawal", words="It works again."))["state"] == "withdrawn"
    kept = await left(desk, one.record, "withdraw")
    assert (kept["data"], kept["words"]) == ({"method": "receipt"}, {"words": "It works again."})
    assert objected(await one.send("withdrawal")) == ["withdrawn_before"]


@pytest.mark.feature("C4")
@pytest.mark.parametrize(("what", "body"), [("objection", {"words": "No."}), ("withdrawal", {})])
async def test_nothing_is_said_without_the_code_and_five_tries_are_all(desk: Desk, what: str, body: Json) -> None:
    one = await holder(desk)
    other = await holder(desk)
    wrong = Holder(desk, one.receipt | {"receipt_code": other.receipt["receipt_code"]}, one.record)
    statuses = [(await wrong.send(what, **body)).status_code for _ in range(6)]
    assert statuses == [404] * 5 + [429]
    assert made(await desk.by["lead"].get(f"/v1/complaints/{one.record['id']}"))["state"] == "assessed"
