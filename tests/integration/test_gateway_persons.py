"""Members and invited persons at the gateway: told, erased when their time is over, kept no longer than allowed."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chassis.actors import SYSTEM
from chassis.clock import utc_now
from chassis.database import Database
from chassis.ids import new_id
from chassis.persons.jobs import retention_sweep
from chassis.sealing import Vault
from deploy.throwaway import Servers
from gateway.app import PERSONS
from tests.make.complaints import SetClock, made, objected
from tests.make.edge import Edge, Machine, gateway
from tests.make.people import PERSON, accepted, invitation, member

AT = "/v1/services/gateway"


@pytest.fixture
async def edge(own_servers: Servers) -> AsyncIterator[Edge]:
    async with gateway(own_servers) as edge:
        yield edge


@pytest.fixture
async def administrator(edge: Edge) -> Machine:
    return await edge.administrator()


async def test_a_member_is_told_all_that_is_held_with_the_invitations(edge: Edge, administrator: Machine) -> None:
    person = await member(edge, administrator, "reader")
    async with edge.client(administrator.key) as client:
        told = made(await client.post(f"{AT}/persons/{person.id}/disclose"))
    data = told["data"]
    assert (told["record_type"], told["record_id"], data["roles"]) == ("member", str(person.id), ["reader"])
    for one in (data, *data["invitations"]):
        assert (one["name"], one["email"]) == (PERSON["name"], PERSON["email"])
    assert len(data["invitations"]) == 1


async def test_a_member_is_withdrawn_first_and_then_erased_with_the_invitations(
    edge: Edge, administrator: Machine
) -> None:
    person = await member(edge, administrator, "reader")
    async with edge.client(administrator.key) as client:
        erase = f"{AT}/persons/{person.id}/erase"
        assert objected(await client.post(erase)) == ["member_active"]
        made(await client.post(f"/v1/members/{person.id}/withdraw"))
        back = made(await client.post(f"/v1/members/{person.id}/invitations", json={}), 201)
        proof = made(await client.post(erase))
        assert proof["rows"] == {"member": 1, "invitation": 2}
        assert (proof["person_id"], proof["data_class"], proof["basis"]) == (str(person.id), "member", "request")
        after = made(await client.get(f"/v1/members/{person.id}"))
        assert (after["name"], after["email"], after["roles"]) == (None, None, ["reader"])
        invitations = made(await client.get("/v1/invitations"))["items"]
        assert {(one["name"], one["email"]) for one in invitations} == {(None, None)}
        assert made(await client.get(f"/v1/invitations/{back['id']}"))["state"] == "withdrawn"
        again = await client.post(f"/v1/members/{person.id}/invitations", json={})
        assert objected(again) == ["member_erased"]
        assert objected(await client.post(erase)) == ["erased"]
        assert [one["id"] for one in made(await client.get(f"{AT}/erasures"))["items"]] == [proof["id"]]


async def test_an_open_invitation_is_withdrawn_first(edge: Edge, administrator: Machine) -> None:
    async with edge.client(administrator.key) as client:
        invited = await invitation(client)
        erase = f"{AT}/persons/{invited['id']}/erase"
        assert objected(await client.post(erase)) == ["invitation_open"]
        made(await client.post(f"/v1/invitations/{invited['id']}/withdraw"))
        assert made(await client.post(erase))["rows"] == {"invitation": 1}
        assert made(await client.get(f"/v1/invitations/{invited['id']}"))["name"] is None


async def test_only_an_administrator_of_the_provider_itself_reaches_a_person(
    edge: Edge, administrator: Machine
) -> None:
    person, stranger = await member(edge, administrator, "reader"), await edge.administrator()
    for key, status in ((person.key, 403), (stranger.key, 404)):
        for step in ("disclose", "erase"):
            assert (await edge.ask("POST", f"{AT}/persons/{person.id}/{step}", key)).status_code == status
    assert (
        await edge.ask("POST", f"{AT}/persons/find", administrator.key, json={"email": "a@b.example"})
    ).status_code in {
        404,
        405,
    }


async def test_retention_erases_members_and_invitations_whose_time_is_over(own_servers: Servers) -> None:
    clock = SetClock(utc_now() - timedelta(days=700))
    async with gateway(own_servers, clock=clock) as past:
        administrator = await past.administrator()
        here = await member(past, administrator, "reader")
        gone = await member(past, administrator, "reader")
        async with past.client(administrator.key) as client, past.client() as anyone:
            made(await client.post(f"/v1/members/{gone.id}/withdraw"))
            used = await invitation(client)
            await accepted(anyone, used)
    async with gateway(own_servers) as edge, edge.client(administrator.key) as client:
        kept = made(await client.get(f"{AT}/retention"))["items"]
        assert [(one["data_class"], one["years"], len(one["due"])) for one in kept] == [
            ("member", 2, 0),
            ("invitation", 1, 3),
        ]
        kept = made(await client.post(f"{AT}/retention", json={"data_class": "member", "years": 1}))["items"]
        assert [one["person_id"] for one in kept[0]["due"]] == [str(gone.id)]
        settings = edge.settings
        database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()))
        for _ in range(2):
            async with database.work(administrator.provider_id, actor=SYSTEM, correlation=new_id()) as work:
                await retention_sweep(PERSONS)(work, administrator.provider_id, "sweeps")
        await database.close()
        proofs = made(await client.get(f"{AT}/erasures"))["items"]
        assert {one["basis"] for one in proofs} == {"retention"}
        assert sorted(one["data_class"] for one in proofs) == ["invitation", "invitation", "invitation", "member"]
        assert made(await client.get(f"/v1/members/{gone.id}"))["name"] is None
        assert made(await client.get(f"/v1/members/{here.id}"))["name"] == PERSON["name"]
