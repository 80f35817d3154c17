"""Real sentences are found as a reading of all of them finds them, and their terms take up little; `-s` shows figures.

.venv/bin/python -m pytest -m long -s tests/integration/test_search_at_size.py
"""

import time
from statistics import quantiles
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.actors import SYSTEM
from chassis.ids import new_id
from services.complaints.search.actions import ask_for_many_terms
from services.complaints.search.jobs import EVERY
from tests.make.broker import until_async
from tests.make.complaints import made
from tests.make.house import House, Tenant
from tests.make.many import many_complaints
from tests.make.sentences import Said

AT = "/v1/complaints/search"
SOUGHT = ("门户网站", "没有", "没有人", "机房 空调", "erp", "SSL证书", "打不开", "工单0001", "选课系统 崩溃", "王芳")
SIZES = """
SELECT pg_table_size('complaint_terms') AS rows, pg_relation_size('ix_complaint_terms_terms') AS by_terms,
       pg_relation_size('pk_complaint_terms') AS by_key
"""


async def searchable(house: House, tenant: Tenant, many: int) -> float:
    """Has the worker note the terms of all complaints; the seconds that it took."""
    begun = time.monotonic()
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        ask_for_many_terms(work, *map(UUID, EVERY.split()))

    async def all_noted() -> bool:
        async with house.database("complaints").connection() as (_, driver):
            query = "SELECT count(*) FROM complaint_terms WHERE provider_id = $1"
            return bool(await driver.fetchval(query, tenant.id) >= many)

    await until_async(all_noted, seconds=600)
    return time.monotonic() - begun


def holding(told: dict[UUID, Said], sought: str) -> list[str]:
    """The ids of what has all that is sought, read one by one, the newest first."""
    words = sought.lower().replace("ssl证书", "ssl 证书").split()
    return [str(id_) for id_, one in reversed(told.items()) if all(word in "\n".join(one).lower() for word in words)]


async def everything(client: httpx.AsyncClient, sought: str) -> list[str]:
    """The ids on all pages of a search."""
    ids, asked = list[str](), {"text": sought, "limit": 200}
    while True:
        page = made(await client.post(AT, json=asked))
        ids += [one["id"] for one in page["items"]]
        if page["next"] is None:
            return ids
        asked["cursor"] = page["next"]


async def test_real_sentences_are_found_as_a_reading_of_all_finds_them(house: House, tenant: Tenant) -> None:
    told = await many_complaints(house, tenant, 1_000)
    await searchable(house, tenant, len(told))
    async with house.client("complaints", tenant, "complaint_handler") as client:
        for sought in SOUGHT:
            assert await everything(client, sought) == holding(told, sought), sought


async def measured(client: httpx.AsyncClient, times: int, **asked: Any) -> str:
    """How many are found on the first page, and within which time half and 99 of 100 answers come."""
    took = list[float]()
    for _ in range(times):
        begun = time.perf_counter()
        page = made(await client.post(AT, json={"limit": 20, **asked}))
        took.append(1_000 * (time.perf_counter() - begun))
    cuts = quantiles(took, n=100)
    return f"{asked}: {len(page['items'])} on the page, p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms"


@pytest.mark.long
async def test_the_terms_of_20000_complaints_take_up_little(new_house: House) -> None:
    tenant, many = await new_house.new_tenant(), 20_000
    told = await many_complaints(new_house, tenant, many)
    seconds = await searchable(new_house, tenant, many)
    superuser = await asyncpg.connect(new_house.servers.postgres.dsn("complaints"))
    try:
        await superuser.execute("VACUUM ANALYZE complaint_terms")
        sizes = dict(await superuser.fetchrow(SIZES) or {})
    finally:
        await superuser.close()
    print(
        f"noted in {seconds:.0f} s; bytes for a complaint: { ({name: size // many for name, size in sizes.items()}) }"
    )
    async with new_house.client("complaints", tenant, "complaint_handler") as client:
        for sought in SOUGHT:
            print(len(holding(told, sought)), "have", await measured(client, 100, text=sought))
        print(await measured(client, 100, text="没有", state="received", category="outage"))
        assert await everything(client, "erp 证书") == holding(told, "erp 证书")
    assert sum(sizes.values()) < 2_000 * many
