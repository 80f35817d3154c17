"""Documents under control: drafted by one, approved by another, in force one version at a time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from chassis.actors import SYSTEM
from chassis.ids import new_id
from chassis.tables import JournalEntry
from tests.make.complaints import faulted, made, moment, objected
from tests.make.documents import (
    CONTENT,
    approve,
    complete,
    create,
    document,
    in_force,
    revise,
    send,
    step,
    version,
)
from tests.make.house import House, Tenant

Json = dict[str, Any]
CHINESE = {"Accept-Language": "zh-CN"}
REASON = {"reason": "Entered twice."}


@pytest.fixture
async def author(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("risk", tenant, "quality_manager") as client:
        yield client


@pytest.fixture
async def manager(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("risk", tenant, "management") as client:
        yield client


async def journal(house: House, tenant: Tenant, record: str) -> list[str]:
    """What happened to a record, by the middle of its events' types."""
    async with house.database("risk").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        mine = (JournalEntry.provider_id == tenant.id, JournalEntry.subject == UUID(record))
        query = select(JournalEntry.type).where(*mine).order_by(JournalEntry.version)
        return [one.split(".")[2] for one in (await work.session.execute(query)).scalars()]


def lacks(whole: Json) -> dict[str, list[str]]:
    """What each open step still lacks."""
    return {one["step"]: [lack["code"] for lack in one["lacks"]] for one in whole["open_steps"]}


@pytest.mark.feature("R30")
@pytest.mark.clause("7.7")
async def test_a_document_is_drafted_approved_by_another_and_in_force(
    house: House, tenant: Tenant, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    created = await create(author, code="complaints", serves=["8.2-4", "8.2-2", "8.2-2"])
    draft = created["newest"]
    assert (created["in_force"], draft["state"], draft["number"]) == (None, "draft", 1)
    assert draft["serves"] == ["8.2-2", "8.2-4"]
    own = await author.post(f"/v1/document-versions/{draft['id']}/approve", json={})
    assert objected(own) == ["own_work"]
    approved = await approve(manager, draft["id"])
    assert (approved["state"], approved["content"], approved["reading_open"]) == ("in_force", CONTENT, True)
    assert approved["in_force_from"] == approved["approved_at"]
    whole = made(await author.get(f"/v1/documents/{created['id']}"))
    assert whole["in_force"]["id"] == whole["newest"]["id"] == draft["id"]
    assert await journal(house, tenant, draft["id"]) == ["drafted", "approved", "came_into_force"]
    assert await journal(house, tenant, created["id"]) == ["created"]


async def test_a_created_document_is_found_where_the_answer_says(author: httpx.AsyncClient) -> None:
    answer = await author.post("/v1/documents", json=document())
    found = await author.get(answer.headers["Location"])
    assert found.json() == answer.json()
    assert found.headers["ETag"] == answer.headers["ETag"] == '"1"'


async def test_two_documents_cannot_have_one_code(author: httpx.AsyncClient) -> None:
    await create(author, code="handling")
    again = await author.post("/v1/documents", json=document(code="handling"), headers=CHINESE)
    assert made(again, 409)["detail"] == "已有其他文件使用该代码。"


@pytest.mark.clause("7.7")
async def test_a_refusal_to_approve_names_everything_missing_at_once(
    author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    bare = await create(author, content=None, summary=None, next_review_on=None)
    path = f"/v1/document-versions/{bare['newest']['id']}/approve"
    refusal = made(await manager.post(path, json={"in_force_on": "2020-01-01"}, headers=CHINESE), 409)
    codes = ["content_missing", "summary_missing", "next_review_on_missing", "backdated"]
    assert [one["code"] for one in refusal["objections"]] == codes
    assert {one["clause"] for one in refusal["objections"]} == {"7.7"}
    assert refusal["objections"][1]["message"] == "缺少变更摘要。"
    seen = await version(author, bare["newest"]["id"])
    assert lacks(seen) == {"approve": ["own_work", *codes[:3]], "change": [], "withdraw": []}


async def test_whoever_changes_a_draft_or_adds_its_content_is_an_author(
    house: House, tenant: Tenant, author: httpx.AsyncClient
) -> None:
    draft = (await create(author, content=None))["newest"]
    async with house.client("risk", tenant, "quality_manager") as second:
        path = f"/v1/document-versions/{draft['id']}"
        change = {"summary": "Second thoughts.", "binds": []}
        changed = made(await second.patch(path, json=change, headers={"If-Match": '"1"'}))
        assert (changed["summary"], changed["binds"], changed["serves"]) == ("Second thoughts.", [], draft["serves"])
        assert made(await second.patch(path, json=change, headers={"If-Match": '"1"'}), 412)
        assert made(await second.patch(path, json=change), 428)
    async with house.client("risk", tenant, "quality_manager") as third:
        made(await send(third, draft["id"]), 201)
        assert lacks(await version(third, draft["id"]))["approve"] == ["own_work"]
    after = await version(author, draft["id"])
    assert (len(after["authors"]), after["version"]) == (3, 3)
    assert await journal(house, tenant, draft["id"]) == ["drafted", "changed", "attachment_added"]


async def test_content_is_downloaded_by_a_link_and_approved_content_takes_no_more_files(
    author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    draft = (await create(author, content=None))["newest"]
    added = made(await send(author, draft["id"], b"Version one."), 201)
    link = made(await manager.post(f"/v1/document-versions/{draft['id']}/attachments/{added['id']}/link"))["url"]
    assert (await manager.get(link)).content == b"Version one."
    await approve(manager, draft["id"])
    assert objected(await send(author, draft["id"], b"Another version one.")) == ["wrong_state"]
    path = f"/v1/document-versions/{draft['id']}"
    assert objected(await author.patch(path, json={"summary": "x"}, headers={"If-Match": '"4"'})) == ["wrong_state"]
    files = made(await author.get(f"{path}/attachments"))["items"]
    assert [one["id"] for one in files] == [added["id"]]


@pytest.mark.feature("R30")
async def test_the_next_version_supersedes_the_one_before_at_the_same_instant(
    house: House, tenant: Tenant, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    first = await in_force(author, manager)
    second = await revise(author, first["id"])
    assert (second["number"], second["state"], second["content"]) == (2, "draft", None)
    assert (second["serves"], second["binds"]) == (first["serves"], first["binds"])
    assert lacks(await version(author, first["id"]))["revise"] == ["version_prepared"]
    assert (await version(author, first["id"]))["state"] == "in_force"
    await complete(author, second["id"])
    second = await approve(manager, second["id"])
    before = await version(author, first["id"])
    assert (before["state"], second["state"]) == ("superseded", "in_force")
    assert before["in_force_to"] == second["in_force_from"]
    assert before["open_steps"] == []
    listed = made(await author.get(f"/v1/documents/{first['document_id']}/versions"))["items"]
    assert [(one["number"], one["state"]) for one in listed] == [(1, "superseded"), (2, "in_force")]
    assert await journal(house, tenant, first["id"]) == ["drafted", "approved", "came_into_force", "superseded"]


async def test_of_two_who_revise_at_once_one_is_refused(author: httpx.AsyncClient, manager: httpx.AsyncClient) -> None:
    first = await in_force(author, manager)
    path = f"/v1/document-versions/{first['id']}/revise"
    answers = await asyncio.gather(*(author.post(path) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_what_was_entered_by_mistake_is_withdrawn_for_a_reason_and_stays_to_be_seen(
    author: httpx.AsyncClient,
) -> None:
    draft = (await create(author))["newest"]
    path = f"/v1/document-versions/{draft['id']}/withdraw"
    assert faulted(await author.post(path, json={})) == [("/reason", "missing")]
    withdrawn = await step(author, draft["id"], "withdraw", REASON)
    assert (withdrawn["state"], withdrawn["reason"]) == ("withdrawn", REASON["reason"])
    assert lacks(withdrawn) == {"revise": []}
    again = await revise(author, draft["id"])
    assert (again["number"], again["state"]) == (2, "draft")


async def test_a_document_is_taken_out_of_force_for_a_reason(
    author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    held = await in_force(author, manager)
    repealed = await step(manager, held["id"], "repeal", REASON)
    assert (repealed["state"], repealed["reading_open"]) == ("repealed", False)
    assert moment(repealed["in_force_to"]) >= moment(repealed["in_force_from"])
    whole = made(await author.get(f"/v1/documents/{held['document_id']}"))
    assert (whole["in_force"], whole["newest"]["state"]) == (None, "repealed")
    assert objected(await manager.post(f"/v1/document-versions/{held['id']}/repeal", json=REASON)) == ["wrong_state"]


async def test_a_step_of_a_version_seen_before_is_refused(
    author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    draft = (await create(author))["newest"]
    path = f"/v1/document-versions/{draft['id']}"
    made(await author.patch(path, json={"summary": "Other."}, headers={"If-Match": '"1"'}))
    answer = await manager.post(f"{path}/approve", json={}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["ETag"]) == (412, '"2"')


async def test_documents_are_listed_by_kind_owner_and_force(
    author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    owner = str(new_id())
    held = await in_force(author, manager, owner_id=owner)
    guide = await create(author, kind="guide")

    async def listed(**query: Any) -> set[str]:
        return {one["id"] for one in made(await author.get("/v1/documents", params=query))["items"]}

    assert await listed() == {held["document_id"], guide["id"]}
    assert await listed(kind="guide") == await listed(in_force=False) == {guide["id"]}
    assert await listed(owner_id=owner) == await listed(in_force=True) == {held["document_id"]}


@pytest.mark.feature("R30")
@pytest.mark.clause("8.2-1", "8.2-2", "8.2-4")
async def test_each_required_system_is_told_with_what_is_in_force_for_it(
    author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    async def required(**headers: str) -> dict[str, Json]:
        answer = made(await author.get("/v1/services/risk/required-documents", headers=headers))
        return {one["requirement"]: one for one in answer["items"]}

    before = await required()
    assert {"8.2-1", "8.2-2", "8.2-4"} <= before.keys()
    assert not any(one["in_force"] for one in before.values())
    held = await in_force(author, manager, code="handling", serves=["8.2-2"])
    await in_force(author, manager, kind="guide", serves=["8.2-1"])
    await create(author, serves=["8.2-4"])
    after = await required(**CHINESE)
    assert {one for one, told in after.items() if told["in_force"]} == {"8.2-2"}
    (serving,) = after["8.2-2"]["documents"]
    assert (serving["code"], serving["number"], serving["in_force_from"]) == ("handling", 1, held["in_force_from"])
    assert (serving["next_review_on"], after["8.2-2"]["review_overdue"]) == (held["next_review_on"], False)
    assert after["8.2-2"]["system"] == "投诉受理和处理制度"


async def tasks(house: House, tenant: Tenant, person: Any, **query: str) -> list[str]:
    """The kinds of what a person is asked to do."""
    async with house.client_of("risk", house.person_token(tenant, person, "staff")) as client:
        return [one["why"] for one in made(await client.get("/v1/services/risk/tasks", params=query))["items"]]


async def test_the_owner_sees_to_the_reading_and_a_new_owner_takes_it_over(
    house: House, tenant: Tenant, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    owner, successor = new_id(), new_id()
    held = await in_force(author, manager, owner_id=str(owner))
    assert await tasks(house, tenant, owner) == ["have_document_read"]
    path, owned = f"/v1/documents/{held['document_id']}", {"owner_id": str(successor)}
    changed = made(await author.patch(path, json=owned, headers={"If-Match": '"1"'}))
    assert (changed["owner_id"], changed["version"]) == (str(successor), 2)
    assert await tasks(house, tenant, owner) == []
    assert await tasks(house, tenant, owner, state="handed_over") == ["have_document_read"]
    assert await tasks(house, tenant, successor) == ["have_document_read"]
    conclude = f"/v1/document-versions/{held['id']}/conclude-reading"
    async with house.client_of("risk", house.person_token(tenant, owner, "staff")) as before:
        assert objected(await before.post(conclude)) == ["not_in_charge"]
    async with house.client_of("risk", house.person_token(tenant, successor, "staff")) as now:
        assert not made(await now.post(conclude))["reading_open"]
        assert objected(await now.post(conclude)) == ["reading_concluded"]
    assert await tasks(house, tenant, successor) == []


async def test_a_document_that_binds_nobody_asks_nobody_and_the_end_of_force_ends_what_was_asked(
    house: House, tenant: Tenant, author: httpx.AsyncClient, manager: httpx.AsyncClient
) -> None:
    owner = new_id()
    await in_force(author, manager, owner_id=str(owner), binds=[])
    assert await tasks(house, tenant, owner) == []
    held = await in_force(author, manager, owner_id=str(owner))
    await step(manager, held["id"], "repeal", REASON)
    assert await tasks(house, tenant, owner) == []
    assert await tasks(house, tenant, owner, state="cancelled") == ["have_document_read"]


async def test_a_change_that_changes_nothing_is_no_version(author: httpx.AsyncClient) -> None:
    created = await create(author)
    path, same = f"/v1/documents/{created['id']}", {"title": created["title"]}
    assert made(await author.patch(path, json=same, headers={"If-Match": '"1"'}))["version"] == 1


async def test_documents_need_their_permissions(house: House, tenant: Tenant, author: httpx.AsyncClient) -> None:
    draft = (await create(author))["newest"]
    for role, may in (("staff", 200), ("reader", 200), ("customer_contact", 403)):
        async with house.client("risk", tenant, role) as client:
            assert (await client.get("/v1/documents")).status_code == may
            assert (await client.post("/v1/documents", json=document())).status_code == 403
            approval = await client.post(f"/v1/document-versions/{draft['id']}/approve", json={})
            assert approval.status_code == 403
    async with house.client("risk", tenant, "management") as client:
        assert (await client.post("/v1/documents", json=document())).status_code == 403


async def test_another_provider_finds_no_document(
    house: House, author: httpx.AsyncClient, other_tenant: Tenant
) -> None:
    created = await create(author)
    async with house.client("risk", other_tenant, "administrator") as other:
        assert made(await other.get("/v1/documents"))["items"] == []
        for path in (f"/v1/documents/{created['id']}", f"/v1/document-versions/{created['newest']['id']}"):
            assert (await other.get(path)).status_code == 404
