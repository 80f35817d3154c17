"""Causes of complaints: which ones a decision may name, what they are called, and what follows when one repeats."""

from collections.abc import AsyncIterator

import pytest

from chassis.ids import new_id
from chassis.reactions import Reactor
from contracts.satisfaction import ImprovementRecorded
from services.complaints.app import SERVICE
from services.complaints.policies.rules import CAUSES
from tests.make.complaints import Json, complaint, faulted, made, timeline
from tests.make.events import received
from tests.make.figures import counted, measured_desk, report
from tests.make.handling import BODIES, PROPOSAL, Desk
from tests.make.house import House

OWN = {"code": "late_release", "en": "Late release", "zh": "发布延误"}
ZH = {"Accept-Language": "zh-CN"}


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with measured_desk(quiet_house) as desk:
        yield desk


async def publish(desk: Desk, *causes: Json) -> Json:
    return made(await desk.by["lead"].post("/v1/policies", json={"causes": list(causes)}), 201)


async def in_force(desk: Desk) -> Json:
    return made(await desk.by["handler"].get("/v1/policies/in-force"))


@pytest.mark.feature("C30")
@pytest.mark.clause("8.2-11")
async def test_a_decision_names_a_cause_of_the_policy_in_force_for_the_complaint(desk: Desk) -> None:
    record = await desk.investigating()
    await publish(desk, OWN)
    own = PROPOSAL | {"cause": OWN["code"]}
    address = f"/v1/complaints/{record['id']}/propose"
    answers = [await desk.by["handler"].post(address, json=own, headers=headers) for headers in ({}, ZH)]
    refused = [made(answer, 409)["objections"] for answer in answers]
    assert [[one["code"] for one in objections] for objections in refused] == [["cause_unknown"], ["cause_unknown"]]
    assert all(code in refused[0][0]["message"] for code in CAUSES)
    assert refused[0][0]["message"].isascii() != refused[1][0]["message"].isascii()
    assert (await desk.decided(record))["cause"] == PROPOSAL["cause"], "what was assessed before keeps its policy"
    later = await desk.investigating()
    assert await desk.refused("handler", later, "propose", **PROPOSAL) == ["cause_unknown"]
    assert (await desk.decided(later, own))["cause"] == OWN["code"]


@pytest.mark.feature("C30")
async def test_what_is_settled_at_once_names_a_cause_of_the_newest_policy(desk: Desk) -> None:
    await publish(desk, OWN)
    record = made(await desk.by["handler"].post("/v1/complaints", json=complaint()), 201)
    body = BODIES["resolve_at_once"]
    assert await desk.refused("handler", record, "resolve_at_once", **body) == ["cause_unknown"]
    settled = await desk.step("handler", record, "resolve_at_once", **body | {"cause": OWN["code"]})
    assert (settled["cause"], settled["policy_version"]) == (OWN["code"], 1)


@pytest.mark.feature("C30")
async def test_the_policy_in_force_has_the_built_in_causes_until_the_desk_has_its_own(desk: Desk) -> None:
    before = await in_force(desk)
    assert (before["number"], [one["code"] for one in before["content"]["causes"]]) == (0, list(CAUSES))
    published = await publish(desk, OWN)
    after = await in_force(desk)
    assert (after["number"], after["content"]) == (1, published["content"])
    assert after["content"]["causes"] == [OWN]
    listed = made(await desk.by["lead"].get("/v1/policies"))["items"]
    assert listed[0]["content"] == after["content"]


@pytest.mark.feature("C30")
async def test_what_a_version_of_the_policy_leaves_out_stays_as_it_was(desk: Desk) -> None:
    head, outside = desk.account("head"), desk.account("administrator")
    first = {"causes": [OWN], "head_id": head, "outside_reviewer_id": outside, "decide": {"major": 60}, "assess": 8}
    before = made(await desk.by["lead"].post("/v1/policies", json=first), 201)["content"]
    after = made(await desk.by["lead"].post("/v1/policies", json={"repeats": 5}), 201)["content"]
    assert after == before | {"repeats": 5}
    nobody = {"outside_reviewer_id": None, "assess": None}
    after = made(await desk.by["lead"].post("/v1/policies", json=nobody), 201)["content"]
    assert after == before | {"repeats": 5} | nobody
    assert (await in_force(desk))["content"] == after


@pytest.mark.feature("C30")
@pytest.mark.parametrize(
    ("causes", "code"),
    [([], "too_short"), ([OWN, OWN], "cause_twice"), ([OWN | {"code": f"c{n}"} for n in range(201)], "too_long")],
)
async def test_a_policy_has_between_one_and_two_hundred_causes_each_once(
    desk: Desk, causes: list[Json], code: str
) -> None:
    answer = await desk.by["lead"].post("/v1/policies", json={"causes": causes})
    assert faulted(answer) == [("/causes", code)]


@pytest.mark.feature("C17", "C30")
async def test_neither_a_complaint_nor_an_event_carries_the_list(desk: Desk) -> None:
    await publish(desk, OWN)
    record = await desk.investigating()
    dossier = made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}/dossier"))
    assert (dossier["policy"]["repeats"], "causes" in dossier["policy"]) == (3, False)
    assert all(OWN["code"] not in str(entry["data"]) for entry in await timeline(desk.by["lead"], record["id"]))


@pytest.mark.feature("C30")
async def test_reports_and_pages_call_causes_by_their_titles(desk: Desk) -> None:
    await publish(desk, OWN | {"en": "Release was late"}, OWN | {"code": "gone", "en": "Gone since", "zh": "已停用"})
    record = await desk.decided(proposal={"cause": "gone"})
    await desk.decided(proposal={"cause": OWN["code"]})
    await publish(desk, OWN)
    await counted(desk)
    for by in ("cause", "service_and_cause"):
        rows = (await report(desk.by["lead"], "causes", by=by))["rows"]
        assert {row["cause"]: row["title"] for row in rows} == {"gone": "Gone since", OWN["code"]: OWN["en"]}
    shown = made(await desk.by["lead"].get("/v1/services/complaints/reports/causes", headers=ZH))["rows"]
    assert {row["title"] for row in shown} == {"已停用", OWN["zh"]}
    address = f"/v1/complaints/{record['id']}/dossier"
    page = (await desk.by["lead"].get(address, headers={"Accept": "text/html"})).text
    assert page.count("Gone since (gone)") == 2, "beside the complaint, and in the entry of the proposal"


async def asked(desk: Desk, record: Json) -> list[str]:
    """What the lead is asked to do about a complaint."""
    items = made(await desk.by["lead"].get("/v1/services/complaints/tasks", params={"state": "open"}))["items"]
    return [one["why"] for one in items if one["record_id"] == record["id"]]


async def decision(desk: Desk, record: Json) -> Json:
    """What the event of the last decision on a complaint tells."""
    entries = await timeline(desk.by["lead"], record["id"])
    told: Json = [one for one in entries if one["type"] == "complaints.complaint.decided.v1"][-1]["data"]
    return told


async def improve(desk: Desk, record: Json, **changes: str) -> str:
    """An improvement that satisfaction records for a complaint; its id."""
    whole = {"improvement_id": str(new_id()), "source_service": "complaints", "source_kind": "complaint"}
    event = ImprovementRecorded.model_validate(whole | {"source_id": record["id"]} | changes)
    await Reactor(desk.house.database("complaints"), SERVICE.reactions).react(received(desk.tenant, event))
    return str(event.improvement_id)


async def seen(desk: Desk, record: Json) -> Json:
    return made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))


@pytest.mark.feature("C30")
@pytest.mark.clause("8.2")
async def test_the_decision_with_which_a_cause_repeats_says_so_and_asks_for_an_improvement(desk: Desk) -> None:
    made(await desk.by["lead"].post("/v1/policies", json={"repeats": 2, "repeat_days": 30}), 201)
    first, other = await desk.decided(), await desk.decided(service="mail")
    assert [(await decision(desk, one))["repeated"] for one in (first, other)] == [False, False]
    second = await desk.decided()
    told = await decision(desk, second)
    assert (told["repeats"], told["repeated"]) == (2, True)
    assert "record_improvement" not in await asked(desk, first)
    assert "record_improvement" in await asked(desk, second)
    linked = await desk.step("lead", second, "link_improvement", improvement="imp-2026-0007")
    assert (linked["improvement"], "record_improvement" in await asked(desk, second)) == ("imp-2026-0007", False)


@pytest.mark.feature("C30", "C9")
@pytest.mark.clause("8.2")
async def test_a_matter_that_was_merged_is_no_repetition_of_itself(desk: Desk) -> None:
    made(await desk.by["lead"].post("/v1/policies", json={"repeats": 2, "repeat_days": 30}), 201)
    last, between, target = await desk.decided(), await desk.investigating(), await desk.investigating()
    for one, into in ((last, between), (between, target)):
        await desk.step("lead", one, "merge", target_id=into["id"], words="The same outage.")
    told = await decision(desk, await desk.decided(target))
    assert (told["repeats"], told["repeated"]) == (1, False)
    assert "record_improvement" not in await asked(desk, target)
    told = await decision(desk, await desk.decided())
    assert (told["repeats"], told["repeated"]) == (2, True), "the matter has come once before"


@pytest.mark.feature("C30")
@pytest.mark.clause("8.2", "8.4")
async def test_an_improvement_that_is_recorded_for_a_complaint_is_linked_by_the_system_once(desk: Desk) -> None:
    record = await desk.decided(severity="critical")
    assert "record_improvement" in await asked(desk, record)
    improvement = await improve(desk, record)
    linked = await seen(desk, record)
    assert (linked["improvement"], linked["version"]) == (improvement, record["version"] + 1)
    assert "record_improvement" not in await asked(desk, record)
    last = (await timeline(desk.by["lead"], record["id"]))[-1]
    assert (last["type"], last["actor"]) == ("complaints.complaint.improvement_linked.v1", "system")
    await improve(desk, record)
    assert (await seen(desk, record))["version"] == linked["version"], "it has one already"
    closed = await desk.step("caller", await desk.reached(await desk.pending(linked)), "close")
    assert closed["improvement"] == improvement


@pytest.mark.feature("C30")
@pytest.mark.parametrize("source", [{"source_service": "risk"}, {"source_kind": "review"}])
async def test_an_improvement_of_another_source_is_linked_to_no_complaint(desk: Desk, source: Json) -> None:
    record = await desk.decided()
    await improve(desk, record, **source)
    assert (await seen(desk, record))["improvement"] is None


@pytest.mark.feature("C30")
async def test_a_complaint_that_was_withdrawn_takes_no_improvement(desk: Desk) -> None:
    record = await desk.step("lead", await desk.investigating(), "withdraw", **BODIES["withdraw"])
    await improve(desk, record)
    after = await seen(desk, record)
    assert (after["improvement"], after["version"]) == (None, record["version"])
