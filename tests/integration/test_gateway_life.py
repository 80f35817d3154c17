"""The life of a provider at the gateway: suspended, leaving, held, erased, and what its people can still do."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import providers
from chassis.tables import TENANT, Base
from deploy.throwaway import Servers
from gateway.providers.rules import UNCONFIRMED
from tests.make import people
from tests.make.broker import until_async
from tests.make.complaints import SetClock, made, objected
from tests.make.edge import Edge, Machine, gateway

REASON = {"reason": "contract_ended"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What five seconds later is known everywhere is known now."""
    monkeypatch.setattr(providers, "FRESH_SECONDS", 0.0)


async def take(edge: Edge, machine: Machine, step: str, *, operator: bool, **options: Any) -> Any:
    """The answer to a step, by the operator or by the provider's own administrator."""
    if step in {"suspend", "leave"}:
        options.setdefault("json", REASON)
    key = edge.operator_key if operator else machine.key
    return await edge.ask("POST", f"/v1/providers/{machine.provider_id}/{step}", key, **options)


async def read(edge: Edge, machine: Machine) -> Any:
    """The provider, as the operator sees it."""
    return made(await edge.ask("GET", f"/v1/providers/{machine.provider_id}", edge.operator_key))


def lacks(provider: Any, step: str) -> list[str]:
    """What a step that is open still lacks."""
    (found,) = (one for one in provider["open_steps"] if one["step"] == step)
    return [lack["code"] for lack in found["lacks"]]


async def test_a_suspended_provider_reads_and_writes_nothing_until_it_is_resumed(
    edge: Edge, administrator: Machine
) -> None:
    suspended = made(await take(edge, administrator, "suspend", operator=True, json={"reason": "unpaid"}))
    assert (suspended["state"], suspended["reason"], suspended["version"]) == ("suspended", "unpaid", 2)
    writes: list[tuple[str, str, Any]] = [
        ("POST", "/v1/clients", {"name": "M", "roles": ["reader"]}),
        ("POST", f"/v1/clients/{administrator.id}/keys", {"name": "K"}),
        ("PATCH", f"/v1/clients/{administrator.id}", {"name": "N"}),
        ("POST", "/v1/invitations", people.PERSON | {"roles": ["reader"]}),
        ("POST", "/v1/calendars", {"region": "none"}),
        ("PATCH", f"/v1/providers/{administrator.provider_id}", {"name": "N"}),
    ]
    for method, path, body in writes:
        refused = await edge.ask(method, path, administrator.key, json=body, headers={"If-Match": '"2"'})
        assert refused.status_code == 403, (path, refused.text)
        assert refused.json()["detail"].startswith("The provider is suspended or leaving")
    for path in ("/v1/clients", "/v1/members", "/v1/calendars", f"/v1/providers/{administrator.provider_id}"):
        assert (await edge.ask("GET", path, administrator.key)).status_code == 200
    resumed = made(await take(edge, administrator, "resume", operator=True))
    assert (resumed["state"], resumed["reason"]) == ("active", None)
    method, path, body = writes[0]
    assert (await edge.ask(method, path, administrator.key, json=body)).status_code == 201


async def test_the_operator_changes_and_recovers_no_provider_that_is_not_active(
    edge: Edge, administrator: Machine
) -> None:
    made(await take(edge, administrator, "leave", operator=False))
    path = f"/v1/providers/{administrator.provider_id}"
    body = people.PERSON | {"reason": "Gone."}
    first = {"name": "A", "roles": ["administrator"]}
    for method, address, sent in (("PATCH", path, {"name": "N"}), ("POST", f"{path}/recover", body)):
        refused = await edge.ask(method, address, edge.operator_key, json=sent, headers={"If-Match": '"2"'})
        assert refused.status_code == 403, refused.text
    assert (await edge.ask("POST", f"{path}/clients", edge.operator_key, json=first)).status_code == 403


async def test_what_takes_access_away_is_possible_at_a_provider_that_is_suspended(
    edge: Edge, administrator: Machine
) -> None:
    machine = await edge.machine(administrator, "reader")
    person = await people.member(edge, administrator, "reader")
    async with edge.client(administrator.key) as client:
        invited = await people.invitation(client, "reader")
    made(await take(edge, administrator, "suspend", operator=True))
    slug, secret = people.where(invited)
    accepting = await edge.ask("POST", f"/v1/public/{slug}/invitations/accept", json={"secret": secret})
    assert accepting.status_code == 403
    own = await edge.ask("POST", "/v1/me/keys", person.key, json={"name": "Mine"})
    assert own.status_code == 403
    made(await edge.ask("POST", f"/v1/me/keys/{person.key_id}/withdraw", person.key))
    keys = made(await edge.ask("GET", f"/v1/keys?client_id={machine.id}", administrator.key))["items"]
    for path in (
        f"/v1/keys/{keys[0]['id']}",
        f"/v1/clients/{machine.id}",
        f"/v1/invitations/{invited['id']}",
        f"/v1/members/{person.id}",
    ):
        assert made(await edge.ask("POST", f"{path}/withdraw", administrator.key))["state"] == "withdrawn"


async def test_a_provider_leaves_and_stays_by_itself(edge: Edge, administrator: Machine) -> None:
    left = made(await take(edge, administrator, "leave", operator=False))
    assert (left["state"], left["reason"]) == ("leaving", "contract_ended")
    assert left["left_at"] is not None
    made(await take(edge, administrator, "confirm-archive", operator=False))
    stayed = made(await take(edge, administrator, "stay", operator=False))
    assert stayed["state"] == "active"
    assert {stayed[name] for name in ("reason", "left_at", "archive_confirmed_at")} == {None}


@pytest.mark.parametrize("step", ["suspend", "leave"])
async def test_what_the_operator_imposed_is_not_undone_by_leaving_and_staying(
    edge: Edge, administrator: Machine, step: str
) -> None:
    made(await take(edge, administrator, step, operator=True))
    if step == "suspend":
        made(await take(edge, administrator, "leave", operator=False))
    assert objected(await take(edge, administrator, "stay", operator=False)) == ["imposed"]
    assert made(await take(edge, administrator, "stay", operator=True))["state"] == "active"
    made(await take(edge, administrator, "leave", operator=False))
    assert made(await take(edge, administrator, "stay", operator=False))["state"] == "active"


async def test_only_the_provider_itself_confirms_its_archive_and_once(edge: Edge, administrator: Machine) -> None:
    made(await take(edge, administrator, "leave", operator=False))
    assert objected(await take(edge, administrator, "confirm-archive", operator=True)) == ["not_provider_itself"]
    confirmed = made(await take(edge, administrator, "confirm-archive", operator=False))
    assert confirmed["archive_confirmed_at"] is not None
    assert objected(await take(edge, administrator, "confirm-archive", operator=False)) == ["confirmed"]


async def test_a_hold_is_laid_and_lifted_once_in_any_state(edge: Edge, administrator: Machine) -> None:
    assert objected(await take(edge, administrator, "release", operator=True)) == ["not_held"]
    assert made(await take(edge, administrator, "hold", operator=True))["legal_hold"] is True
    assert objected(await take(edge, administrator, "hold", operator=True)) == ["legal_hold"]
    made(await take(edge, administrator, "suspend", operator=True))
    assert made(await take(edge, administrator, "release", operator=True))["legal_hold"] is False


async def test_a_provider_is_not_erased_before_it_has_left_and_has_its_archive_and_is_free(
    edge: Edge, administrator: Machine
) -> None:
    assert objected(await take(edge, administrator, "erase", operator=True)) == ["wrong_state"]
    made(await take(edge, administrator, "hold", operator=True))
    made(await take(edge, administrator, "leave", operator=False))
    both = ["legal_hold", "archive_not_confirmed"]
    assert objected(await take(edge, administrator, "erase", operator=True)) == both
    assert lacks(await read(edge, administrator), "erase") == both
    made(await take(edge, administrator, "confirm-archive", operator=False))
    assert objected(await take(edge, administrator, "erase", operator=True)) == ["legal_hold"]
    made(await take(edge, administrator, "release", operator=True))
    assert made(await take(edge, administrator, "erase", operator=True))["state"] == "erased"


async def test_thirty_days_after_it_left_a_provider_that_says_nothing_can_be_erased(own_servers: Servers) -> None:
    clock = SetClock(datetime.now(UTC) - timedelta(days=60))
    async with gateway(own_servers, clock=clock) as edge:
        provider_id = UUID((await edge.register()).json()["id"])
        machine = Machine(provider_id, provider_id, "", "")
        made(await take(edge, machine, "leave", operator=True))
        clock.forward(UNCONFIRMED - timedelta(seconds=1))
        assert objected(await take(edge, machine, "erase", operator=True)) == ["archive_not_confirmed"]
        clock.forward(timedelta(seconds=1))
        assert made(await take(edge, machine, "erase", operator=True))["state"] == "erased"


async def test_steps_that_another_may_take_are_refused(edge: Edge, administrator: Machine) -> None:
    stranger = await edge.administrator()
    for step in ("suspend", "resume", "erase", "hold", "release"):
        assert (await take(edge, administrator, step, operator=False)).status_code == 403
    path = f"/v1/providers/{administrator.provider_id}"
    for step in ("leave", "stay", "confirm-archive"):
        assert (await edge.ask("POST", f"{path}/{step}", stranger.key, json=REASON)).status_code == 404
    stale = await take(edge, administrator, "leave", operator=False, headers={"If-Match": '"7"'})
    assert stale.status_code == 412


async def test_with_a_provider_go_all_keys_and_whatever_the_gateway_kept_of_it(own_servers: Servers) -> None:
    async with gateway(own_servers, worker="on") as edge:
        administrator, other = await edge.administrator(), await edge.administrator()
        machine = await edge.machine(administrator, "reader")
        person = await people.member(edge, administrator, "reader")
        stays = await people.member(edge, other, "reader")
        token = await edge.token(machine.id, machine.secret)
        slug = (await read(edge, administrator))["slug"]
        made(await take(edge, administrator, "leave", operator=False))
        made(await take(edge, administrator, "confirm-archive", operator=False))
        erased = made(await take(edge, administrator, "erase", operator=True))
        assert (erased["state"], erased["name"], erased["open_steps"]) == ("erased", slug, [])
        for key in (administrator.key, machine.key, token, person.key):
            await people.ends(edge, key)
        assert (await edge.ask("GET", "/v1/me", stays.key)).status_code == 200
        await until_async(lambda: nothing_left(own_servers, administrator.provider_id))
        assert not await nothing_left(own_servers, other.provider_id)
        taken = await edge.register(slug=slug)
        assert taken.status_code == 409, "the short name stays reserved"
        assert objected(await take(edge, administrator, "erase", operator=True)) == ["wrong_state"]
        assert (await take(edge, administrator, "leave", operator=True)).status_code == 409
        listed = made(await edge.ask("GET", "/v1/providers?sort=-updated_at&limit=200", edge.operator_key))["items"]
        (item,) = (one for one in listed if one["id"] == str(administrator.provider_id))
        assert (item["state"], item["name"]) == ("erased", slug)
        assert item["erased_at"] == erased["erased_at"]


async def nothing_left(own: Servers, provider_id: UUID) -> bool:
    """Whether the gateway keeps nothing of a provider but its profile."""
    names = [
        table.name
        for table in Base.metadata.sorted_tables
        if table.info["class"] == TENANT and table.info["service"] in {None, "gateway"} and table.name != "profile"
    ]
    connection = await asyncpg.connect(own.postgres.dsn("gateway"))
    try:
        queries = [
            f"SELECT count(*) FROM {name} WHERE provider_id = $1" for name in (*names, "credential", "membership")
        ]
        return not sum([await connection.fetchval(query, provider_id) for query in queries])
    finally:
        await connection.close()
