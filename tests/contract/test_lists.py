"""Every paged list can be had whole, as CSV and JSON Lines, by whoever may read its pages."""

import csv
import io
import json
from dataclasses import replace

import pytest

from chassis.access import Operating, SignedIn
from chassis.exports import BOM, ListRoute
from chassis.ids import new_id
from tests.contract.test_access_matrix import address
from tests.make.complaints import made
from tests.make.house import House, Tenant
from tests.make.operations import Operation, operations

MERGED = {"list_my_tasks", "list_messages"}
"""Merged over the services, a page says which of them are missing; a file could not."""
LISTS = [
    one
    for one in operations()
    if "limit" in {each["name"] for each in one.description.get("parameters", [])} and one.name not in MERGED
]
every_list = pytest.mark.parametrize("operation", LISTS, ids=str)


@every_list
def test_a_list_declares_its_exports(operation: Operation) -> None:
    assert isinstance(operation.route, ListRoute), "its router needs route_class=ListRoute or IdempotentRoute"
    assert operation.route.item is not None, "its answer is no Page of items"
    whole = operation.description["responses"]["200"]["content"]
    assert set(whole) == {"application/json", "text/csv", "application/x-ndjson"}
    assert "406" in operation.description["responses"]


@every_list
async def test_a_list_is_exported(whole_house: House, first: Tenant, operation: Operation) -> None:
    assert operation.access is not None
    permission = operation.access.permission
    tenant = None if isinstance(operation.access, Operating) else first
    path = await address(whole_house, replace(operation, path=operation.path.replace("{provider}", first.slug)), first)
    scope = [permission] if permission else ["administrator"]
    asking = whole_house.client(operation.service, tenant, *scope)
    if isinstance(operation.access, SignedIn):
        asking = whole_house.client_of(operation.service, whole_house.person_token(first, new_id(), *scope))
    async with asking as client:
        page = made(await client.get(path, params={"limit": 200}))["items"]
        lines = await client.get(path, headers={"Accept": "application/x-ndjson"})
        table = await client.get(path, headers={"Accept": "text/csv"})
    assert (lines.status_code, table.status_code) == (200, 200), table.text
    assert [json.loads(line) for line in lines.text.splitlines()][: len(page)] == page
    rows = list(csv.reader(io.StringIO(table.content.decode().removeprefix(BOM), newline="")))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows) > len(page)  # the header is one more


def test_there_are_lists_to_be_exported() -> None:
    assert len(LISTS) >= 10
