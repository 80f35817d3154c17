"""What guards of complaints say over HTTP, in both languages, and how a complaint goes on that they have held."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from chassis.ids import new_id
from contracts.base import Text
from services.complaints.assessments import rules as assessments
from services.complaints.complaints.queries import UNKNOWN_COMPLAINT
from services.complaints.endings import rules as endings
from services.complaints.follow_ups import rules as follow_ups
from services.complaints.handling import rules as handling
from services.complaints.investigations import rules as investigations
from services.complaints.policies.actions import INSIDE
from services.complaints.waivers import rules as waivers
from tests.make.complaints import Json, complain, complaint, faulted, made, receive, timeline
from tests.make.files import add, sound
from tests.make.handling import ASSESSMENT, BODIES, DAY, HOUR, PROPOSAL, SOMEBODY, Desk, desk_of
from tests.make.house import House
from tests.make.receipts import tasks
from tests.make.statements import overheard


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant()) as desk:
        yield desk


async def said(desk: Desk, who: str, record: Json, name: str, **body: object) -> dict[str, Text]:
    """What stands against a step of somebody, by code, as it is told in both languages; the step was not taken."""
    address, found = f"/v1/complaints/{record['id']}/{name.replace('_', '-')}", []
    before = await seen(desk, record)
    for language in ("en", "zh-CN"):
        answer = await desk.by[who].post(address, json=body, headers={"Accept-Language": language})
        found.append({one["code"]: one["message"] for one in made(answer, 409)["objections"]})
    assert await seen(desk, record) == before
    return {code: Text(found[0][code], found[1][code]) for code in found[0]}


async def seen(desk: Desk, record: Json) -> Json:
    return made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))


def decide_limit(record: Json) -> int:
    """The limit to decide in working hours, as it is agreed."""
    return int([one for one in record["clocks"] if one["name"] == "decide"][-1]["limit_minutes"] / 60)


@pytest.mark.feature("C27")
@pytest.mark.clause("8.2-4")
async def test_whoever_is_partly_satisfied_and_wants_more_is_heard_again(desk: Desk) -> None:
    record = await desk.reached(await desk.pending(), "partly", wants_more=True)
    assert await said(desk, "caller", record, "close") == {"wants_more": follow_ups.WANTS_MORE}
    record = await desk.step("lead", record, "dissatisfied", handler_id=desk.account("lead"))
    await desk.step("lead", record, "propose", **PROPOSAL)
    record = await desk.step("head", record, "approve", method="telephone")
    record = await desk.reached(await desk.pending(record), "partly", wants_more=True)
    record = await desk.step("head", record, "final_position", **BODIES["final_position"])
    assert (record["closing_way"], record["satisfaction"]) == ("final_position", "partly")


async def test_whoever_is_satisfied_wants_nothing_more_by_telephone_and_by_receipt(desk: Desk) -> None:
    record = await desk.pending()
    body = {"satisfaction": "satisfied", "wants_more": True}
    address = f"/v1/complaints/{record['id']}/record-follow-up"
    call = await desk.by["caller"].post(address, json={"method": "telephone", "outcome": "reached"} | body)
    assert faulted(call) == [("", "satisfied_wants_more")]
    receipt = await complain(desk.by["public"], desk.tenant)
    address = f"/v1/public/{desk.tenant.slug}/complaints/{receipt['receipt_number']}/follow-up"
    mail = await desk.by["public"].post(address, json=body, headers={"Receipt-Code": receipt["receipt_code"]})
    assert faulted(mail) == [("", "satisfied_wants_more")]


@pytest.mark.feature("C18")
@pytest.mark.clause("8.2-9")
async def test_a_limit_that_was_set_by_hand_is_shortened_by_an_assessment_and_lengthened_by_none(desk: Desk) -> None:
    made(await desk.by["lead"].post("/v1/policies", json={"decide": {"critical": 60}}), 201)
    record = await desk.assessed(decide_hours=40)
    new_facts = ASSESSMENT | {"reason": "new_facts"}
    assert await said(desk, "lead", record, "reassess", **new_facts | {"decide_hours": 41}) == {
        "limit_lengthened": assessments.LONGER
    }
    record = await desk.step("lead", record, "reassess", **new_facts)
    assert decide_limit(record) == 40
    record = await desk.step("lead", record, "reassess", **new_facts | {"decide_hours": 24})
    assert decide_limit(record) == 24
    record = await desk.step("lead", record, "reassess", **new_facts | {"severity": "critical"})
    assert decide_limit(record) == 60


@pytest.mark.clause("8.2")
async def test_a_time_that_is_over_for_the_complainant_is_waived_by_the_lead(desk: Desk) -> None:
    refused = await desk.step("head", await desk.assessed(), "refuse", **BODIES["refuse"])
    closed = await desk.closed()
    desk.clock.forward(31 * DAY)
    waiver = BODIES["waive"] | {"reviewer_id": desk.account("head")}
    assert await said(desk, "lead", refused, "appeal", **BODIES["appeal"]) == {"appeal_too_late": assessments.TOO_LATE}
    refused = await desk.step("lead", refused, "waive", **waiver | {"objection": "appeal_too_late"})
    assert (await desk.step("lead", refused, "appeal", **BODIES["appeal"]))["state"] == "assessed"
    again = BODIES["reopen"] | {"reason": "dissatisfied", "handler_id": desk.account("colleague")}
    assert await said(desk, "lead", closed, "reopen", **again) == {"window_over": follow_ups.WINDOW}
    closed = await desk.step("lead", closed, "waive", **waiver | {"objection": "window_over"})
    assert (await desk.step("lead", closed, "reopen", **again))["state"] == "reinvestigating"


def about(desk: Desk, who: str) -> Json:
    """Changes of an assessment by which a complaint is about somebody."""
    return {"subject": {"kind": "person", "account_id": desk.account(who)}}


@pytest.mark.feature("C10", "C11")
@pytest.mark.clause("8.2", "8.2-5")
async def test_nobody_steps_in_who_could_not_handle_it_for_their_nearness(desk: Desk) -> None:
    record = await desk.assessed(**about(desk, "colleague"))
    await desk.step("lead", record, "waive", **BODIES["waive"] | {"objection": "handler_in_subjects_team"})
    handler_id = desk.account("handler")
    for backup, found in (
        (desk.account("colleague"), {"backup_is_subject": handling.BACKUP_SUBJECT}),
        (desk.account("caller"), {"backup_in_subjects_team": handling.BACKUP_TEAM}),
        (SOMEBODY, {"backup_unknown": handling.BACKUP_UNKNOWN}),
    ):
        assert await said(desk, "lead", record, "assign", handler_id=handler_id, backup_id=backup) == found
    record = await desk.step("lead", record, "assign", handler_id=handler_id, backup_id=desk.account("head"))
    assert record["backup_id"] == desk.account("head")
    change = BODIES["reassign"] | {"handler_id": desk.account("head"), "backup_id": desk.account("colleague")}
    assert await said(desk, "lead", record, "reassign", **change) == {"backup_is_subject": handling.BACKUP_SUBJECT}


@pytest.mark.feature("C10")
@pytest.mark.clause("8.2")
async def test_neither_next_level_nor_reviewer_is_whom_it_is_about(desk: Desk) -> None:
    record = await desk.assessed(**about(desk, "caller"))
    to_caller = {"to_id": desk.account("caller"), "reason": "overdue"}
    assert await said(desk, "lead", record, "escalate", **to_caller) == {
        "next_level_is_subject": handling.LEVEL_SUBJECT
    }
    waiver = BODIES["waive"] | {"reviewer_id": desk.account("caller")}
    assert await said(desk, "lead", record, "waive", **waiver) == {"reviewer_is_subject": waivers.REVIEWER_SUBJECT}
    await desk.step("lead", record, "escalate", to_id=desk.account("head"), reason="overdue")
    await desk.step("lead", record, "waive", **waiver | {"reviewer_id": desk.account("head")})


@pytest.mark.clause("8.2")
async def test_no_machine_approves_what_is_severe_or_signs_or_reviews_a_waiver(desk: Desk) -> None:
    async with desk.house.client("complaints", desk.tenant, "complaint_lead") as machine:
        desk.by["machine"] = machine
        light, severe = [await desk.investigating(severity=one) for one in ("moderate", "major")]
        for one in (light, severe):
            await desk.step("handler", one, "propose", **PROPOSAL)
        refused = await said(desk, "machine", severe, "approve", method="telephone")
        assert refused == {"approver_is_machine": investigations.NO_PERSON}
        open_ = {
            one["step"]: one["lacks"] for one in (await desk.by["machine"].get(where(severe))).json()["open_steps"]
        }
        assert "approver_is_machine" in [one["code"] for one in open_["approve"]]
        assert (await desk.step("machine", light, "approve", method="telephone"))["state"] == "decided"
        assert (await desk.step("lead", severe, "approve", method="telephone"))["state"] == "decided"
        waiver = BODIES["waive"]
        assert await said(desk, "machine", severe, "waive", **waiver) == {"signer_is_machine": waivers.NO_PERSON}
        severe = await desk.step("lead", severe, "waive", **waiver)
        review = BODIES["review_waiver"]
        assert await said(desk, "machine", severe, "review_waiver", **review) == {
            "reviewer_is_machine": waivers.NO_PERSON
        }


def where(record: Json) -> str:
    return f"/v1/complaints/{record['id']}"


@pytest.mark.feature("C10")
@pytest.mark.clause("8.2")
async def test_a_complaint_about_the_head_is_decided_by_the_outside_reviewer_of_the_policy_alone(desk: Desk) -> None:
    inside = await desk.by["lead"].post("/v1/policies", json={"outside_reviewer_id": desk.account("colleague")})
    assert faulted(inside) == [("/outside_reviewer_id", "reviewer_inside")]
    assert inside.json()["errors"][0]["detail"] == INSIDE.en
    not_outside = {"reviewer_not_outside": handling.OUTSIDE}
    record = await desk.assessed(**about(desk, "head"))
    assert await said(desk, "handler", record, "refuse", **BODIES["refuse"]) == not_outside
    waiver = BODIES["waive"] | {"objection": "reviewer_not_outside"}
    assert await said(desk, "lead", record, "waive", **waiver) == {"not_waivable": waivers.NOT_WAIVABLE}
    async with outsiders(desk, "auditor", "advocate"):
        await name_outside(desk, "auditor")
        assert await said(desk, "advocate", record, "refuse", **BODIES["refuse"]) == not_outside
        record = await desk.step("auditor", record, "refuse", **BODIES["refuse"])
        appeal = BODIES["appeal"]
        assert await said(desk, "lead", record, "appeal", **appeal) == not_outside
        assert await said(desk, "lead", record, "uphold_refusal", **appeal) == not_outside
        assert await desk.refused("auditor", record, "appeal", **appeal) == ["reviewer_is_refuser"]
        await name_outside(desk, "advocate")
        await desk.step("handler", record, "object", **BODIES["object"])
        assert [await tasks(desk, who, "hear_objection") for who in ("advocate", "auditor", "lead")] == [1, 0, 0]
        record = await desk.step("advocate", record, "appeal", **appeal)
        await desk.step("lead", record, "assign", handler_id=desk.account("handler"))
        await desk.step("handler", record, "start", words="I look at the logs.")
        record = await desk.step("handler", record, "propose", **PROPOSAL)
        assert [await tasks(desk, who, "approve_decision") for who in ("advocate", "auditor", "lead")] == [1, 0, 0]
        assert await tasks(desk, "head", "approve_decision_instead") == 0
        assert await said(desk, "lead", record, "approve", method="telephone") == not_outside
        assert (await desk.step("advocate", record, "approve", method="telephone"))["state"] == "decided"


async def test_the_policy_says_who_heads_the_provider_where_it_is_not_the_head_of_the_only_department(
    desk: Desk,
) -> None:
    made(await desk.by["lead"].post("/v1/policies", json={"head_id": desk.account("colleague")}), 201)
    record = await desk.assessed(**about(desk, "colleague"))
    assert await said(desk, "handler", record, "refuse", **BODIES["refuse"]) == {
        "reviewer_not_outside": handling.OUTSIDE
    }
    record = await desk.assessed(**about(desk, "head"))
    assert (await desk.step("handler", record, "refuse", **BODIES["refuse"]))["state"] == "refused"


async def test_a_small_matter_about_the_head_is_not_settled_past_the_outside_reviewer(desk: Desk) -> None:
    subject = {"role": "subject", "account_id": desk.account("head")}
    record = await receive(desk.by["handler"], parties=[{"telephone": "+86 138 0000 0000"}, subject])
    open_ = {one["step"]: [lack["code"] for lack in one["lacks"]] for one in record["open_steps"]}
    assert "reviewer_not_outside" in open_["resolve_at_once"]
    assert await said(desk, "handler", record, "resolve_at_once", **BODIES["resolve_at_once"]) == {
        "reviewer_not_outside": handling.OUTSIDE
    }
    other = {"role": "subject", "account_id": desk.account("caller")}
    record = await receive(desk.by["handler"], parties=[{"telephone": "+86 138 0000 0000"}, other])
    await desk.step("handler", record, "resolve_at_once", **BODIES["resolve_at_once"])


@asynccontextmanager
async def outsiders(desk: Desk, *names: str) -> AsyncIterator[None]:
    """People with an account who are not employed, each with a client, where they lead complaints."""
    async with AsyncExitStack() as clients:
        for who in names:
            desk.people[who] = new_id()
            token = desk.house.person_token(desk.tenant, desk.people[who], "complaint_lead")
            desk.by[who] = await clients.enter_async_context(desk.house.client_of("complaints", token))
        yield


async def name_outside(desk: Desk, who: str) -> None:
    """Somebody is named in the policy as the outside reviewer."""
    body = {"outside_reviewer_id": desk.account(who)}
    policy = made(await desk.by["lead"].post("/v1/policies", json=body), 201)
    assert policy["content"]["outside_reviewer_id"] == desk.account(who)


@pytest.mark.feature("C22", "C25")
@pytest.mark.clause("8.2-11")
async def test_evidence_and_recordings_are_files_of_the_complaint_that_are_there(desk: Desk) -> None:
    lead = desk.by["lead"]
    record, other = await desk.investigating(), await desk.assessed()
    own, foreign = [(await add(lead, one["id"], "log.txt", b"log"))["id"] for one in (record, other)]
    proposal = PROPOSAL | {"evidence": [own, foreign, SOMEBODY]}
    assert await said(desk, "handler", record, "propose", **proposal) == {
        "file_unknown": investigations.NO_FILE.filled(fields="/evidence/1, /evidence/2")
    }
    record = await desk.decided(record, {"evidence": [own]})
    record = await desk.pending(record)
    call = {"method": "telephone", "outcome": "no_answer"}
    assert await said(desk, "caller", record, "record_follow_up", **call, recording=foreign) == {
        "file_unknown": investigations.NO_FILE.filled(fields="/recording")
    }
    recording = (await add(lead, record["id"], "call.wav", sound(), purpose="recording"))["id"]
    await desk.step("caller", record, "record_follow_up", **call, recording=recording)
    for party in record["parties"]:
        made(await desk.by["administrator"].post(f"/v1/services/complaints/persons/{party['id']}/erase"))
    assert await desk.refused("caller", record, "record_follow_up", **call, recording=recording) == ["file_unknown"]


@pytest.mark.feature("C22")
@pytest.mark.clause("8.2-11")
async def test_a_remedy_lies_ahead_when_it_is_proposed_and_when_the_complaint_is_closed(desk: Desk) -> None:
    today = desk.clock.now.date()
    remedy = {"kind": "refund", "due_on": (today - DAY).isoformat(), "owner_id": desk.account("colleague")}
    record = await desk.investigating()
    assert await said(desk, "handler", record, "propose", **PROPOSAL | {"remedies": [remedy]}) == {
        "remedy_due_before": investigations.PAST
    }
    record = await desk.decided(record, {"remedies": [remedy | {"due_on": today.isoformat()}]})
    record = await desk.reached(await desk.pending(record))
    desk.clock.forward(14 * HOUR)  # at midnight in Shanghai the day is over
    assert await said(desk, "caller", record, "close") == {"remedies_unsettled": follow_ups.REMEDIES}
    record = await desk.step("lead", record, "deliver_remedy", remedy=1)
    assert (await desk.step("caller", record, "close"))["state"] == "closed"


async def remedies_asked(desk: Desk, who: str, state: str = "open") -> list[tuple[str, str | None]]:
    """Which remedies somebody is asked to deliver, and until when."""
    page = made(await desk.by[who].get("/v1/services/complaints/tasks", params={"state": state}))
    return sorted((one["title"], one["due_at"]) for one in page["items"] if one["why"].startswith("deliver_remedy"))


@pytest.mark.clause("8.2-11")
async def test_the_owner_of_a_remedy_is_asked_for_it_from_the_decision_until_it_is_delivered(desk: Desk) -> None:
    refund = {"kind": "refund", "due_on": "2026-06-10", "owner_id": desk.account("colleague")}
    remedies = [refund, {"kind": "apology"}, refund | {"due_on": None}, refund | {"owner_id": desk.account("caller")}]
    record = await desk.investigating()
    await desk.step("handler", record, "propose", **PROPOSAL | {"remedies": remedies})
    assert await remedies_asked(desk, "colleague") == []
    record = await desk.step("lead", record, "approve", method="telephone")
    titles = [f"Deliver remedy {one} of complaint {record['receipt_number']}" for one in (1, 3, 4)]
    first, third, fourth = zip(titles, ("2026-06-10T16:00:00Z", None, "2026-06-10T16:00:00Z"), strict=True)
    assert await remedies_asked(desk, "colleague") == [first, third]
    assert await remedies_asked(desk, "caller") == [fourth]
    # the caller handles no complaints
    assert await desk.refused("caller", record, "deliver_remedy", remedy=1) == ["remedy_of_another"]
    await desk.step("caller", record, "deliver_remedy", remedy=4)
    await desk.step("lead", record, "deliver_remedy", remedy=1)
    assert await remedies_asked(desk, "colleague") == [third]
    assert await remedies_asked(desk, "colleague", "done") == [first]
    withdrawn = await desk.step("lead", record, "withdraw", method="telephone", words="I withdraw it.")
    assert withdrawn["state"] == "withdrawn"
    assert (await remedies_asked(desk, "colleague"), await remedies_asked(desk, "caller")) == ([], [])
    assert await remedies_asked(desk, "colleague", "cancelled") == [third]
    assert await remedies_asked(desk, "caller", "done") == [fourth]


async def test_a_remedy_is_asked_for_after_the_closing_but_not_once_it_is_looked_into_again(desk: Desk) -> None:
    remedy = {"kind": "refund", "due_on": "2026-06-10", "owner_id": desk.account("caller")}
    record = await desk.pending(await desk.decided(proposal={"remedies": [remedy]}))
    record = await desk.step("caller", await desk.reached(record), "close")
    assert len(await remedies_asked(desk, "caller")) == 1
    await desk.step("lead", record, "reopen", **BODIES["reopen"] | {"handler_id": desk.account("colleague")})
    assert await remedies_asked(desk, "caller") == []


@pytest.mark.feature("C2")
@pytest.mark.clause("8.2")
async def test_after_the_window_a_new_complaint_takes_the_earlier_one_up_again(desk: Desk) -> None:
    closed = await desk.closed()
    desk.clock.forward(31 * DAY)
    handler, lead = desk.by["handler"], desk.by["lead"]
    later = [await receive(handler, follows=closed["id"]) for _ in range(2)]
    assert (closed["follows"], later[0]["follows"]) == (None, closed["id"])
    assert (await seen(desk, later[0]))["follows"] == closed["id"]
    (received,) = await timeline(lead, later[0]["id"])
    assert received["data"]["follows"] == closed["id"]
    page = made(await lead.get("/v1/complaints", params={"follows": closed["id"], "sort": "received_at"}))
    assert [(one["id"], one["follows"]) for one in page["items"]] == [(one["id"], closed["id"]) for one in later]
    dossier = made(await lead.get(f"{where(closed)}/dossier"))
    assert (dossier["followed_by"], dossier["frozen"]["matches"]) == ([one["id"] for one in later], True)
    dossier = made(await lead.get(f"{where(later[0])}/dossier"))
    assert (dossier["followed_by"], dossier["frozen"]["record"]["complaint"]["follows"]) == ([], closed["id"])


async def test_a_complaint_takes_up_no_earlier_one_that_is_not_this_providers(desk: Desk) -> None:
    other = await desk.house.new_tenant()
    async with desk.house.client("complaints", other, "complaint_handler") as elsewhere:
        foreign = await receive(elsewhere)
    for earlier in (foreign["id"], SOMEBODY):
        answers = [
            await desk.by["handler"].post(
                "/v1/complaints", json=complaint(follows=earlier), headers={"Accept-Language": language}
            )
            for language in ("en", "zh-CN")
        ]
        assert [faulted(one) for one in answers] == [[("/follows", "unknown_complaint")]] * 2
        assert Text(*(one.json()["errors"][0]["detail"] for one in answers)) == UNKNOWN_COMPLAINT
    public = f"/v1/public/{desk.tenant.slug}/complaints"
    assert faulted(await desk.by["public"].post(public, json=complaint(follows=SOMEBODY))) == [
        ("/follows", "extra_forbidden")
    ]


@pytest.mark.feature("C10")
@pytest.mark.clause("8.2")
async def test_whom_a_complaint_is_about_does_not_come_to_it_by_a_merger(desk: Desk) -> None:
    one, another = [await desk.assessed(**about(desk, "colleague")) for _ in range(2)]
    unrelated = await desk.assigned()
    merging = {"words": "The same outage."}
    assert await said(desk, "lead", one, "merge", **merging, target_id=unrelated["id"]) == {
        "target_about_others": endings.ABOUT_OTHERS
    }
    await desk.step("lead", unrelated, "merge", **merging, target_id=one["id"])
    merged = await desk.step("lead", one, "merge", **merging, target_id=another["id"])
    assert merged["state"] == "merged"
    corrected = ASSESSMENT | {"reason": "new_facts"}
    assert await desk.refused("lead", another, "reassess", **corrected) == ["merged_about_others"]
    again = await desk.step("lead", another, "reassess", **corrected | about(desk, "colleague"))
    await desk.step("handler", again, "inform", method="telephone", words="We look at the logs.")


async def statements(desk: Desk, **changes: object) -> int:
    """How many statements it takes to register a complaint."""
    told: list[str] = []
    async with overheard(desk.house.database("complaints"), lambda statement, _: told.append(statement)):
        await receive(desk.by["handler"], **changes)
    return len(told)


async def test_only_a_complaint_that_takes_up_an_earlier_one_asks_for_it(desk: Desk) -> None:
    earlier = await receive(desk.by["handler"])
    assert await statements(desk, follows=earlier["id"]) == await statements(desk) + 1
