"""Members: what they may, how they are changed and withdrawn, their own keys, and their names behind ids."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from chassis.clock import utc_now
from deploy.throwaway import Servers
from tests.integration.test_gateway_clients import journal
from tests.integration.test_gateway_tokens import ends_within_five_seconds
from tests.make.broker import until_async
from tests.make.complaints import made, objected
from tests.make.edge import Edge, Machine, Scripted, gateway
from tests.make.people import PERSON, Person, ends, invitation, member, person_of

ONE = {"If-Match": '"1"'}


async def test_a_person_acts_with_the_roles_of_the_membership_and_is_journalled_by_id(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    chief = await member(edge, administrator, "administrator")
    body = {"name": "Telephone system", "roles": ["reader"]}
    assert (await edge.ask("POST", "/v1/clients", chief.key, json=body)).status_code == 201
    entries = await journal(own_servers, administrator.provider_id)
    assert (entries[-1]["type"], entries[-1]["actor"]) == ("gateway.client.created.v1", f"person:{chief.id}")
    reader = await member(edge, administrator, "reader")
    assert (await edge.ask("GET", "/v1/clients", reader.key)).status_code == 403


async def test_names_and_addresses_are_sealed_and_in_no_event(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    canary = {"name": "Canary Kanarienvogel", "email": "canary@provider.example"}
    person = await member(edge, administrator, "reader", **canary)
    read = (await edge.ask("GET", f"/v1/members/{person.id}", administrator.key)).json()
    assert {key: read[key] for key in canary} == canary
    connection = await asyncpg.connect(own_servers.postgres.dsn("gateway"))
    try:
        tables = [row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")]
        rows = [str(row[0]) for table in tables for row in await connection.fetch(f"SELECT t::text FROM {table} t")]
        hexadecimal = [value.encode().hex() for value in canary.values()]
        assert [row for row in rows if any(one in row for one in [*canary.values(), *hexadecimal])] == []
        erased = "UPDATE member SET wrapped_key = NULL WHERE id = $1"
        await connection.execute(erased, person.id)
    finally:
        await connection.close()
    found = await edge.ask("GET", "/v1/people", administrator.key, params={"ids": str(person.id)})
    assert found.json()["items"] == [{"id": str(person.id), "kind": "person", "name": None, "state": "active"}]


async def test_people_and_machines_are_named_in_the_order_asked_within_the_provider(
    edge: Edge, administrator: Machine
) -> None:
    person = await member(edge, administrator, "department_head")
    stranger = await member(edge, await edge.administrator(), "reader")
    ids = [uuid4(), administrator.id, stranger.id, person.id, administrator.id]
    asked = {"ids": ",".join(map(str, ids))}
    found = (await edge.ask("GET", "/v1/people", person.key, params=asked)).json()["items"]
    assert [(one["id"], one["kind"], one["name"]) for one in found] == [
        (str(administrator.id), "client", "Administration"),
        (str(person.id), "person", PERSON["name"]),
    ]
    assert found == (await edge.ask("GET", "/v1/people", person.key, params={"ids": ids})).json()["items"]


@pytest.mark.parametrize(
    ("ids", "code"),
    [("x", "uuid_parsing"), ("", "uuid_parsing"), (",".join(str(uuid4()) for _ in range(201)), "too_many")],
    ids=["no id", "nothing", "201 ids"],
)
async def test_what_is_no_list_of_ids_is_refused(edge: Edge, administrator: Machine, ids: str, code: str) -> None:
    refused = await edge.ask("GET", "/v1/people", administrator.key, params={"ids": ids})
    assert refused.status_code == 422
    assert [one["code"] for one in refused.json()["errors"]] == [code]


async def test_members_are_listed_by_state_and_role(edge: Edge, administrator: Machine) -> None:
    reader = await member(edge, administrator, "reader")
    lead = await member(edge, administrator, "complaint_lead", "reader")
    made(await edge.ask("POST", f"/v1/members/{reader.id}/withdraw", administrator.key))

    async def listed(**query: str) -> set[str]:
        page = made(await edge.ask("GET", "/v1/members", administrator.key, params=query))
        return {one["id"] for one in page["items"]}

    assert await listed() == {str(reader.id), str(lead.id)}
    assert await listed(state="active") == {str(lead.id)}
    assert await listed(role="reader", state="withdrawn") == {str(reader.id)}
    assert await listed(role="complaint_lead") == {str(lead.id)}
    assert (await edge.ask("GET", "/v1/members", lead.key)).status_code == 403


async def test_a_member_is_changed_by_who_has_seen_the_version(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    person = await member(edge, administrator, "reader")
    path, change = f"/v1/members/{person.id}", {"name": "王芳芳", "language": "en", "roles": ["staff", "reader"]}
    assert (await edge.ask("PATCH", path, administrator.key, json=change)).status_code == 428
    stale = await edge.ask("PATCH", path, administrator.key, json=change, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    changed = made(await edge.ask("PATCH", path, administrator.key, json=change, headers=ONE))
    assert (changed["name"], changed["language"], changed["roles"]) == ("王芳芳", "en", ["reader", "staff"])
    assert (changed["version"], changed["email"]) == (2, PERSON["email"])
    nothing = made(await edge.ask("PATCH", path, administrator.key, json=change, headers={"If-Match": '"2"'}))
    assert nothing["version"] == 2
    entries = [one for one in await journal(own_servers, administrator.provider_id) if ".member." in one["type"]]
    assert [(one["type"], one["version"]) for one in entries] == [
        ("gateway.member.joined.v1", 1),
        ("gateway.member.changed.v1", 2),
    ]


async def test_nobody_gives_a_member_roles_beyond_their_own(edge: Edge, administrator: Machine) -> None:
    person = await member(edge, administrator, "reader")
    narrow = await edge.key(administrator.id, administrator.key, scopes=["gateway.member.change", "reader"])
    change = {"roles": ["administrator"]}
    beyond = await edge.ask("PATCH", f"/v1/members/{person.id}", narrow, json=change, headers=ONE)
    assert beyond.status_code == 403
    assert "administrator" in beyond.json()["detail"]


async def test_the_last_administrator_stays_one_whether_person_or_machine(edge: Edge, administrator: Machine) -> None:
    machine = f"/v1/clients/{administrator.id}"
    alone = await edge.ask("POST", f"{machine}/withdraw", administrator.key)
    assert (alone.status_code, objected(alone)) == (409, ["last_administrator"])
    lesser = await edge.ask("PATCH", machine, administrator.key, json={"roles": ["reader"]}, headers=ONE)
    assert (lesser.status_code, objected(lesser)) == (409, ["last_administrator"])
    lacks = made(await edge.ask("GET", machine, administrator.key))["open_steps"]
    assert [(one["step"], [lack["code"] for lack in one["lacks"]]) for one in lacks] == [
        ("withdraw", ["last_administrator"])
    ]
    chief = await member(edge, administrator, "administrator")
    made(await edge.ask("POST", f"{machine}/withdraw", chief.key))
    path = f"/v1/members/{chief.id}"
    alone = await edge.ask("POST", f"{path}/withdraw", chief.key)
    assert (alone.status_code, objected(alone)) == (409, ["last_administrator"])
    lesser = await edge.ask("PATCH", path, chief.key, json={"roles": ["reader"]}, headers=ONE)
    assert (lesser.status_code, objected(lesser)) == (409, ["last_administrator"])
    assert (await edge.ask("GET", "/v1/members", chief.key)).status_code == 200


async def test_of_two_administrators_who_withdraw_each_other_one_stays(edge: Edge, administrator: Machine) -> None:
    chief = await member(edge, administrator, "administrator")
    answers = await asyncio.gather(
        edge.ask("POST", f"/v1/members/{chief.id}/withdraw", administrator.key),
        edge.ask("POST", f"/v1/clients/{administrator.id}/withdraw", chief.key),
    )
    assert sorted(one.status_code for one in answers) in ([200, 401], [200, 409])


async def test_a_withdrawn_member_s_keys_end_at_every_gateway_within_five_seconds(
    own_servers: Servers, edge: Edge, service: Scripted, administrator: Machine
) -> None:
    person = await member(edge, administrator, "reader")
    async with gateway(own_servers, complaints_url=service.url) as second, second.client(person.key) as there:
        assert (await there.get("/v1/complaints")).status_code == 200
        withdrawn = made(await edge.ask("POST", f"/v1/members/{person.id}/withdraw", administrator.key))
        assert (withdrawn["state"], [one["step"] for one in withdrawn["open_steps"]]) == ("withdrawn", ["rejoin"])
        await ends_within_five_seconds(there)
    keys = await edge.ask("GET", "/v1/keys", administrator.key, params={"account_id": str(person.id)})
    assert [(one["state"], one["client_id"]) for one in keys.json()["items"]] == [("withdrawn", None)]
    again = await edge.ask("POST", f"/v1/members/{person.id}/withdraw", administrator.key)
    assert again.status_code == 409


async def test_changed_roles_of_a_member_hold_at_every_gateway_within_five_seconds(
    own_servers: Servers, edge: Edge, administrator: Machine
) -> None:
    chief = await member(edge, administrator, "administrator")
    async with gateway(own_servers) as second, second.client(chief.key) as there:
        assert (await there.get("/v1/members")).status_code == 200
        path, change = f"/v1/members/{chief.id}", {"roles": ["reader"]}
        made(await edge.ask("PATCH", path, administrator.key, json=change, headers=ONE))

        async def lost() -> bool:
            return (await there.get("/v1/members")).status_code == 403

        await until_async(lost, seconds=5)
        assert (await there.get("/v1/me")).json()["roles"] == ["reader"]


async def test_what_ends_at_one_provider_leaves_the_person_s_tokens_at_another_alone(
    edge: Edge, service: Scripted, administrator: Machine
) -> None:
    person = await member(edge, administrator, "reader")
    elsewhere = await joined_elsewhere(edge, person)
    assert (await edge.ask("GET", "/v1/complaints", elsewhere.key)).status_code == 200
    (token,) = service.asked[-1].all("Authorization")
    made(await edge.ask("POST", f"/v1/members/{person.id}/withdraw", administrator.key))
    await ends(edge, person.key)
    assert (await edge.ask("GET", "/v1/complaints", headers={"Authorization": token})).status_code == 200


async def joined_elsewhere(edge: Edge, person: Person) -> Person:
    """The same person as a member of another, new provider."""
    other = await edge.administrator()
    async with edge.client(other.key) as client:
        invited = await invitation(client, "staff")
    slug = invited["link"].partition("#")[2].partition(".")[0]
    body = {"provider": slug, "secret": invited["secret"]}
    answer = made(await edge.ask("POST", "/v1/me/invitations/accept", person.key, json=body), 201)
    assert answer["member"]["id"] == str(person.id)
    return person_of(answer)


async def test_everybody_is_told_who_they_are(edge: Edge, administrator: Machine) -> None:
    person = await member(edge, administrator, "reader")
    elsewhere = await joined_elsewhere(edge, person)
    me = made(await edge.ask("GET", "/v1/me", elsewhere.key))
    assert (me["kind"], me["id"], me["name"], me["language"]) == ("person", str(person.id), "王芳", "zh-CN")
    assert (me["key_id"], me["roles"]) == (elsewhere.key_id, ["staff"])
    assert me["provider"]["id"] == str(elsewhere.provider_id)
    assert "complaints.complaint.receive" in me["permissions"]
    assert {one["id"] for one in me["providers"]} == {str(person.provider_id), str(elsewhere.provider_id)}
    machine = made(await edge.ask("GET", "/v1/me", administrator.key))
    assert (machine["kind"], machine["id"], machine["providers"]) == ("client", str(administrator.id), [])
    assert (machine["name"], machine["provider"]["id"]) == ("Administration", str(administrator.provider_id))
    operator = made(await edge.ask("GET", "/v1/me", edge.operator_key))
    assert (operator["provider"], operator["roles"], operator["name"]) == (None, ["operator"], None)
    made(await edge.ask("POST", f"/v1/members/{person.id}/withdraw", administrator.key))
    me = made(await edge.ask("GET", "/v1/me", elsewhere.key))
    assert [one["id"] for one in me["providers"]] == [str(elsewhere.provider_id)]


async def test_a_person_makes_and_withdraws_keys_of_their_own(edge: Edge, administrator: Machine) -> None:
    person = await member(edge, administrator, "reader")
    body = {"name": "Night report", "scopes": ["complaints.complaint.read"]}
    issued = made(await edge.ask("POST", "/v1/me/keys", person.key, json=body), 201)
    assert (issued["account_id"], issued["client_id"]) == (str(person.id), None)
    assert [(one["step"], one["lacks"]) for one in issued["open_steps"]] == [("withdraw", [])]
    assert made(await edge.ask("GET", "/v1/me", issued["key"]))["permissions"] == ["complaints.complaint.read"]
    narrowed = await edge.ask("POST", "/v1/me/keys", issued["key"], json=body)
    assert narrowed.status_code == 403
    listed = made(await edge.ask("GET", "/v1/me/keys", person.key))["items"]
    assert {one["id"] for one in listed} == {issued["id"], person.key_id}
    path = f"/v1/me/keys/{issued['id']}/withdraw"
    other = await member(edge, administrator, "reader")
    assert (await edge.ask("POST", path, other.key)).status_code == 404
    assert (await edge.ask("POST", path, administrator.key)).status_code == 403
    assert made(await edge.ask("POST", path, person.key))["state"] == "withdrawn"
    await ends(edge, issued["key"])
    assert (await edge.ask("GET", "/v1/me", person.key)).status_code == 200


async def test_an_administrator_withdraws_a_person_s_key(edge: Edge, administrator: Machine) -> None:
    person = await member(edge, administrator, "reader")
    made(await edge.ask("GET", f"/v1/keys/{person.key_id}", administrator.key))
    made(await edge.ask("POST", f"/v1/keys/{person.key_id}/withdraw", administrator.key))
    await ends(edge, person.key)


async def test_machines_have_no_keys_of_their_own_to_make(edge: Edge, administrator: Machine) -> None:
    assert (await edge.ask("POST", "/v1/me/keys", administrator.key, json={"name": "K"})).status_code == 403
    assert (await edge.ask("GET", "/v1/me/keys", administrator.key)).status_code == 403
    assert (await edge.ask("GET", "/v1/me/keys", edge.operator_key)).status_code == 403


async def test_a_person_s_key_is_within_the_person_s_roles_and_a_year(edge: Edge, administrator: Machine) -> None:
    person = await member(edge, administrator, "reader")

    async def refused(**changes: object) -> list[tuple[str, str]]:
        answer = await edge.ask("POST", "/v1/me/keys", person.key, json={"name": "K"} | changes)
        assert answer.status_code == 422, answer.text
        return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]

    assert await refused(scopes=["reader", "administrator"]) == [("/scopes/1", "scope_not_covered")]
    assert await refused(expires_at=(utc_now() - timedelta(1)).isoformat()) == [("/expires_at", "over")]
    assert await refused(expires_at=(utc_now() + timedelta(366)).isoformat()) == [("/expires_at", "too_late")]
    issued = made(await edge.ask("POST", "/v1/me/keys", person.key, json={"name": "K"}), 201)
    lives = (await edge.ask("GET", f"/v1/keys/{issued['id']}", administrator.key)).json()["expires_at"]
    assert lives[:10] == (utc_now() + timedelta(days=90)).isoformat()[:10]


async def test_a_person_has_twenty_valid_keys_at_most(edge: Edge, administrator: Machine) -> None:
    person = await member(edge, administrator, "reader")
    for _ in range(19):
        made(await edge.ask("POST", "/v1/me/keys", person.key, json={"name": "K"}), 201)
    refused = await edge.ask("POST", "/v1/me/keys", person.key, json={"name": "K"})
    assert (refused.status_code, objected(refused)) == (409, ["too_many_keys"])


async def test_a_person_s_key_is_told_to_the_services_with_the_account(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    person = await member(edge, administrator, "reader")
    entries = [one for one in await journal(own_servers, person.provider_id) if ".key.created." in one["type"]]
    assert f'"account_id": "{person.id}"' in entries[-1]["data"]
    assert f'"client_id": "{person.id}"' in entries[-1]["data"]
    assert '"account_id": null' in entries[0]["data"]


async def test_another_provider_s_member_is_not_there(edge: Edge, administrator: Machine) -> None:
    person = await member(edge, await edge.administrator(), "reader")
    assert (await edge.ask("GET", f"/v1/members/{person.id}", administrator.key)).status_code == 404
