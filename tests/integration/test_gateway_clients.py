"""Clients and API keys: who may give what to whom, what is shown once, what is journalled."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.clock import utc_now
from deploy.throwaway import Servers
from tests.make.edge import Edge, Machine

CLIENT = {"name": "Telephone system", "roles": ["complaint_handler"]}


async def journal(own: Servers, provider_id: UUID) -> list[dict[str, Any]]:
    """A provider's journal at the gateway, as the superuser sees it."""
    connection = await asyncpg.connect(own.postgres.dsn("gateway"))
    try:
        query = "SELECT type, actor, version, data::text FROM journal WHERE provider_id = $1 ORDER BY seq"
        return [dict(row) for row in await connection.fetch(query, provider_id)]
    finally:
        await connection.close()


async def test_the_operator_makes_a_provider_s_first_administrator_and_no_other_client(edge: Edge) -> None:
    provider = (await edge.register()).json()["id"]
    path = f"/v1/providers/{provider}/clients"
    handler = await edge.ask("POST", path, edge.operator_key, json=CLIENT)
    assert handler.status_code == 409
    assert [one["code"] for one in handler.json()["objections"]] == ["not_administrator"]
    first = {"name": "Administration", "roles": ["administrator"]}
    assert (await edge.ask("POST", path, edge.operator_key, json=first)).status_code == 201
    second = await edge.ask("POST", path, edge.operator_key, json=first)
    assert second.status_code == 409
    assert [one["code"] for one in second.json()["objections"]] == ["has_administrator"]
    assert (await edge.ask("POST", "/v1/clients", edge.operator_key, json=first)).status_code == 403


async def test_an_administrator_goes_once_there_is_another(edge: Edge, administrator: Machine) -> None:
    other = await edge.machine(administrator, "administrator")
    gone = await edge.ask("POST", f"/v1/clients/{administrator.id}/withdraw", administrator.key)
    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
    assert (await edge.ask("GET", "/v1/clients", other.key)).status_code == 200
    last = await edge.ask("POST", f"/v1/clients/{other.id}/withdraw", other.key)
    assert last.status_code == 409
    assert [one["code"] for one in last.json()["objections"]] == ["last_administrator"]


async def test_nobody_but_the_operator_makes_first_administrators(edge: Edge, administrator: Machine) -> None:
    path = f"/v1/providers/{administrator.provider_id}/clients"
    assert (await edge.ask("POST", path, administrator.key, json=CLIENT)).status_code == 403
    unknown = {"name": "A", "roles": ["administrator"]}
    assert (
        await edge.ask("POST", f"/v1/providers/{uuid4()}/clients", edge.operator_key, json=unknown)
    ).status_code == 404


async def test_a_client_is_shown_with_its_secret_once(edge: Edge, administrator: Machine) -> None:
    made = await edge.ask("POST", "/v1/clients", administrator.key, json=CLIENT)
    assert made.status_code == 201
    body = made.json()
    assert made.headers["Location"] == f"/v1/clients/{body['id']}"
    assert len(body["client_secret"]) >= 43
    assert [step["step"] for step in body["open_steps"]] == ["withdraw"]
    read = await edge.ask("GET", made.headers["Location"], administrator.key)
    assert read.json() == {key: value for key, value in body.items() if key != "client_secret"}
    listed = (await edge.ask("GET", "/v1/clients", administrator.key)).text
    assert body["client_secret"] not in listed
    assert body["id"] in listed


async def test_a_repeated_creation_gets_the_same_answer_with_the_same_secret(
    edge: Edge, administrator: Machine
) -> None:
    key = {"Idempotency-Key": "night import 1"}
    first = await edge.ask("POST", "/v1/clients", administrator.key, json=CLIENT, headers=key)
    again = await edge.ask("POST", "/v1/clients", administrator.key, json=CLIENT, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert await edge.token(first.json()["id"], again.json()["client_secret"])
    clients = (await edge.ask("GET", "/v1/clients", administrator.key)).json()["items"]
    assert len([one for one in clients if one["name"] == CLIENT["name"]]) == 1


async def test_secrets_and_keys_are_stored_as_hashes_alone(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    connection = await asyncpg.connect(own_servers.postgres.dsn("gateway"))
    try:
        tables = [row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")]
        rows = [str(row[0]) for table in tables for row in await connection.fetch(f"SELECT t::text FROM {table} t")]
    finally:
        await connection.close()
    secret_part = administrator.key.split("_", 2)[2]
    assert [row for row in rows if administrator.secret in row or secret_part in row] == []
    assert any(str(administrator.id) in row for row in rows)


@pytest.mark.parametrize("role", ["operator", "king", "gateway.client.create", ""])
async def test_roles_that_no_provider_can_give_are_refused(edge: Edge, administrator: Machine, role: str) -> None:
    refused = await edge.ask("POST", "/v1/clients", administrator.key, json={"name": "X", "roles": ["reader", role]})
    assert refused.status_code == 422
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/roles/1", "role_unknown")]


async def test_who_was_given_little_cannot_give_more(edge: Edge, administrator: Machine) -> None:
    narrow = await edge.key(administrator.id, administrator.key, scopes=["gateway.client.create", "reader"])
    beyond = await edge.ask("POST", "/v1/clients", narrow, json={"name": "X", "roles": ["reader", "administrator"]})
    assert beyond.status_code == 403
    assert "administrator" in beyond.json()["detail"]
    assert "reader" not in beyond.json()["detail"]
    within = await edge.ask("POST", "/v1/clients", narrow, json={"name": "X", "roles": ["reader"]})
    assert within.status_code == 201
    keys = await edge.key(administrator.id, administrator.key, scopes=["gateway.key.create"])
    grown = await edge.ask("POST", f"/v1/clients/{administrator.id}/keys", keys, json={"name": "All"})
    assert grown.status_code == 403


async def test_a_key_carries_its_scopes_and_no_more(edge: Edge, administrator: Machine) -> None:
    machine = await edge.machine(administrator, "complaint_lead", scopes=["complaints.complaint.read"])
    assert (await edge.ask("GET", "/v1/clients", machine.key)).status_code == 403
    whole = await edge.key(administrator.id, administrator.key)
    assert (await edge.ask("GET", "/v1/clients", whole)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"scopes": ["reader", "administrator"]}, "/scopes/1", "scope_not_covered"),
        ({"scopes": ["gateway.client.read"]}, "/scopes/0", "scope_not_covered"),
        ({"scopes": ["operator"]}, "/scopes/0", "scope_not_covered"),
        ({"scopes": []}, "/scopes", "too_short"),
        ({"expires_at": (utc_now() - timedelta(seconds=1)).isoformat()}, "/expires_at", "over"),
        ({"expires_at": "2999-01-01T00:00:00"}, "/expires_at", "timezone_aware"),
    ],
)
async def test_a_key_beyond_its_client_or_its_time_is_refused(
    edge: Edge, administrator: Machine, changes: dict[str, object], pointer: str, code: str
) -> None:
    machine = await edge.machine(administrator, "complaint_lead", "reader")
    refused = await edge.ask("POST", f"/v1/clients/{machine.id}/keys", administrator.key, json={"name": "K"} | changes)
    assert refused.status_code == 422
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [(pointer, code)]


async def test_keys_are_listed_by_client_and_state_without_the_keys(edge: Edge, administrator: Machine) -> None:
    machine = await edge.machine(administrator, "reader")
    other = await edge.key(machine.id, administrator.key)
    query = {"client_id": str(machine.id)}
    listed = await edge.ask("GET", "/v1/keys", administrator.key, params=query)
    assert len(listed.json()["items"]) == 2
    assert other.split("_", 2)[2] not in listed.text
    first = listed.json()["items"][0]
    withdrawn = await edge.ask("POST", f"/v1/keys/{first['id']}/withdraw", administrator.key)
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    assert withdrawn.json()["open_steps"] == []
    active = await edge.ask("GET", "/v1/keys", administrator.key, params=query | {"state": "active"})
    assert [one["id"] for one in active.json()["items"]] == [listed.json()["items"][1]["id"]]
    read = await edge.ask("GET", f"/v1/keys/{first['id']}", administrator.key)
    assert (read.json()["state"], read.headers["ETag"]) == ("withdrawn", '"2"')


async def test_a_key_and_a_client_are_withdrawn_once(edge: Edge, administrator: Machine) -> None:
    machine = await edge.machine(administrator, "reader")
    path = f"/v1/clients/{machine.id}/withdraw"
    stale = await edge.ask("POST", path, administrator.key, headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    assert (await edge.ask("POST", path, administrator.key)).json()["state"] == "withdrawn"
    again = await edge.ask("POST", path, administrator.key, headers={"Accept-Language": "zh-CN"})
    assert again.status_code == 409
    assert [one["message"] for one in again.json()["objections"]] == ["当前状态为“已停用”；该步骤要求状态为“有效”。"]


async def test_a_withdrawn_client_gets_no_keys_and_its_keys_are_withdrawn_with_it(
    edge: Edge, administrator: Machine
) -> None:
    machine = await edge.machine(administrator, "reader")
    await edge.ask("POST", f"/v1/clients/{machine.id}/withdraw", administrator.key)
    refused = await edge.ask("POST", f"/v1/clients/{machine.id}/keys", administrator.key, json={"name": "K"})
    assert refused.status_code == 409
    assert [one["code"] for one in refused.json()["objections"]] == ["client_withdrawn"]
    changed = await edge.ask(
        "PATCH", f"/v1/clients/{machine.id}", administrator.key, json={"name": "N"}, headers={"If-Match": '"2"'}
    )
    assert changed.status_code == 409
    keys = await edge.ask("GET", "/v1/keys", administrator.key, params={"client_id": str(machine.id)})
    assert {one["state"] for one in keys.json()["items"]} == {"withdrawn"}


async def test_another_provider_s_clients_and_keys_are_not_there(edge: Edge, administrator: Machine) -> None:
    stranger = await edge.administrator()
    keys = (await edge.ask("GET", "/v1/keys", administrator.key)).json()["items"]
    client, key = f"/v1/clients/{administrator.id}", f"/v1/keys/{keys[0]['id']}"
    at = {"headers": {"If-Match": '"1"'}}
    for method, path, options in [
        ("GET", client, {}),
        ("PATCH", client, {"json": {"name": "Mine"}, **at}),
        ("POST", f"{client}/withdraw", {}),
        ("POST", f"{client}/keys", {"json": {"name": "Mine"}}),
        ("GET", key, {}),
        ("POST", f"{key}/withdraw", {}),
    ]:
        assert (await edge.ask(method, path, stranger.key, **options)).status_code == 404, (method, path)
    assert (await edge.ask("GET", "/v1/keys", stranger.key)).json()["items"][0]["client_id"] == str(stranger.id)
    assert (await edge.ask("GET", client, administrator.key)).json()["version"] == 1


async def test_what_happens_to_clients_and_keys_is_journalled_by_ids_and_codes(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    machine = await edge.machine(administrator, "reader")
    at = {"If-Match": '"1"'}
    change = {"name": "Other", "roles": ["staff"]}
    await edge.ask("PATCH", f"/v1/clients/{machine.id}", administrator.key, json=change, headers=at)
    await edge.ask("POST", f"/v1/clients/{machine.id}/withdraw", administrator.key)
    entries = await journal(own_servers, administrator.provider_id)
    assert [(entry["type"].removeprefix("gateway.").removesuffix(".v1"), entry["version"]) for entry in entries] == [
        ("calendar.revised", 1),
        ("provider.registered", 1),
        ("client.created", 1),
        ("key.created", 1),
        ("client.created", 1),
        ("key.created", 1),
        ("client.changed", 2),
        ("key.withdrawn", 2),
        ("client.withdrawn", 3),
    ]
    assert {entry["actor"] for entry in entries[3:]} == {f"client:{administrator.id}"}
    written = "".join(entry["data"] for entry in entries[2:])
    assert "Other" not in written
    assert machine.secret not in written
    assert machine.key not in written
