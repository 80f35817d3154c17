"""A complaint led through its whole life: each step with what it leaves, and each refusal with all that lacks."""

from collections.abc import AsyncIterator

import pytest

from tests.make.complaints import (
    Json,
    acknowledge,
    complaint,
    contact,
    faulted,
    made,
    moment,
    open_channel,
    receive,
    timeline,
)
from tests.make.handling import ASSESSMENT, BODIES, DAY, HOUR, PROPOSAL, SOMEBODY, Desk, desk_of
from tests.make.house import House


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant()) as desk:
        yield desk


@pytest.mark.clause("8.2-4", "8.2-10", "8.2-11")
async def test_a_complaint_goes_from_intake_to_closing(desk: Desk) -> None:
    record = await desk.investigating()
    assert (record["state"], record["handler_id"], record["round"]) == ("investigating", desk.account("handler"), 1)
    record = await desk.step("handler", record, "propose", **PROPOSAL)
    assert (record["state"], record["cause"], record["decision"]) == ("response_ready", "expired_certificate", "upheld")
    assert await desk.refused("handler", record, "approve", method="telephone") == ["approver_is_handler"]
    record = await desk.step("lead", record, "approve", method="telephone")
    assert (record["state"], record["decided_at"] is not None) == ("decided", True)
    assert await desk.refused("lead", record, "plan_follow_up", caller_id=desk.account("handler")) == [
        "caller_is_handler"
    ]
    record = await desk.pending(record)
    assert await desk.refused("caller", record, "close") == ["not_followed_up"]
    record = await desk.reached(record)
    record = await desk.step("caller", record, "close")
    assert (record["state"], record["closing_way"], record["satisfaction"]) == ("closed", "satisfied", "satisfied")
    entries = await timeline(desk.by["lead"], record["id"])
    assert [one["version"] for one in entries] == list(range(1, len(entries) + 1))
    steps = [one["record"]["step"] for one in entries if one["record"]]
    assert steps == ["assess", "assign", "start", "propose", "approve", "plan_follow_up", "record_follow_up", "close"]
    proposed = next(one["record"] for one in entries if one["record"] and one["record"]["step"] == "propose")
    assert proposed["words"]["finding"] == PROPOSAL["finding"]


async def test_a_small_matter_is_settled_in_the_contact_in_which_it_came(desk: Desk) -> None:
    record = made(await desk.by["handler"].post("/v1/complaints", json=complaint()), 201)
    body = BODIES["resolve_at_once"]
    assert await desk.refused("handler", record, "resolve_at_once", **body | {"agreed": False, "done": False}) == [
        "agreement_missing",
        "remedy_not_done",
    ]
    record = await desk.step("handler", record, "resolve_at_once", **body)
    assert (record["state"], record["severity"], record["decision"]) == ("decided", "minor", "upheld")
    record = await desk.reached(await desk.pending(record))
    assert (await desk.step("caller", record, "close"))["state"] == "closed"


async def test_a_question_pauses_the_clock_until_it_is_answered_by_the_receipt(desk: Desk) -> None:
    await open_channel(desk.by["administrator"], "web")
    desk.clock.forward(HOUR)
    body = complaint(channel="web")
    received = made(await desk.by["public"].post(f"/v1/public/{desk.tenant.slug}/complaints", json=body), 201)
    listed = made(await desk.by["lead"].get("/v1/complaints"))["items"][0]
    await acknowledge(desk.by["handler"], listed["id"], **contact())
    record = await desk.step("lead", listed, "assess", **ASSESSMENT)
    record = await desk.step("lead", record, "assign", handler_id=desk.account("handler"))
    record = await desk.step("handler", record, "start", words="I look at the logs.")
    before = decide_clock(record)["due_at"]
    record = await desk.step("handler", record, "ask", words="Which account is it?", reason="account_unknown")
    assert decide_clock(record)["state"] == "paused"
    desk.clock.forward(DAY)
    address = f"/v1/public/{desk.tenant.slug}/complaints/{received['receipt_number']}"
    headers = {"Receipt-Code": received["receipt_code"]}
    told = made(await desk.by["public"].get(address, headers=headers))
    (letter,) = told["mailbox"]
    assert (told["awaits"], letter["kind"], "Which account is it?" in letter["text"]) == ("answer", "question", True)
    answer = {"words": "That of the head office."}
    assert made(await desk.by["public"].post(f"{address}/answer", json=answer, headers=headers))["awaits"] is None
    record = made(await desk.by["lead"].get(f"/v1/complaints/{listed['id']}"))
    assert (record["state"], decide_clock(record)["state"]) == ("investigating", "running")
    assert decide_clock(record)["promised_due_at"] == before < decide_clock(record)["due_at"]


async def test_the_clock_goes_on_when_the_longest_pause_is_over(desk: Desk) -> None:
    record = await desk.investigating()
    record = await desk.step("handler", record, "ask", words="Which account is it?", reason="account_unknown")
    desk.clock.forward(31 * DAY)
    await desk.fire()
    record = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))
    assert record["state"] == "investigating"
    assert await desk.refused("handler", record, "ask", **BODIES["ask"]) == ["pause_used_up"]


async def test_nobody_is_handler_who_is_near_whom_it_is_about_unless_it_is_waived(desk: Desk) -> None:
    record = await desk.assessed(subject={"kind": "person", "account_id": desk.account("colleague")})
    assert await desk.refused("lead", record, "assign", handler_id=desk.account("colleague")) == ["handler_is_subject"]
    assert await desk.refused("lead", record, "assign", handler_id=desk.account("handler")) == [
        "handler_in_subjects_team"
    ]
    waiver = BODIES["waive"] | {"objection": "handler_in_subjects_team", "reviewer_id": desk.account("head")}
    record = await desk.step("lead", record, "waive", **waiver)
    record = await desk.step("lead", record, "assign", handler_id=desk.account("handler"))
    assert record["state"] == "assigned"
    review = BODIES["review_waiver"]
    assert await desk.refused("lead", record, "review_waiver", **review) == ["reviewer_is_signer"]
    await desk.step("head", record, "review_waiver", **review)
    assert await desk.refused("head", record, "review_waiver", **review) == ["waiver_unknown"]


async def test_who_is_dissatisfied_is_heard_again_by_somebody_above_and_at_last_gets_a_final_position(
    desk: Desk,
) -> None:
    record = await desk.reached(await desk.pending(), "not_satisfied", wants_more=True)
    assert await desk.refused("caller", record, "close") == ["wants_more"]
    final = BODIES["final_position"]
    assert await desk.refused("lead", record, "final_position", **final) == ["not_reinvestigated"]
    assert await desk.refused("lead", record, "dissatisfied", handler_id=desk.account("colleague")) == [
        "handler_not_above"
    ]
    record = await desk.step("lead", record, "dissatisfied", handler_id=desk.account("lead"))
    assert (record["state"], record["round"], record["handler_id"]) == ("reinvestigating", 2, desk.account("lead"))
    await desk.step("lead", record, "propose", **PROPOSAL)
    record = await desk.step("head", record, "approve", method="telephone")
    record = await desk.reached(await desk.pending(record), "not_satisfied", wants_more=True)
    record = await desk.step("head", record, "final_position", **final)
    assert (record["state"], record["closing_way"]) == ("closed", "final_position")
    assert record["satisfaction"] == "not_satisfied"


async def test_who_cannot_be_reached_was_tried_three_times_on_two_working_days_and_written_to(desk: Desk) -> None:
    record = await desk.pending()
    for _ in range(3):
        record = await desk.step("caller", record, "record_follow_up", method="telephone", outcome="no_answer")
    record = await desk.step("caller", record, "notify_follow_up", method="letter")
    assert await desk.refused("caller", record, "close") == ["not_followed_up"]  # all on one day
    desk.clock.forward(DAY)
    record = await desk.step("caller", record, "record_follow_up", method="telephone", outcome="no_answer")
    record = await desk.step("caller", record, "close")
    assert (record["state"], record["closing_way"]) == ("closed", "unreachable")


@pytest.mark.feature("C21")
async def test_many_complaints_take_a_step_each_by_the_same_rules(desk: Desk) -> None:
    ready, early = await desk.assigned(), await desk.assessed()
    body = {"step": "start", "ids": [ready["id"], early["id"], SOMEBODY], "body": {"words": "I look at the logs."}}
    items = {one["id"]: one for one in made(await desk.by["lead"].post("/v1/complaints/bulk", json=body))["items"]}
    assert items[ready["id"]]["state"] == "investigating"
    assert (items[early["id"]]["taken"], [one["code"] for one in items[early["id"]]["objections"]]) == (
        False,
        ["wrong_state"],
    )
    assert items[SOMEBODY]["problem"] == "not_found"
    assert made(await desk.by["lead"].get(f"/v1/complaints/{early['id']}"))["version"] == early["version"]
    assert faulted(await desk.by["lead"].post("/v1/complaints/bulk", json=body | {"body": {}})) == [
        ("/body/words", "missing")
    ]
    assert faulted(await desk.by["lead"].post("/v1/complaints/bulk", json=body | {"step": "time_out"})) == [
        ("/step", "unknown_step")
    ]


@pytest.mark.feature("C29")
async def test_a_ruling_opens_a_closed_complaint_again(desk: Desk) -> None:
    record = await desk.closed()
    case = {"complaint_id": record["id"], "body": "12345", "reference": "W-1"}
    case = made(await desk.by["lead"].post("/v1/external-cases", json=case), 201)
    made(await desk.by["lead"].post(f"/v1/external-cases/{case['id']}/rule", json={"outcome": "upheld"}))
    record = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))
    assert (record["state"], record["round"], record["closed_at"]) == ("reinvestigating", 2, None)


@pytest.mark.feature("C29")
@pytest.mark.parametrize(("outcome", "opens"), [("upheld", True), ("partly", True), ("not_upheld", False)])
async def test_a_ruling_on_a_merged_complaint_opens_the_one_that_its_matter_was_decided_in(
    desk: Desk, outcome: str, opens: bool
) -> None:
    last, middle, first = await desk.investigating(), await desk.assessed(), await desk.assessed()
    case = {"complaint_id": first["id"], "body": "12345", "reference": "W-1"}
    case = made(await desk.by["lead"].post("/v1/external-cases", json=case), 201)
    await desk.step("lead", first, "merge", target_id=middle["id"], words="The same outage.")
    await desk.step("lead", middle, "merge", target_id=last["id"], words="The same outage.")
    made(await desk.by["lead"].post(f"/v1/external-cases/{case['id']}/reply", json={"method": "portal"}))
    record = await desk.pending(await desk.decided(last))
    for party in (None, first["parties"][0]["id"], middle["parties"][0]["id"]):
        record = await desk.reached(record, party_id=party)
    await desk.step("caller", record, "close")
    made(await desk.by["lead"].post(f"/v1/external-cases/{case['id']}/rule", json={"outcome": outcome}))
    states = [made(await desk.by["lead"].get(f"/v1/complaints/{one['id']}"))["state"] for one in (first, middle, last)]
    assert states == ["merged", "merged", "reinvestigating" if opens else "closed"]


async def test_a_ruling_on_a_merged_complaint_leaves_the_other_one_as_it_is_while_that_is_open(desk: Desk) -> None:
    target, other = await desk.assessed(), await desk.assessed()
    case = {"complaint_id": other["id"], "body": "12315", "reference": "W-2"}
    case = made(await desk.by["lead"].post("/v1/external-cases", json=case), 201)
    await desk.step("lead", other, "merge", target_id=target["id"], words="The same outage.")
    made(await desk.by["lead"].post(f"/v1/external-cases/{case['id']}/rule", json={"outcome": "upheld"}))
    assert made(await desk.by["lead"].get(f"/v1/complaints/{target['id']}"))["version"] == target["version"]


async def test_a_complaint_with_an_unanswered_external_case_is_not_closed(desk: Desk) -> None:
    record = await desk.reached(await desk.pending())
    case = {"complaint_id": record["id"], "body": "12345", "reference": "W-1"}
    made(await desk.by["lead"].post("/v1/external-cases", json=case), 201)
    assert await desk.refused("caller", record, "close") == ["external_case_unanswered"]


async def test_who_was_merged_keeps_the_follow_up(desk: Desk) -> None:
    target, other = await desk.investigating(), await desk.assessed()
    merged = await desk.step("lead", other, "merge", target_id=target["id"], words="The same outage.")
    assert (merged["state"], merged["merged_into"]) == ("merged", target["id"])
    record = await desk.reached(await desk.pending(await desk.decided(target)))
    assert await desk.refused("caller", record, "close") == ["not_followed_up"]
    party = other["parties"][0]["id"]
    record = await desk.reached(record, party_id=party, words="The second one is glad.")
    assert (await desk.step("caller", record, "close"))["state"] == "closed"
    lead = desk.by["lead"]
    told = [one["record"]["words"] for one in await timeline(lead, record["id"]) if one["record"]]
    assert {"words": "The second one is glad."} in told
    for accept in ("application/json", "text/html"):
        whole = await lead.get(f"/v1/complaints/{record['id']}/dossier", headers={"Accept": accept})
        assert (whole.status_code, "The second one is glad." in whole.text) == (200, True)
    one = made(await desk.by["administrator"].post(f"/v1/services/complaints/persons/{party}/disclose"))["data"]
    assert "The second one is glad." in str(one["records"])
    rows = made(await desk.by["administrator"].post(f"/v1/services/complaints/persons/{party}/erase"))["rows"]
    assert rows["handling_record"] == len(one["records"])
    told = [entry["record"]["words"] for entry in await timeline(lead, record["id"]) if entry["record"]]
    assert {"words": "The second one is glad."} not in told


async def test_words_outlive_the_first_who_complains(desk: Desk) -> None:
    second = {"role": "representative", "name": "李雷", "email": "li.lei@customer.example"}
    record = await desk.assessed({"parties": [{"name": "王芳", "address": "Shanghai"}, second]})
    own = {party["role"]: party["id"] for party in record["parties"]}
    administrator, lead = desk.by["administrator"], desk.by["lead"]
    made(await administrator.post(f"/v1/services/complaints/persons/{own['complainant']}/erase"))
    await desk.step("lead", record, "inform", **BODIES["inform"] | {"words": "We look for the cause."})
    last = (await timeline(lead, record["id"]))[-1]["record"]
    assert (last["party_id"], last["words"]) == (own["representative"], {"told": "We look for the cause."})
    made(await administrator.post(f"/v1/services/complaints/persons/{own['representative']}/erase"))
    await desk.step("lead", record, "inform", **BODIES["inform"] | {"words": "We look for the cause."})
    told = [one["record"]["words"] for one in await timeline(lead, record["id"]) if one["record"]]
    assert told[-2:] == [{}, {}]


@pytest.mark.feature("C33")
@pytest.mark.clause("8.2-4", "8.2-11")
async def test_whoever_is_erased_while_it_is_open_is_neither_waited_for_nor_takes_the_answer_along(desk: Desk) -> None:
    second = {"role": "representative", "name": "李雷", "email": "li.lei@customer.example"}
    target = await desk.investigating(received={"parties": [{"name": "王芳", "address": "Shanghai"}, second]})
    other = await desk.assessed()
    await desk.step("lead", other, "merge", target_id=target["id"], words="The same outage.")
    own = {party["role"]: party["id"] for party in target["parties"]}

    async def erase(party: str) -> None:
        made(await desk.by["administrator"].post(f"/v1/services/complaints/persons/{party}/erase"))

    for party in (own["complainant"], own["representative"]):
        await desk.step("handler", target, "propose", **PROPOSAL)
        await erase(party)
        assert await desk.refused("lead", target, "approve", method="letter") == ["answer_erased"]
        await desk.step("lead", target, "send_back", words="The text is gone.")
    record = await desk.pending(await desk.decided(target))
    entries = [one["record"] for one in await timeline(desk.by["lead"], record["id"]) if one["record"]]
    copies = [copy["text"] for one in entries if one["step"] == "approve" for copy in one["copies"]]
    assert [PROPOSAL["answer"] in text for text in copies] == [True]
    assert await desk.refused("caller", record, "close") == ["not_followed_up"]
    unknown = {"party_id": own["complainant"], "method": "telephone", "outcome": "no_answer"}
    assert await desk.refused("caller", record, "record_follow_up", **unknown) == ["party_unknown"]
    await erase(other["parties"][0]["id"])
    closed = await desk.step("caller", record, "close")
    assert (closed["closing_way"], closed["satisfaction"]) == ("unreachable", None)
    dossier = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}/dossier"))
    assert dossier["missing"] == []


async def test_what_others_were_merged_into_ends_by_a_decision_only(desk: Desk) -> None:
    target, other = await desk.investigating(), await desk.assessed()
    case = {"complaint_id": other["id"], "body": "12345", "reference": "W-1"}
    made(await desk.by["lead"].post("/v1/external-cases", json=case), 201)
    await desk.step("lead", other, "merge", target_id=target["id"], words="The same outage.")
    target = await desk.step("handler", target, "withdraw", method="telephone", words="Fine.")
    assert target["state"] == "investigating"
    record = await desk.pending(await desk.decided(target))
    record = await desk.reached(record, party_id=other["parties"][0]["id"])
    assert await desk.refused("caller", record, "close") == ["external_case_unanswered"]


@pytest.mark.clause("8.2")
async def test_whom_the_assessment_says_it_is_about_sees_no_persons_and_takes_no_step(desk: Desk) -> None:
    subject = desk.by["colleague"]
    before = await desk.assessed()
    assert not made(await subject.get(f"/v1/complaints/{before['id']}"))["masked"]
    record = await desk.assessed(subject={"kind": "person", "account_id": desk.account("colleague")})
    case = {"complaint_id": record["id"], "body": "12345", "reference": "W-1"}
    made(await desk.by["lead"].post("/v1/external-cases", json=case), 201)
    where = f"/v1/complaints/{record['id']}"
    seen = made(await subject.get(where))
    assert (seen["masked"], seen["parties"][0]["name"] != record["parties"][0]["name"]) == (True, True)
    assert made(await desk.by["lead"].get(where))["parties"] == record["parties"]
    assert (await subject.get(f"{where}/attachments")).status_code == 403
    assert made(await subject.get("/v1/external-cases"))["items"] == []
    assert made(await subject.get(f"{where}/dossier"))["external_cases"] == []
    assert await desk.refused("colleague", record, "inform", **BODIES["inform"]) == ["actor_is_subject"]
    about_caller = {"kind": "person", "account_id": desk.account("caller")}
    waiver = {"objection": "handler_in_subjects_team", "control": "management_review", "words": "We are six people."}
    record = await desk.assessed(subject=about_caller)
    await desk.step("lead", record, "waive", **waiver, reviewer_id=desk.account("head"))
    await desk.step("lead", record, "assign", handler_id=desk.account("handler"))
    record = await desk.decided(await desk.step("handler", record, "start", words="I look at the logs."))
    named = {"caller_id": desk.account("caller")}
    assert await desk.refused("lead", record, "plan_follow_up", **named) == ["caller_is_subject"]


async def test_who_sent_what_is_discarded_is_told_unless_nobody_waits_to_hear_of_it(desk: Desk) -> None:
    entries = [await receive(desk.by["handler"]) for _ in range(2)]
    assert await desk.refused("lead", entries[0], "discard", reason="opinion") == ["sender_untold"]
    assert (await desk.step("lead", entries[0], "discard", reason="opinion", told=True))["state"] == "discarded"
    assert (await desk.step("lead", entries[1], "discard", reason="double_entry"))["state"] == "discarded"


async def test_a_refusal_can_be_appealed_against_once_before_somebody_else(desk: Desk) -> None:
    record = await desk.assessed()
    assert await desk.refused("lead", record, "refuse", **BODIES["refuse"]) == ["refuser_is_assessor"]
    record = await desk.step("head", record, "refuse", **BODIES["refuse"])
    assert record["state"] == "refused"
    assert await desk.refused("head", record, "appeal", **BODIES["appeal"]) == ["reviewer_is_refuser"]
    came_at = desk.clock.now
    desk.clock.forward(DAY)
    late = BODIES["uphold_refusal"] | {"received_at": came_at.isoformat()}
    record = await desk.step("lead", record, "uphold_refusal", **late)
    upheld = (await timeline(desk.by["lead"], record["id"]))[-1]["record"]
    assert (moment(upheld["at"]), moment(upheld["data"]["received_at"])) == (desk.clock.now, came_at)
    assert record["state"] == "refused"
    assert await desk.refused("lead", record, "appeal", **BODIES["appeal"]) == ["appealed_before"]


async def test_what_a_critical_complaint_ends_with_is_linked_to_an_improvement(desk: Desk) -> None:
    record = await desk.reached(await desk.pending(severity="critical"))
    assert await desk.refused("caller", record, "close") == ["improvement_missing"]
    record = await desk.step("lead", record, "link_improvement", improvement="imp-2026-0007")
    assert (await desk.step("caller", record, "close"))["improvement"] == "imp-2026-0007"


async def test_an_extension_moves_what_is_agreed_and_never_what_was_promised(desk: Desk) -> None:
    await open_channel(desk.by["administrator"], "hotline")
    desk.clock.forward(HOUR)
    record = await desk.investigating(received={"channel": "hotline"})
    promised = decide_clock(record)["promised_due_at"]
    assert await desk.refused("handler", record, "extend", **BODIES["extend"]) == ["approver_is_handler"]
    record = await desk.step("lead", record, "extend", **BODIES["extend"])
    assert decide_clock(record)["promised_due_at"] == promised < decide_clock(record)["due_at"]
    record = await desk.step("lead", record, "extend", **BODIES["extend"])
    assert await desk.refused("lead", record, "extend", **BODIES["extend"]) == ["extended_too_often"]


@pytest.mark.feature("C11")
async def test_the_backup_takes_over_while_the_handler_is_absent(desk: Desk) -> None:
    record = await desk.assessed()
    both = {"handler_id": desk.account("handler"), "backup_id": desk.account("colleague")}
    record = await desk.step("lead", record, "assign", **both)
    await desk.sweep()
    assert made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))["version"] == record["version"]
    await desk.absent("handler")
    await desk.sweep()
    await desk.sweep()
    after = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))
    assert (after["handler_id"], after["backup_id"]) == (desk.account("colleague"), None)
    assert after["version"] == record["version"] + 1
    assert await desk.refused("lead", after, "reassign", **BODIES["reassign"] | {"handler_id": both["handler_id"]}) == [
        "handler_absent"
    ]


def decide_clock(record: Json) -> Json:
    """The last clock of the decision."""
    clocks: list[Json] = [one for one in record["clocks"] if one["name"] == "decide"]
    return clocks[-1]
