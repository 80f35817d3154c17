"""Causes of complaints as data of the desk's policy: which ones a decision may name, and what they are called."""

from collections.abc import AsyncIterator

import pytest

from services.complaints.policies.rules import CAUSES
from tests.make.complaints import Json, complaint, faulted, made, timeline
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
