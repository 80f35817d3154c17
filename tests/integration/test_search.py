"""Complaints are found by their words, by those who may see them, and no longer than the words are there."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.actors import SYSTEM
from chassis.database import Database
from chassis.ids import new_id
from chassis.jobs import Timers
from contracts.gateway import ProviderErased
from services.complaints.app import SERVICE
from services.complaints.parties.actions import erase
from services.complaints.search import actions, jobs, queries
from services.complaints.search.rules import sought_terms, terms_of, words_of
from tests.integration.test_departure import lives, worker
from tests.make.broker import until_async
from tests.make.complaints import acknowledge, complain, faulted, made, open_channel, receive
from tests.make.house import House, Tenant
from tests.make.imports import case, csv_of, imported

Json = dict[str, Any]
AT = "/v1/complaints/search"
WANG = {"name": "王芳", "telephone": "+86 138 0000 1234"}
DAY = timedelta(days=1)


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "administrator") as client:
        yield client


async def found(client: httpx.AsyncClient, text: str, **more: Any) -> list[str]:
    """The ids of what a search finds, in its order."""
    return [one["id"] for one in made(await client.post(AT, json={"text": text, **more}))["items"]]


async def terms(house: House, tenant: Tenant) -> dict[UUID, list[int]]:
    """The terms that are noted of a provider's complaints."""
    async with house.database("complaints").connection() as (_, driver):
        query = "SELECT id, terms FROM complaint_terms WHERE provider_id = $1"
        return {row["id"]: row["terms"] for row in await driver.fetch(query, tenant.id)}


async def noted(house: House, tenant: Tenant, many: int) -> None:
    """Waits until the worker has noted the terms of so many complaints."""

    async def all_are() -> bool:
        return len(await terms(house, tenant)) == many

    await until_async(all_are)


async def said(lead: httpx.AsyncClient, house: House, tenant: Tenant, *words: str, **more: Any) -> list[str]:
    """The ids of complaints that say this, the first received first, as soon as all can be found."""
    now, before = datetime.now(UTC), len(await terms(house, tenant))
    at = [(now - (len(words) - place) * DAY).isoformat() for place in range(len(words))]
    ids = [(await receive(lead, words=one, received_at=at[place], **more))["id"] for place, one in enumerate(words)]
    await noted(house, tenant, before + len(words))
    return ids


async def test_complaints_are_found_by_title_and_words_the_newest_first(
    lead: httpx.AsyncClient, house: House, tenant: Tenant
) -> None:
    first, second = await said(lead, house, tenant, "门户网站打不开，没有人接电话。", "The Portal is down. 电话没人接")
    third = (await receive(lead, title="Portal password", words="门户登录不上"))["id"]
    await noted(house, tenant, 3)
    assert await found(lead, "门户") == [third, first]
    assert await found(lead, "网站打不开 电话") == [first]
    assert await found(lead, "portal") == [third, second]
    assert await found(lead, "ＰＯＲＴ 登录") == [third]
    assert await found(lead, "portals") == []
    assert await found(lead, "portal", sort="received_at") == [second, third]
    (item,) = made(await lead.post(AT, json={"text": "网站打不开"}))["items"]
    assert item == next(one for one in made(await lead.get("/v1/complaints"))["items"] if one["id"] == first)


async def test_what_anyone_complains_of_in_public_is_found(
    house: House, lead: httpx.AsyncClient, tenant: Tenant
) -> None:
    await open_channel(lead, anonymous_allowed=True)
    await complain(lead, tenant, channel="hotline", words="机房断电", anonymous=True, parties=None)
    await noted(house, tenant, 1)
    assert len(await found(lead, "断电")) == 1


async def test_filters_are_those_of_the_list(lead: httpx.AsyncClient, house: House, tenant: Tenant) -> None:
    told, other = await said(lead, house, tenant, "门户网站打不开", "门户网站很慢", category="outage")
    await acknowledge(lead, told)
    assert await found(lead, "门户网站", state="acknowledged") == [told]
    assert await found(lead, "门户网站", state="received", category="outage") == [other]
    assert await found(lead, "门户网站", category="billing") == []
    assert await found(lead, "门户网站", overdue=True) == []
    assert faulted(await lead.post(AT, json={"text": "门户网站", "state": "gone"})) == [("/state", "literal_error")]


async def test_pages_neither_repeat_nor_skip_and_their_cursors_belong_to_one_search(
    lead: httpx.AsyncClient, house: House, tenant: Tenant
) -> None:
    ids = await said(lead, house, tenant, *(f"门户网站打不开，第{n}次" for n in "一二三四五"))
    seen, asked = list[str](), {"text": "门户网站", "limit": 2}
    while True:
        page = made(await lead.post(AT, json=asked))
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = cursor = page["next"]
    assert seen == ids[::-1]
    for other in ({"text": "打不开"}, {"text": "门户网站", "state": "received"}):
        assert faulted(await lead.post(AT, json=other | {"cursor": cursor})) == [("?cursor", "cursor_refused")]


async def test_a_page_is_filled_with_what_holds_the_words(
    lead: httpx.AsyncClient, house: House, tenant: Tenant
) -> None:
    ids = await said(lead, house, tenant, "网站打不开", "网站打不了，不开门", "网站打不开门", "打不开张，不开")
    assert await found(lead, "打不开", limit=3) == [ids[3], ids[2], ids[0]]
    first = made(await lead.post(AT, json={"text": "打不开", "limit": 2}))
    assert [one["id"] for one in first["items"]] == [ids[3], ids[2]]
    rest = made(await lead.post(AT, json={"text": "打不开", "limit": 2, "cursor": first["next"]}))
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([ids[0]], None)


async def test_a_page_of_many_that_lack_the_words_is_short_and_has_a_next_one(
    lead: httpx.AsyncClient, house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "CANDIDATES", 2)
    monkeypatch.setattr(queries, "MOST_ROUNDS", 2)
    wrong = ["打不了，不开"] * 4
    assert sought_terms({"打不开"}) <= terms_of(words_of(wrong[0]))
    right, *_ = await said(lead, house, tenant, "打不开", *wrong)
    page = made(await lead.post(AT, json={"text": "打不开", "limit": 1}))
    assert page["items"] == []
    rest = made(await lead.post(AT, json={"text": "打不开", "limit": 1, "cursor": page["next"]}))
    assert [one["id"] for one in rest["items"]] == [right]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("站", "too_short"), ("a 1 。", "too_short"), ("", "string_too_short"), ("门" * 201, "string_too_long")],
)
async def test_what_cannot_be_sought_is_refused(lead: httpx.AsyncClient, text: str, code: str) -> None:
    assert faulted(await lead.post(AT, json={"text": text})) == [("/text", code)]


async def test_who_sees_persons_masked_may_not_search_their_words(house: House, tenant: Tenant) -> None:
    for role, status in (("complaint_handler", 200), ("reader", 403), ("staff", 403), ("evaluator", 403)):
        async with house.client("complaints", tenant, role) as client:
            assert (await client.post(AT, json={"text": "门户"})).status_code == status, role


async def test_the_member_of_staff_whom_it_is_about_does_not_find_it(
    lead: httpx.AsyncClient, house: House, tenant: Tenant
) -> None:
    subject = new_id()
    about = [WANG, {"role": "subject", "name": "李四", "account_id": str(subject)}]
    ids = await said(lead, house, tenant, "工程师李四态度很差", parties=about)
    assert await found(lead, "李四") == ids
    async with house.client_of("complaints", house.person_token(tenant, subject, "administrator")) as himself:
        assert await found(himself, "李四") == []


async def test_a_provider_finds_nothing_of_another_with_or_without_a_filter(
    lead: httpx.AsyncClient, house: House, tenant: Tenant, other_tenant: Tenant
) -> None:
    await said(lead, house, tenant, "门户网站打不开")
    async with house.client("complaints", other_tenant, "administrator") as other:
        assert await found(other, "门户网站") == []
        theirs = await said(other, house, other_tenant, "门户网站打不开")
        assert await found(other, "门户网站") == theirs
    (ours,), (others,) = [(await terms(house, one)).values() for one in (tenant, other_tenant)]
    assert len(ours) == len(others) > 0
    assert not set(ours) & set(others), "a provider's key makes the hashes of its terms"


async def test_what_was_imported_is_found(lead: httpx.AsyncClient, house: House, tenant: Tenant) -> None:
    await imported(lead, csv_of([case("C-1", what="门户网站打不开"), case("C-2", what="发票开错了")]))
    await noted(house, tenant, 2)
    (one,) = made(await lead.post(AT, json={"text": "发票", "origin": "import"}))["items"]
    assert one["external_reference"]["id"] == "C-2"


async def test_an_erased_person_takes_the_terms_of_their_words_along(
    lead: httpx.AsyncClient, house: House, tenant: Tenant
) -> None:
    other = {"role": "representative", "name": "李雷", "email": "li.lei@customer.example"}
    (id_,) = await said(lead, house, tenant, "门户网站打不开", parties=[WANG, other])
    first, second = made(await lead.get(f"/v1/complaints/{id_}"))["parties"]
    made(await lead.post(f"/v1/services/complaints/persons/{second['id']}/erase"))
    assert await found(lead, "门户网站") == [id_], "the words are the first party's"
    made(await lead.post(f"/v1/services/complaints/persons/{first['id']}/erase"))
    assert await terms(house, tenant) == {}
    assert await found(lead, "门户网站") == []
    async with worker(house, "complaints") as database, work_of(database, tenant) as work:
        await actions.note_terms(work, [UUID(id_)])
    assert await terms(house, tenant) == {}, "what cannot be read is not noted again"


def work_of(database: Database, tenant: Tenant) -> Any:
    return database.work(tenant.id, actor=SYSTEM, correlation=new_id())


async def test_terms_that_are_noted_while_their_person_is_erased_do_not_stay(
    lead: httpx.AsyncClient, house: House, tenant: Tenant
) -> None:
    (id_,) = await said(lead, house, tenant, "门户网站打不开", parties=[WANG])
    (party,) = made(await lead.get(f"/v1/complaints/{id_}"))["parties"]
    async with worker(house, "complaints") as database, work_of(database, tenant) as work:
        async with work_of(database, tenant) as erasing:
            await erase(erasing, UUID(party["id"]))
            noting = asyncio.create_task(actions.note_terms(work, [UUID(id_)]))
            await waiting(house, work.driver.get_server_pid())
        await noting
    assert await terms(house, tenant) == {}


async def waiting(house: House, session: int) -> None:
    """Waits until a session of the database waits for a lock."""
    superuser = await asyncpg.connect(house.servers.postgres.dsn("complaints"))

    async def waits() -> bool:
        query = "SELECT wait_event_type IS NOT DISTINCT FROM 'Lock' FROM pg_stat_activity WHERE pid = $1"
        return bool(await superuser.fetchval(query, session))

    try:
        await until_async(waits)
    finally:
        await superuser.close()


async def test_an_erased_provider_leaves_no_terms(lead: httpx.AsyncClient, house: House, tenant: Tenant) -> None:
    await said(lead, house, tenant, "门户网站打不开")
    await lives(house, "complaints", tenant, ProviderErased, 3)
    await noted(house, tenant, 0)


@pytest.mark.parametrize("most", [1, actions.MOST_TERMS])
async def test_all_terms_can_be_noted_anew_and_twice_is_as_once(
    lead: httpx.AsyncClient, house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    monkeypatch.setattr(actions, "MOST_TERMS", most)
    monkeypatch.setattr(jobs, "load", lambda *_: house.settings("complaints"))
    monkeypatch.setattr(jobs, "configure_logs", lambda *_: None)
    ids = await said(lead, house, tenant, *(f"门户网站打不开，第{n}次" for n in "一二三四五"))
    before = await terms(house, tenant)
    async with house.database("complaints").connection() as (_, driver):
        await driver.execute("DELETE FROM complaint_terms WHERE provider_id = $1", tenant.id)
    assert await jobs.begin_rebuilding() >= 1
    await noted(house, tenant, len(ids))
    async with worker(house, "complaints") as database:
        async with work_of(database, tenant) as work:
            await actions.note_terms(work, [UUID(one) for one in ids])
        await Timers(database, SERVICE.timers).fire_due()
    assert await terms(house, tenant) == before
    assert await found(lead, "门户网站") == ids[::-1]
