"""What complainants are told in writing, each under their own receipt, and what they answer with it."""

from collections.abc import AsyncIterator

import pytest

from tests.make.complaints import complain, made, objected
from tests.make.handling import BODIES, DAY, PROPOSAL, Desk
from tests.make.house import House
from tests.make.receipts import (
    LEI,
    NOBODY,
    Holder,
    decided,
    holder,
    investigated,
    left,
    merged,
    open_desk,
    sent,
)

ANSWER = PROPOSAL["answer"]
WANG_AND_HAN = {
    "parties": [
        {"name": "王芳", "email": "wang.fang@customer.example"},
        {"role": "representative", "name": "韩梅", "email": "han.mei@customer.example"},
    ]
}


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with open_desk(quiet_house) as desk:
        yield desk


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
    await desk.step("head", record, "final_position", method="message", words="This is our last word.")
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


@pytest.mark.feature("C9")
@pytest.mark.clause("8.2-4")
async def test_whoever_was_reached_is_not_waited_for_and_says_it_at_most_five_times_a_round(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    await merged(desk, lei, target)
    record = await desk.pending(await decided(desk, await investigated(desk, target.record)))
    await desk.reached(record)
    assert [(await one.look())["awaits"] for one in (target, lei)] == [None, "follow_up"]
    for _ in range(5):
        assert made(await lei.send("follow-up", satisfaction="not_satisfied", wants_more=True))["awaits"] is None
    assert objected(await lei.send("follow-up", satisfaction="satisfied")) == ["said_enough"]
    assert (await target.send("follow-up", satisfaction="satisfied")).status_code == 200
    again = await desk.step("head", record, "dissatisfied", handler_id=desk.account("head"))
    await desk.step("head", again, "propose", **PROPOSAL)
    again = await desk.pending(await desk.step("lead", again, "approve", method="telephone"))
    assert [(await one.look())["awaits"] for one in (target, lei)] == ["follow_up", "follow_up"]
    assert (await lei.send("follow-up", satisfaction="satisfied")).status_code == 200


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
