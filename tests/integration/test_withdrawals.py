"""Who withdraws where others complain of the same matter: their part ends, and it goes on for the others."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.make.complaints import Json, made, objected, timeline
from tests.make.handling import DAY, HOUR, PROPOSAL, Desk
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
    outcome,
    sent,
    tasks,
)

STATEMENT: Json = {"method": "telephone", "words": "It works again."}
PART = "complaints.complaint.party_withdrawn.v1"


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with open_desk(quiet_house) as desk:
        yield desk


@pytest.mark.feature("C9", "C4")
@pytest.mark.clause("8.2-11", "8.2-4")
async def test_who_was_merged_withdraws_with_their_own_receipt_and_the_other_is_heard(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    record = await investigated(desk, target.record)
    await merged(desk, lei, target)
    desk.clock.forward(HOUR)
    seen = made(await lei.send("withdrawal", words="It works again."))
    assert (seen["state"], seen["state_title"], seen["awaits"]) == ("withdrawn", "withdrawn", None)
    assert seen["next_step"] == "The complaint was withdrawn."
    party, withdrawn_at = lei.record["parties"][0]["id"], desk.clock.now.isoformat().replace("+00:00", "Z")
    (entry,) = [one for one in await timeline(desk.by["lead"], record["id"]) if one["type"] == PART]
    assert (entry["clause"], entry["data"]["method"], entry["data"]["state"]) == ("8.2", "receipt", "investigating")
    assert (entry["record"]["party_id"], entry["record"]["at"]) == (party, withdrawn_at)
    assert entry["record"]["words"] == {"words": "It works again."}
    path = f"/v1/complaints/{record['id']}"
    dossier = made(await desk.by["lead"].get(f"{path}/dossier"))
    assert [one["withdrawn_at"] for one in dossier["complaint"]["parties"]] == [None]
    assert [one["withdrawn_at"] for one in dossier["merged"][0]["parties"]] == [withdrawn_at]
    page = await desk.by["lead"].get(f"{path}/dossier", headers={"Accept": "text/html", "Accept-Language": "zh-CN"})
    assert page.text.count("受理回执") == 1, "the way of the withdrawal"
    assert made(await desk.by["lead"].get(f"/v1/complaints/{lei.record['id']}"))["state"] == "merged"
    for what in ("withdrawal", "follow-up", "objection"):
        body = {"follow-up": {"satisfaction": "partly"}, "objection": {"words": "No."}}.get(what, {})
        assert objected(await lei.send(what, **body)) == ["withdrawn_before"]
    assert (await target.look())["state"] == "investigating"
    record = await desk.pending(await decided(desk, record, "message"))
    assert await sent(desk, "decision") == {}, "who has withdrawn is told nothing more, and the other has no address"
    assert (await lei.letters(), len(await target.letters())) == ([], 1)
    assert (await lei.look())["awaits"] is None
    ended = await desk.step("caller", await desk.reached(record), "close")
    assert (ended["closing_way"], ended["satisfaction"]) == ("satisfied", "satisfied")
    form = await desk.by["lead"].get(f"{path}/follow-up-form", headers={"Accept-Language": "zh-CN"})
    assert form.text.count("已撤诉 ") == 1
    dossier = made(await desk.by["lead"].get(f"{path}/dossier"))
    assert (dossier["missing"], dossier["frozen"]["matches"]) == ([], True)


@pytest.mark.feature("C9")
async def test_of_two_who_withdraw_at_once_each_sees_the_other_gone(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    await merged(desk, lei, target)
    for answer in await asyncio.gather(*(one.send("withdrawal", words="It works again.") for one in (target, lei))):
        made(answer)
    assert made(await desk.by["lead"].get(f"/v1/complaints/{target.record['id']}"))["state"] == "withdrawn"
    told = [one["type"] for one in await timeline(desk.by["lead"], target.record["id"])]
    assert (told.count(PART), told.count("complaints.complaint.withdrawn.v1")) == (1, 1)


@pytest.mark.feature("C9")
@pytest.mark.clause("8.2-11")
async def test_staff_record_the_same_by_party_and_the_last_who_withdraws_ends_it(desk: Desk) -> None:
    target, lei, nobody = await holder(desk), await holder(desk, **LEI), await holder(desk, **NOBODY)
    record = await investigated(desk, target.record)
    for one in (lei, nobody):
        await merged(desk, one, target)
    of_lei = {"party_id": lei.record["parties"][0]["id"]}
    unknown = {"party_id": desk.account("lead")}
    assert await desk.refused("handler", record, "withdraw", **STATEMENT, **unknown) == ["party_unknown"]
    record = await desk.step("handler", record, "withdraw", **STATEMENT, **of_lei)
    assert (record["state"], record["closed_at"]) == ("investigating", None)
    assert (await lei.look())["state"] == "withdrawn"
    assert await desk.refused("handler", record, "withdraw", **STATEMENT, **of_lei) == ["withdrawn_before"]
    assert objected(await lei.send("withdrawal")) == ["withdrawn_before"]
    assert made(await target.send("withdrawal"))["state"] == "withdrawn"
    record = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))
    assert (record["state"], record["parties"][0]["withdrawn_at"] is not None) == ("investigating", True)
    assert objected(await target.send("withdrawal")) == ["withdrawn_before"]
    assert made(await nobody.send("withdrawal"))["state"] == "withdrawn"
    record = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))
    assert (record["state"], await tasks(desk, "handler", "handle_complaint")) == ("withdrawn", 0)
    types = [one["type"].split(".")[2] for one in await timeline(desk.by["lead"], record["id"])]
    assert types[-3:] == ["party_withdrawn", "party_withdrawn", "withdrawn"]


@pytest.mark.feature("C9")
@pytest.mark.clause("8.2-4")
async def test_whoever_it_goes_on_for_is_written_to_when_the_first_has_withdrawn(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    record = await investigated(desk, target.record)
    await merged(desk, lei, target)
    assert made(await target.send("withdrawal"))["state"] == "withdrawn"
    before = await target.letters()
    record = await decided(desk, record, "message")
    ((kind, text),) = await lei.letters()
    assert (kind, PROPOSAL["answer"] in text, lei.number in text) == ("decision", True, True)
    assert (await sent(desk, "decision")).keys() == {"li.lei@customer.example"}
    assert await target.letters() == before
    record = await desk.pending(record)
    assert [(await one.look())["awaits"] for one in (target, lei)] == [None, "follow_up"]
    assert await desk.refused("caller", record, "close") == ["not_followed_up"]
    record = await desk.reached(record)
    tried = await left(desk, record, "record_follow_up")
    assert tried["party_id"] == lei.record["parties"][0]["id"]
    assert (await desk.step("caller", record, "close"))["closing_way"] == "satisfied"


@pytest.mark.feature("C9", "C26")
@pytest.mark.clause("8.2-4")
async def test_a_withdrawal_in_the_follow_up_is_an_end_of_waiting(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    await merged(desk, lei, target)
    record = await desk.pending(await decided(desk, await investigated(desk, target.record)))
    assert (await lei.send("follow-up", satisfaction="not_satisfied", wants_more=True)).status_code == 200
    await desk.reached(record)
    assert await tasks(desk, "lead", "hear_again") == 1
    assert await desk.refused("caller", record, "close") == ["wants_more"]
    assert made(await lei.send("withdrawal"))["state"] == "withdrawn"
    assert [await tasks(desk, "lead", why) for why in ("hear_again", "close_follow_up")] == [0, 1]
    ended = await desk.step("caller", record, "close")
    assert (ended["closing_way"], ended["satisfaction"]) == ("reached", "not_satisfied"), "what they said stays"
    assert ended["version"] == made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))["version"]


@pytest.mark.feature("C9", "C16")
async def test_a_question_to_who_withdraws_is_waited_for_no_more(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    record = await investigated(desk, target.record)
    await merged(desk, lei, target)
    asked = {"words": "Which account is it?", "reason": "account_unknown"}
    await desk.step("handler", record, "ask", **asked, party_id=lei.record["parties"][0]["id"])
    desk.clock.forward(DAY)
    assert made(await lei.send("withdrawal"))["state"] == "withdrawn"
    record = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))
    (clock,) = [one for one in record["clocks"] if one["name"] == "decide"]
    assert (record["state"], clock["state"]) == ("investigating", "running")
    desk.clock.forward(60 * DAY)
    await desk.fire()
    steps = [one["type"].split(".")[2] for one in await timeline(desk.by["lead"], record["id"])]
    assert "timed_out" not in steps


@pytest.mark.feature("C9")
async def test_a_withdrawal_holds_where_the_complaint_is_merged_on(desk: Desk) -> None:
    target, between, lei = await holder(desk), await holder(desk), await holder(desk, **LEI)
    await merged(desk, lei, between)
    assert made(await lei.send("withdrawal"))["state"] == "withdrawn"
    await merged(desk, between, target)
    record = await desk.pending(await decided(desk, await investigated(desk, target.record)))
    record = await desk.reached(record)
    record = await desk.reached(record, party_id=between.record["parties"][0]["id"])
    assert objected(await lei.send("withdrawal")) == ["withdrawn_before"]
    assert (await desk.step("caller", record, "close"))["closing_way"] == "satisfied"
    assert (await lei.look())["state"] == "withdrawn"


@pytest.mark.feature("C9")
async def test_who_has_withdrawn_keeps_nobody_from_ending_it_otherwise(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    await merged(desk, lei, target)
    refusal = {"reason": "not_our_service", "words": "It is about another provider."}
    assert await desk.refused("head", target.record, "refuse", **refusal) == ["others_merged"]
    assert made(await lei.send("withdrawal"))["state"] == "withdrawn"
    assert (await desk.step("head", target.record, "refuse", **refusal))["state"] == "refused"
    assert (await lei.letters(), [kind for kind, _ in await target.letters()]) == ([], ["refusal"])


@pytest.mark.feature("C9", "C33")
async def test_a_withdrawal_outlives_the_erasure_of_who_withdrew(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    await merged(desk, lei, target)
    assert made(await lei.send("withdrawal", words="It works again."))["state"] == "withdrawn"
    person = f"/v1/services/complaints/persons/{lei.record['parties'][0]['id']}"
    told = made(await desk.by["administrator"].post(f"{person}/disclose"))["data"]
    assert told["withdrawn_at"] is not None
    assert {"words": "It works again."} in [one["words"] for one in told["records"]]
    made(await desk.by["administrator"].post(f"{person}/erase"))
    assert (await left(desk, target.record, "withdraw"))["words"] == {}
    assert (await lei.look())["state"] == "withdrawn"


@pytest.mark.feature("C24")
async def test_nobody_is_asked_to_reach_who_has_withdrawn(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    await merged(desk, lei, target)
    record = await investigated(desk, target.record)
    await desk.step("handler", record, "inform", method="message", send=True, words="We look at the logs.")
    await outcome(desk, "progress", "give_up")
    await decided(desk, record, "message")
    assert await tasks(desk, "handler", "reach_complainant") == 1
    assert made(await lei.send("withdrawal"))["state"] == "withdrawn"
    assert await tasks(desk, "handler", "reach_complainant") == 0
    await outcome(desk, "decision", "give_up")
    assert await tasks(desk, "handler", "reach_complainant") == 0


async def test_only_the_right_code_withdraws(desk: Desk) -> None:
    target, lei = await holder(desk), await holder(desk, **LEI)
    await merged(desk, lei, target)
    wrong = Holder(desk, lei.receipt | {"receipt_code": target.receipt["receipt_code"]}, lei.record)
    assert (await wrong.send("withdrawal")).status_code == 404
    assert (await lei.look())["state"] == "merged"
