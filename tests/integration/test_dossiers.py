"""A dossier holds all that is on record of a complaint; its hash is frozen at closing and tells of any later change."""

import hashlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from chassis.actors import SYSTEM
from chassis.canonical import canonical
from chassis.ids import new_id
from services.complaints.complaints.models import Complaint, HandlingRecord
from services.complaints.staff.queries import DEPARTMENTS, PERSON
from tests.make.complaints import Json, acknowledge, complaint, contact, made, moment, open_channel, receive, timeline
from tests.make.external_cases import register, take
from tests.make.files import add
from tests.make.handling import BODIES, HOUR, PROPOSAL, Desk, desk_of
from tests.make.house import House
from tests.make.statements import overheard

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SHANGHAI = ZoneInfo("Asia/Shanghai")
RATHER_HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
"""What a browser sends."""


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant()) as desk:
        yield desk


async def dossier_of(desk: Desk, record: Json, who: str = "lead") -> Json:
    """A dossier as data."""
    return made(await desk.by[who].get(f"/v1/complaints/{record['id']}/dossier"))


async def page_of(desk: Desk, path: str, language: str = "en", who: str = "lead") -> str:
    """A page, which a browser shows without asking for anything else."""
    answer = await desk.by[who].get(path, headers={"Accept": RATHER_HTML, "Accept-Language": language})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "<script" not in answer.text
    assert "http" not in answer.text.replace("https://provider.example", "")
    return answer.text


@pytest.mark.feature("C31")
@pytest.mark.clause("8.2-11")
async def test_a_dossier_holds_every_record_and_a_hash_that_anybody_can_reckon(desk: Desk) -> None:
    await open_channel(desk.by["lead"])
    desk.clock.forward(HOUR)
    parties = [{"name": "王芳", "email": "wang.fang@customer.example"}]
    record = await desk.pending(received={"channel": "hotline", "parties": parties})
    await add(desk.by["handler"], record["id"], "note.txt", b"The log says so.", purpose="evidence")
    await desk.step("caller", await desk.reached(record), "close")
    dossier = await dossier_of(desk, record)
    entries = dossier["entries"]
    assert [one["version"] for one in entries] == list(range(1, len(entries) + 1))
    steps = {one["record"]["step"]: one["record"] for one in entries if one["record"]}
    assert steps["propose"]["words"]["finding"] == PROPOSAL["finding"]
    assert {one["clock"] for one in dossier["intervals"]} >= {"acknowledge", "decide", "follow_up"}
    (message,) = dossier["messages"]
    assert (message["kind"], "wang.fang" not in str(dossier["frozen"]["record"])) == ("acknowledgement", True)
    assert message["text"]
    (file,) = dossier["attachments"]
    assert file["sha256"] in str(dossier["frozen"]["record"])
    assert dossier["channel"]["number"] == dossier["complaint"]["channel_version"] == 1
    assert dossier["policy"]["follow_up"] == 24
    assert (dossier["missing"], dossier["waivers"]) == ([], [])
    frozen = dossier["frozen"]
    assert frozen["sha256"] == hashlib.sha256(canonical(frozen["record"]).encode()).hexdigest()
    assert frozen["frozen_sha256"] == frozen["sha256"] == dossier["complaint"]["dossier_sha256"]
    assert (frozen["matches"], frozen["entries"]) == (True, len(entries) - 1)
    assert entries[-1]["data"]["dossier_sha256"] == frozen["sha256"]


@pytest.mark.feature("C31")
@pytest.mark.clause("8.2-11")
async def test_the_frozen_hash_covers_what_was_entered_before_closing_and_nothing_later(desk: Desk) -> None:
    remedy = {"kind": "credit", "owner_id": desk.account("handler"), "due_on": "2026-07-01"}
    decided = await desk.decided(proposal={"remedies": [remedy]})
    desk.clock.forward(HOUR)
    record = await desk.step("caller", await desk.reached(await desk.pending(decided)), "close")
    before = await dossier_of(desk, record)
    desk.clock.forward(HOUR)
    await desk.step("lead", record, "deliver_remedy", remedy=1, words="The credit was paid.")
    await add(desk.by["handler"], record["id"], "note.txt", b"The log says so.", purpose="evidence")
    reopening = {"handler_id": desk.account("head"), "reason": "new_evidence", "words": "A log turned up."}
    await desk.step("head", record, "reopen", **reopening)
    after = await dossier_of(desk, record)
    assert len(after["entries"]) == len(before["entries"]) + 3
    assert (after["frozen"]["matches"], after["frozen"]["sha256"]) == (True, before["frozen"]["sha256"])
    again = await desk.decided(record)
    desk.clock.forward(HOUR)
    await desk.step("caller", await desk.reached(await desk.pending(again)), "close")
    renewed = (await dossier_of(desk, record))["frozen"]
    assert (renewed["matches"], renewed["sha256"] != before["frozen"]["sha256"]) == (True, True)


@pytest.mark.clause("8.2-11")
async def test_a_record_that_was_changed_afterwards_shows(desk: Desk) -> None:
    record = await desk.closed()
    assert (await dossier_of(desk, record))["frozen"]["matches"] is True
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        mine = (HandlingRecord.provider_id == work.provider_id, HandlingRecord.step == "propose")
        await work.session.execute(update(HandlingRecord).where(*mine).values(data={"decision": "not_upheld"}))
    frozen = (await dossier_of(desk, record))["frozen"]
    assert frozen["matches"] is False


async def test_an_open_complaint_has_a_dossier_that_is_not_frozen(desk: Desk) -> None:
    frozen = (await dossier_of(desk, await receive(desk.by["handler"])))["frozen"]
    assert (frozen["frozen_sha256"], frozen["matches"], frozen["entries"]) == (None, None, 1)


@pytest.mark.feature("C31")
async def test_who_need_not_know_persons_reads_a_masked_dossier(desk: Desk) -> None:
    record = await desk.closed()
    reader = desk.house.client("complaints", desk.tenant, "reader")
    async with reader:
        dossier = made(await reader.get(f"/v1/complaints/{record['id']}/dossier"))
        page = await reader.get(f"/v1/complaints/{record['id']}/dossier", headers={"Accept": RATHER_HTML})
    assert (dossier["complaint"]["masked"], dossier["complaint"]["words"]) == (True, "***")
    assert dossier["frozen"]["matches"] is True
    for text in (str(dossier), page.text):
        assert "王芳" not in text
        assert PROPOSAL["finding"] not in text


@pytest.mark.feature("C31")
async def test_a_dossier_is_a_page_in_both_languages(desk: Desk) -> None:
    words = "The portal <b>has been down</b> & nobody answers."
    record = await desk.closed(received={"words": words})
    path = f"/v1/complaints/{record['id']}/dossier"
    english, chinese = await page_of(desk, path), await page_of(desk, path, "zh-CN")
    assert "The portal &lt;b&gt;has been down&lt;/b&gt; &amp; nobody answers." in english
    assert '<html lang="zh-CN">' in chinese
    for told in ("投诉卷宗", "已结案", "拟办", "与结案时固化的哈希值一致", record["receipt_number"], "王芳"):
        assert told in chinese
    unheard = await desk.by["lead"].get(path, headers={"Accept": "application/pdf"})
    assert unheard.status_code == 406


@pytest.mark.feature("C31")
async def test_staff_are_told_by_number_and_post_and_no_page_shows_an_id(desk: Desk) -> None:
    await open_channel(desk.by["lead"])
    desk.clock.forward(HOUR)
    remedy = {"kind": "credit", "owner_id": desk.account("colleague"), "due_on": "2026-07-01"}
    decided = await desk.decided(received={"channel": "hotline"}, proposal={"remedies": [remedy]})
    record = await desk.step("caller", await desk.reached(await desk.pending(decided)), "close")
    path = f"/v1/complaints/{record['id']}"
    pages = {
        name: [await page_of(desk, f"{path}/{name}", language) for language in ("en", "zh-CN")]
        for name in ("dossier", "registration-form", "follow-up-form")
    }
    assert ID.search("".join(chain(*pages.values()))) is None
    english, chinese = pages["dossier"]
    for told in ("0012 · complaint handler", "0011 · complaint lead", "0014 · hotline", desk.account("colleague")[-8:]):
        assert told in english
    assert "0012 · 投诉处理员" in chinese
    assert all("0014 · hotline" in page for page in pages["follow-up-form"])
    assert "0012 · 投诉处理员" in pages["registration-form"][1]


@pytest.mark.feature("C31")
@pytest.mark.clause("8.2-11")
async def test_another_staff_number_changes_what_is_read_and_not_what_was_frozen(desk: Desk) -> None:
    record = await desk.closed()
    before, asked = await dossier_of(desk, record), list[str]()
    named = {one["account_id"]: (one["staff_number"], one["post"]) for one in before["staff"]}
    assert named == {
        desk.account("lead"): ("0011", "complaint-lead"),
        desk.account("handler"): ("0012", "complaint-handler"),
        desk.account("caller"): ("0014", "hotline"),
    }
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        (person,) = await work.read(PERSON, account_id=desk.people["handler"])
        person.staff_number = "0099"
    async with overheard(desk.house.database("complaints"), lambda statement, _: asked.append(statement)):
        after = await dossier_of(desk, record)
    assert ("0099", before["frozen"]) in [(one["staff_number"], after["frozen"]) for one in after["staff"]]
    assert after["frozen"]["matches"] is True
    assert sum("FROM staff_copy" in statement for statement in asked) == 1, "all who are named are read at once"


@pytest.mark.feature("C31")
@pytest.mark.clause("8.2-11")
async def test_a_dossier_holds_the_cases_at_authorities_as_they_were_when_it_was_frozen(desk: Desk) -> None:
    record, by = await desk.decided(), desk.by["lead"]
    proof = (await add(desk.by["handler"], record["id"], "reply.txt", b"We have replied."))["id"]
    case = await register(by, record["id"])
    await take(by, case["id"], "reply", method="portal", reference="R-7", proof=proof)
    record = await desk.step("caller", await desk.reached(await desk.pending(record)), "close")
    frozen = (await dossier_of(desk, record))["frozen"]
    happened = [one["type"].split(".")[2] for one in frozen["record"]["cases"]]
    assert (happened, frozen["matches"]) == (["registered", "replied"], True)
    await take(by, case["id"], "rule", outcome="not_upheld", summary="王芳 was right to ask.")
    dossier = await dossier_of(desk, record)
    assert dossier["frozen"] == frozen
    (told,) = dossier["external_cases"]
    assert (told["state"], told["outcome"], told["summary"]) == ("ruled", "not_upheld", "王芳 was right to ask.")
    assert (told["reference"], told["reply_reference"], told["proof_id"]) == ("GD-2026-001234", "R-7", proof)
    page = await page_of(desk, f"/v1/complaints/{record['id']}/dossier")
    for word in (
        "hotline 12345 GD-2026-001234",
        "portal · R-7",
        "reply.txt",
        "against the complainant",
        "王芳 was right",
    ):
        assert word in page
    async with desk.house.client("complaints", desk.tenant, "reader") as reader:
        masked = made(await reader.get(f"/v1/complaints/{record['id']}/dossier"))["external_cases"]
    assert [one["summary"] for one in masked] == ["***"]


@pytest.mark.feature("C31", "C33")
@pytest.mark.clause("8.2", "8.2-11")
async def test_whoever_it_is_about_reads_a_record_without_cases_that_says_so(desk: Desk) -> None:
    about = {"subject": {"kind": "person", "account_id": desk.account("colleague")}}
    waiver = BODIES["waive"] | {"objection": "handler_in_subjects_team"}
    record, lead = await desk.assessed(**about), desk.by["lead"]
    await desk.step("lead", record, "waive", **waiver)
    record = await desk.step("head", record, "refuse", **BODIES["refuse"])
    case = await register(lead, record["id"])
    await take(lead, case["id"], "reply", method="portal")
    await take(lead, case["id"], "rule", outcome="upheld")
    await desk.step("lead", record, "assign", handler_id=desk.account("handler"))
    record = await desk.step("handler", record, "start", words="I look at the logs.")
    record = await desk.step("caller", await desk.reached(await desk.pending(await desk.decided(record))), "close")
    where = f"/v1/complaints/{record['id']}"
    whole, own = [made(await desk.by[who].get(f"{where}/dossier")) for who in ("lead", "colleague")]
    assert (whole["frozen"]["masked"], own["frozen"]["masked"]) == (False, True)
    for frozen in (whole["frozen"], own["frozen"]):
        assert (frozen["sha256"], frozen["matches"]) == (record["dossier_sha256"], True)
    for one in (own, await timeline(desk.by["colleague"], record["id"])):
        assert not [trace for trace in (case["id"], case["reference"], "external_case.") if trace in str(one)]
    left = {name: rows for name, rows in whole["frozen"]["record"].items() if name != "cases"}
    (ruled,) = [row for row in left["records"] if row["step"] == "admit_by_ruling"]
    assert ruled["data"].pop("external_case_id") == case["id"]
    assert own["frozen"]["record"] == left
    assert hashlib.sha256(canonical(left).encode()).hexdigest() != whole["frozen"]["sha256"]
    told = {who: await page_of(desk, f"{where}/dossier", "zh-CN", who) for who in ("lead", "colleague")}
    assert {who: "当前读者所见并非全部" in page for who, page in told.items()} == {"lead": False, "colleague": True}


@pytest.mark.clause("8.2-11")
async def test_what_was_frozen_before_cases_were_hashed_is_found_without_them(desk: Desk) -> None:
    record = await desk.decided()
    case = await register(desk.by["lead"], record["id"])
    await take(desk.by["lead"], case["id"], "reply", method="portal")
    record = await desk.step("caller", await desk.reached(await desk.pending(record)), "close")
    whole = (await dossier_of(desk, record))["frozen"]
    earlier = {name: rows for name, rows in whole["record"].items() if name != "cases"}
    sha256 = hashlib.sha256(canonical(earlier).encode()).hexdigest()
    for frozen, found in ((sha256, (sha256, True)), ("0" * 64, (whole["sha256"], False))):
        async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            (await work.load(Complaint, UUID(record["id"]))).dossier_sha256 = frozen
        again = (await dossier_of(desk, record))["frozen"]
        assert (again["sha256"], again["matches"]) == found


@pytest.mark.feature("C31")
@pytest.mark.clause("8.2-11")
async def test_a_dossier_tells_what_was_merged_into_it_and_what_each_was_told(desk: Desk) -> None:
    received = {"parties": [{"name": "李雷", "email": "li.lei@customer.example"}]}
    target, other, last = await desk.investigating(), await desk.assessed(received), await desk.assessed()
    await desk.step("lead", last, "merge", target_id=other["id"], words="The same outage.")
    await desk.step("lead", other, "merge", target_id=target["id"], words="The same outage.")
    record = await desk.pending(await desk.decided(target))
    for party in (None, other["parties"][0]["id"], last["parties"][0]["id"]):
        record = await desk.reached(record, party_id=party)
    await desk.step("caller", record, "close")
    dossier = await dossier_of(desk, record)
    merged = {one["id"]: (one["receipt_number"], one["parties"]) for one in dossier["merged"]}
    assert merged == {one["id"]: (one["receipt_number"], one["parties"]) for one in (other, last)}
    assert dossier["frozen"]["matches"] is True
    copies = [copy for one in dossier["entries"] if one["record"] for copy in one["record"]["copies"]]
    assert {one["party_id"] for one in copies} == {one["parties"][0]["id"] for one in (other, last)}
    path = f"/v1/complaints/{record['id']}"
    page, form = await page_of(desk, f"{path}/dossier"), await page_of(desk, f"{path}/follow-up-form")
    for told in (other["receipt_number"], last["receipt_number"], "Complainant 李雷 · Notice"):
        assert told in page
    assert form.count("<dd>李雷") == 2, "among who complains, and with their follow-up"
    ended = await page_of(desk, f"/v1/complaints/{other['id']}/dossier")
    assert record["receipt_number"] in ended
    assert ID.search(page + form + ended) is None
    async with desk.house.client("complaints", desk.tenant, "reader") as reader:
        masked = made(await reader.get(f"{path}/dossier"))
    assert "李雷" not in str(masked)


@pytest.mark.feature("C31")
async def test_units_customers_and_other_complaints_are_told_by_number_or_code(desk: Desk) -> None:
    earlier, customer = await desk.closed(), str(new_id())
    async with desk.house.database("complaints").work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        (department,) = await work.read(DEPARTMENTS)
    about = {"subject": {"kind": "department", "unit_id": str(department.id)}, "department_id": str(department.id)}
    record = await desk.assessed({"follows": earlier["id"]}, **about, customer_id=customer)
    page = await page_of(desk, f"/v1/complaints/{record['id']}/dossier")
    for told in ("<dd>service</dd>", customer[-8:], earlier["receipt_number"]):
        assert told in page
    before = await page_of(desk, f"/v1/complaints/{earlier['id']}/dossier")
    assert record["receipt_number"] in before
    case = await register(desk.by["lead"], earlier["id"])
    await take(desk.by["lead"], case["id"], "rule", outcome="upheld")
    ruled = await page_of(desk, f"/v1/complaints/{earlier['id']}/dossier")
    assert "<dt>External case</dt><dd>hotline 12345 GD-2026-001234</dd>" in ruled
    assert ID.search(page + before + ruled) is None


@pytest.mark.clause("8.2-4")
async def test_a_follow_up_form_has_the_answer_of_what_was_settled_at_once(desk: Desk) -> None:
    record = made(await desk.by["handler"].post("/v1/complaints", json=complaint()), 201)
    record = await desk.step("handler", record, "resolve_at_once", **BODIES["resolve_at_once"])
    form = await page_of(desk, f"/v1/complaints/{record['id']}/follow-up-form")
    assert BODIES["resolve_at_once"]["words"] in form


@pytest.mark.feature("C5")
async def test_a_page_shows_what_a_contact_told(desk: Desk) -> None:
    await open_channel(desk.by["lead"])
    desk.clock.forward(HOUR)
    record = await receive(desk.by["handler"], channel="hotline")
    written = contact(method="letter", template="acknowledgement-7")
    await acknowledge(desk.by["handler"], record["id"], **written)
    entry = (await dossier_of(desk, record))["entries"][1]
    hours, due = entry["contact"]["quoted"]["limits"], moment(entry["contact"]["quoted"]["due"]["decide"])
    for name in ("dossier", "registration-form"):
        page = await page_of(desk, f"/v1/complaints/{record['id']}/{name}")
        assert f"receipt number {record['receipt_number']}" in page
        assert f"decision · {hours['decide']} working hours · until {due.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" in page
        assert "acknowledgement-7" in page
        assert "all times Asia/Shanghai (UTC+08:00)" in page


@pytest.mark.clause("8.2-11")
async def test_forms_have_what_is_known_and_room_for_signature_and_seal(desk: Desk) -> None:
    record = await receive(desk.by["handler"])
    blank = await page_of(desk, f"/v1/complaints/{record['id']}/follow-up-form", "zh-CN")
    assert "回访记录表" in blank
    assert "□ 满意" in blank
    form = await page_of(desk, f"/v1/complaints/{record['id']}/registration-form", "zh-CN")
    for told in ("投诉登记表", "签字", "盖章", "王芳", record["receipt_number"]):
        assert told in form
    record = await desk.reached(await desk.pending(), words="All is well again.")
    desk.clock.forward(timedelta(minutes=1))
    assert "All is well again." in await page_of(desk, f"/v1/complaints/{record['id']}/follow-up-form")
