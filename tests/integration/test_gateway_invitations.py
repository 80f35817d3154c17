"""Invitations: who may be invited to what, who accepts them, how they end, and the operator's way to help."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.clock import utc_now
from deploy.throwaway import Servers
from tests.integration.test_gateway_clients import journal
from tests.make.complaints import made, objected
from tests.make.edge import Edge, Machine, gateway
from tests.make.house import ISSUER
from tests.make.people import PERSON, accepted, ends, invitation, member, person_of, where

REASON = "Both administrators have left the company."


async def invited(edge: Edge, administrator: Machine, *roles: str, **changes: Any) -> dict[str, Any]:
    """An invitation by an administrator."""
    async with edge.client(administrator.key) as client:
        return await invitation(client, *roles, **changes)


async def accept(edge: Edge, invitation: dict[str, Any], **changes: Any) -> Any:
    """The answer to who accepts an invitation."""
    slug, secret = where(invitation)
    return await edge.ask("POST", f"/v1/public/{slug}/invitations/accept", json={"secret": secret} | changes)


async def of_people(own_servers: Servers, administrator: Machine) -> list[Any]:
    """The journal of a provider without what is told of the mail."""
    entries = await journal(own_servers, administrator.provider_id)
    return [entry for entry in entries if ".message." not in entry["type"]]


async def test_an_invitation_is_a_link_with_its_secret_in_the_fragment_shown_once(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    made_now = await invited(edge, administrator, "complaint_handler")
    slug, secret = where(made_now)
    assert made_now["link"] == f"{ISSUER}/invitations#{slug}.{secret}"
    assert (made_now["secret"], len(secret)) == (secret, 22)
    assert (made_now["state"], made_now["expired"], made_now["account_id"]) == ("open", False, None)
    read = made(await edge.ask("GET", f"/v1/invitations/{made_now['id']}", administrator.key))
    assert read == {key: value for key, value in made_now.items() if key not in {"link", "secret"}}
    listed = await edge.ask("GET", "/v1/invitations", administrator.key)
    assert made_now["id"] in listed.text
    assert secret not in listed.text
    connection = await asyncpg.connect(own_servers.postgres.dsn("gateway"))
    try:
        rows = [str(row[0]) for row in await connection.fetch("SELECT t::text FROM invitation t")]
    finally:
        await connection.close()
    assert rows
    assert [row for row in rows if secret in row or secret.encode().hex() in row or "王芳" in row] == []


async def test_accepting_makes_a_member_with_a_first_key(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    offer = await invited(edge, administrator, "staff", "reader")
    answer = made(await accept(edge, offer, name="王芳芳"), 201)
    assert (answer["member"]["name"], answer["member"]["email"]) == ("王芳芳", PERSON["email"])
    assert (answer["member"]["roles"], answer["member"]["state"]) == (["reader", "staff"], "active")
    ends = datetime.fromisoformat(answer["key_expires_at"])
    assert timedelta(days=89) < ends - utc_now() <= timedelta(days=90)
    assert (await edge.ask("GET", "/v1/me", answer["key"])).json()["id"] == answer["member"]["id"]
    read = made(await edge.ask("GET", f"/v1/invitations/{offer['id']}", administrator.key))
    assert (read["state"], read["account_id"], read["open_steps"]) == ("accepted", answer["member"]["id"], [])
    entries = (await of_people(own_servers, administrator))[-4:]
    assert [(one["type"].removeprefix("gateway."), one["actor"]) for one in entries] == [
        ("invitation.created.v1", f"client:{administrator.id}"),
        ("invitation.accepted.v1", "public"),
        ("member.joined.v1", "public"),
        ("key.created.v1", "public"),
    ]
    assert "王芳" not in "".join(one["data"] for one in entries)


async def test_of_many_who_accept_at_once_exactly_one_wins(edge: Edge, administrator: Machine) -> None:
    offer = await invited(edge, administrator, "reader")
    answers = await asyncio.gather(*(accept(edge, offer) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 7
    members = made(await edge.ask("GET", "/v1/members", administrator.key))["items"]
    assert len(members) == 1


async def test_a_repeated_acceptance_gets_the_same_key_again(edge: Edge, administrator: Machine) -> None:
    slug, secret = where(await invited(edge, administrator, "reader"))
    path, key = f"/v1/public/{slug}/invitations/accept", {"Idempotency-Key": str(uuid4())}
    first = made(await edge.ask("POST", path, json={"secret": secret}, headers=key), 201)
    assert made(await edge.ask("POST", path, json={"secret": secret}, headers=key), 201) == first


@pytest.mark.parametrize("secret", ["x", "A" * 22, "é" * 22])
async def test_another_secret_finds_nothing(edge: Edge, administrator: Machine, secret: str) -> None:
    slug, _ = where(await invited(edge, administrator, "reader"))
    refused = await edge.ask("POST", f"/v1/public/{slug}/invitations/accept", json={"secret": secret})
    assert refused.status_code == 404
    assert "ask for a new one" in refused.json()["detail"]


async def test_a_secret_counts_at_its_own_provider_only(edge: Edge, administrator: Machine) -> None:
    _, secret = where(await invited(edge, administrator, "administrator"))
    slug, _ = where(await invited(edge, await edge.administrator(), "reader"))
    refused = await edge.ask("POST", f"/v1/public/{slug}/invitations/accept", json={"secret": secret})
    assert refused.status_code == 404


async def test_a_used_withdrawn_or_expired_invitation_is_refused_with_the_reason(
    own_servers: Servers, edge: Edge, administrator: Machine
) -> None:
    used, withdrawn = await invited(edge, administrator, "reader"), await invited(edge, administrator, "reader")
    made(await accept(edge, used), 201)
    made(await edge.ask("POST", f"/v1/invitations/{withdrawn['id']}/withdraw", administrator.key))
    for offer in (used, withdrawn):
        refused = await accept(edge, offer)
        assert (refused.status_code, objected(refused)) == (409, ["wrong_state"])
    again = await edge.ask("POST", f"/v1/invitations/{withdrawn['id']}/withdraw", administrator.key)
    assert again.status_code == 409
    late = await invited(edge, administrator, "reader", expires_in_days=2)
    async with gateway(own_servers, clock=lambda: utc_now() + timedelta(days=2, seconds=1)) as later:
        refused = await accept(later, late)
        assert (refused.status_code, objected(refused)) == (409, ["expired"])
        found = made(await later.ask("GET", f"/v1/invitations/{late['id']}", administrator.key))
        assert (found["state"], found["expired"]) == ("open", True)


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"roles": ["operator"]}, "/roles/0", "role_unknown"),
        ({"roles": []}, "/roles", "too_short"),
        ({"email": "nobody"}, "/email", "pattern"),
        ({"language": "de"}, "/language", "literal_error"),
        ({"expires_in_days": 31}, "/expires_in_days", "less_than_equal"),
        ({"name": " "}, "/name", "invisible"),
    ],
)
async def test_a_faulty_invitation_is_refused(
    edge: Edge, administrator: Machine, changes: dict[str, object], pointer: str, code: str
) -> None:
    body = PERSON | {"roles": ["reader"]} | changes
    refused = await edge.ask("POST", "/v1/invitations", administrator.key, json=body)
    assert refused.status_code == 422
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [(pointer, code)]


async def test_nobody_invites_to_more_than_they_have(edge: Edge, administrator: Machine) -> None:
    chief = await member(edge, administrator, "administrator")
    narrow = await edge.key(administrator.id, administrator.key, scopes=["gateway.invitation.create", "reader"])
    body = PERSON | {"roles": ["administrator"]}
    assert (await edge.ask("POST", "/v1/invitations", narrow, json=body)).status_code == 403
    assert (await edge.ask("POST", f"/v1/members/{chief.id}/invitations", narrow, json={})).status_code == 403
    assert (await edge.ask("POST", "/v1/invitations", narrow, json=body | {"roles": ["reader"]})).status_code == 201


async def test_a_person_who_lost_the_key_gets_a_new_one_and_the_old_ends_if_wanted(
    edge: Edge, administrator: Machine
) -> None:
    person = await member(edge, administrator, "reader")
    for withdraw_keys in (False, True):
        body = {"withdraw_keys": withdraw_keys}
        offer = made(await edge.ask("POST", f"/v1/members/{person.id}/invitations", administrator.key, json=body), 201)
        again = person_of(made(await accept(edge, offer), 201))
        assert again.id == person.id
        assert (await edge.ask("GET", "/v1/me", again.key)).json()["roles"] == ["reader"]
        if withdraw_keys:
            await ends(edge, person.key)
        else:
            assert (await edge.ask("GET", "/v1/me", person.key)).status_code == 200


async def test_an_active_member_s_roles_are_not_changed_by_an_invitation(edge: Edge, administrator: Machine) -> None:
    person = await member(edge, administrator, "reader")
    path = f"/v1/members/{person.id}/invitations"
    refused = await edge.ask("POST", path, administrator.key, json={"roles": ["staff"]})
    assert (refused.status_code, objected(refused)) == (409, ["member_active"])


async def test_a_withdrawn_member_comes_back_by_an_invitation_of_their_own(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    person = await member(edge, administrator, "administrator")
    path = f"/v1/members/{person.id}"
    lost = made(await edge.ask("POST", f"{path}/invitations", administrator.key, json={}), 201)
    made(await edge.ask("POST", f"{path}/withdraw", administrator.key))
    refused = await accept(edge, lost)
    assert (refused.status_code, objected(refused)) == (409, ["wrong_state"]), "it was withdrawn with the member"
    back = {"roles": ["reader"]}
    offer = made(await edge.ask("POST", f"{path}/invitations", administrator.key, json=back), 201)
    again = made(await accept(edge, offer), 201)
    assert (again["member"]["id"], again["member"]["roles"]) == (str(person.id), ["reader"])
    assert (again["member"]["name"], again["member"]["state"]) == ("王芳", "active")
    keys = made(await edge.ask("GET", "/v1/keys", administrator.key, params={"account_id": str(person.id)}))["items"]
    assert {one["id"] for one in keys if one["state"] == "active"} == {again["key_id"]}, "keys of before stay withdrawn"
    entries = [one for one in await journal(own_servers, person.provider_id) if ".member." in one["type"]]
    assert [one["type"].split(".")[2] for one in entries] == ["joined", "withdrawn", "joined"]


async def test_a_person_joins_another_provider_and_no_stranger_takes_a_member_s_invitation(
    edge: Edge, administrator: Machine
) -> None:
    person, other = await member(edge, administrator, "reader"), await member(edge, administrator, "reader")
    offer = made(await edge.ask("POST", f"/v1/members/{other.id}/invitations", administrator.key, json={}), 201)
    slug, secret = where(offer)
    join, body = "/v1/me/invitations/accept", {"provider": slug, "secret": secret}
    refused = await edge.ask("POST", join, person.key, json=body)
    assert (refused.status_code, objected(refused)) == (409, ["another_person"])
    plain = await invited(edge, administrator, "administrator")
    refused = await edge.ask("POST", join, person.key, json=body | {"secret": plain["secret"]})
    assert (refused.status_code, objected(refused)) == (409, ["is_member"])
    assert (await edge.ask("POST", join, administrator.key, json=body)).status_code == 403
    assert (await edge.ask("POST", join, json=body)).status_code == 401
    assert made(await edge.ask("POST", join, other.key, json=body), 201)["member"]["id"] == str(other.id)


async def test_a_person_is_journalled_as_who_they_are_when_they_join_another_provider(
    edge: Edge, administrator: Machine, own_servers: Servers
) -> None:
    person, there = await member(edge, administrator, "administrator"), await edge.administrator()
    slug, secret = where(await invited(edge, there, "reader"))
    body = {"provider": slug, "secret": secret}
    answer = made(await edge.ask("POST", "/v1/me/invitations/accept", person.key, json=body), 201)
    assert answer["provider_id"] == str(there.provider_id)
    assert (await journal(own_servers, there.provider_id))[-1]["actor"] == f"person:{person.id}"
    assert (await edge.ask("GET", "/v1/clients", answer["key"])).status_code == 403, "a reader there, whoever here"


async def recovered(edge: Edge, provider_id: object) -> dict[str, Any]:
    """The operator's invitation of an administrator."""
    path, body = f"/v1/providers/{provider_id}/recover", PERSON | {"reason": REASON}
    return made(await edge.ask("POST", path, edge.operator_key, json=body), 201)


async def test_a_provider_without_an_administrator_is_helped_at_once(edge: Edge) -> None:
    provider = (await edge.register()).json()["id"]
    chief = person_of(made(await accept(edge, await recovered(edge, provider)), 201))
    found = made(await edge.ask("GET", "/v1/invitations", chief.key))["items"]
    assert [(one["recovery"], one["reason"], one["roles"]) for one in found] == [(True, REASON, ["administrator"])]


async def test_a_provider_with_an_administrator_is_helped_after_three_days_unless_one_objects(
    own_servers: Servers, edge: Edge, administrator: Machine
) -> None:
    offer = await recovered(edge, administrator.provider_id)
    refused = await accept(edge, offer)
    assert (refused.status_code, objected(refused)) == (409, ["too_early"])
    seen = made(await edge.ask("GET", "/v1/invitations", administrator.key, params={"state": "open"}))["items"]
    assert [(one["id"], one["recovery"], one["reason"]) for one in seen] == [(offer["id"], True, REASON)]
    created = datetime.fromisoformat(offer["created_at"])
    assert datetime.fromisoformat(offer["usable_from"]) - created == timedelta(hours=72)
    entry = (await of_people(own_servers, administrator))[-1]
    assert (entry["type"], '"recovery": true' in entry["data"]) == ("gateway.invitation.created.v1", True)
    assert REASON not in entry["data"]
    second = await recovered(edge, administrator.provider_id)
    assert made(await edge.ask("GET", f"/v1/invitations/{offer['id']}", administrator.key))["state"] == "withdrawn"
    async with gateway(own_servers, clock=lambda: utc_now() + timedelta(hours=72, seconds=1)) as later:
        third = await recovered(later, administrator.provider_id)
        made(await later.ask("POST", f"/v1/invitations/{third['id']}/withdraw", administrator.key))
        assert objected(await accept(later, second)) == ["wrong_state"]
        assert objected(await accept(later, third)) == ["wrong_state"]
    last = await recovered(edge, administrator.provider_id)
    async with gateway(own_servers, clock=lambda: utc_now() + timedelta(hours=72, seconds=1)) as later:
        made(await accept(later, last), 201)


async def test_nobody_but_the_operator_recovers_a_provider(edge: Edge, administrator: Machine) -> None:
    path, body = f"/v1/providers/{administrator.provider_id}/recover", PERSON | {"reason": REASON}
    assert (await edge.ask("POST", path, administrator.key, json=body)).status_code == 403
    nowhere = f"/v1/providers/{uuid4()}/recover"
    assert (await edge.ask("POST", nowhere, edge.operator_key, json=body)).status_code == 404
    silent = await edge.ask("POST", path, edge.operator_key, json=body | {"reason": " \u200b "})
    assert silent.status_code == 422


async def test_the_open_steps_of_an_invitation_say_what_they_lack(edge: Edge, administrator: Machine) -> None:
    offer = await recovered(edge, administrator.provider_id)
    lacks = {one["step"]: [lack["code"] for lack in one["lacks"]] for one in offer["open_steps"]}
    assert lacks == {"accept": ["not_permitted", "by_link", "too_early"], "withdraw": ["not_permitted"]}
    async with edge.client() as anyone:
        assert await accepted(anyone, await invited(edge, administrator, "reader"))


async def test_an_invitation_ends_with_the_rights_of_who_has_made_it(edge: Edge, administrator: Machine) -> None:
    second = await member(edge, administrator, "administrator")
    async with edge.client(second.key) as client:
        offer = await invitation(client, "administrator")
    made(await edge.ask("POST", f"/v1/members/{second.id}/withdraw", administrator.key))
    assert (await accept(edge, offer)).status_code == 409
    read = made(await edge.ask("GET", f"/v1/invitations/{offer['id']}", administrator.key))
    assert read["state"] == "withdrawn"
