"""Tokens: who gets them, how they end, and how soon what is withdrawn ends everywhere."""

import time
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet

from chassis.app import create_app
from chassis.clock import utc_now
from deploy.throwaway import Servers
from services.risk.app import SERVICE as RISK
from tests.make.broker import until_async
from tests.make.edge import Edge, Machine, Scripted, gateway, served
from tests.make.house import ISSUER, settings_of

SIGNALS = "/v1/signals"
GRANT = {"grant_type": "client_credentials"}


async def test_a_client_gets_a_token_that_says_whom_it_speaks_for(edge: Edge, administrator: Machine) -> None:
    answer = await edge.ask("POST", "/oauth/token", data=GRANT, auth=(str(administrator.id), administrator.secret))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["scope"]) == ("Bearer", "administrator")
    assert 298 <= body["expires_in"] <= 300
    keys = KeySet.import_key_set((await edge.ask("GET", "/.well-known/jwks.json")).json())
    token = jwt.decode(body["access_token"], keys, algorithms=["Ed25519"])
    assert token.header["typ"] == "at+jwt"
    claims = token.claims
    assert (claims["iss"], claims["aud"]) == (ISSUER, "surety")
    assert claims["sub"] == f"client:{administrator.id}"
    assert claims["client_id"] == str(administrator.id)
    assert claims["pid"] == str(administrator.provider_id)
    assert (await edge.ask("GET", "/v1/clients", body["access_token"])).status_code == 200


async def test_the_published_keys_are_public(edge: Edge) -> None:
    keys = (await edge.ask("GET", "/.well-known/jwks.json")).json()["keys"]
    assert keys
    assert [key for key in keys if "d" in key or key["crv"] != "Ed25519" or not key["kid"]] == []


async def test_the_metadata_leads_to_the_token_endpoint(edge: Edge) -> None:
    metadata = (await edge.ask("GET", "/.well-known/oauth-authorization-server")).json()
    assert metadata["issuer"] == ISSUER
    assert metadata["token_endpoint"] == f"{ISSUER}/oauth/token"
    assert metadata["grant_types_supported"] == ["client_credentials"]
    assert "administrator" in metadata["scopes_supported"]
    assert "operator" not in metadata["scopes_supported"]


async def test_a_token_is_narrowed_to_the_scope_that_is_asked_for(edge: Edge, administrator: Machine) -> None:
    token = await edge.token(administrator.id, administrator.secret, scope="reader gateway.key.read")
    assert (await edge.ask("GET", "/v1/keys", token)).status_code == 200
    assert (await edge.ask("GET", "/v1/clients", token)).status_code == 403


async def refusal(edge: Edge, client_id: object, secret: str, **form: str) -> tuple[int, str]:
    answer = await edge.ask("POST", "/oauth/token", data=GRANT | form, auth=(str(client_id), secret))
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, answer.json()["error"]


async def test_refusals_have_the_shape_of_the_standard(edge: Edge, administrator: Machine) -> None:
    machine = await edge.machine(administrator, "reader")
    assert await refusal(edge, machine.id, "wrong") == (401, "invalid_client")
    assert await refusal(edge, uuid4(), machine.secret) == (401, "invalid_client")
    assert await refusal(edge, "x", "y") == (401, "invalid_client")
    assert await refusal(edge, machine.id, machine.secret, scope="administrator") == (400, "invalid_scope")
    assert await refusal(edge, machine.id, machine.secret, scope="operator") == (400, "invalid_scope")
    assert await refusal(edge, machine.id, machine.secret, grant_type="password") == (400, "unsupported_grant_type")
    assert await refusal(edge, machine.id, machine.secret, resource=f"{ISSUER}/v1/providers/{uuid4()}") == (
        400,
        "invalid_target",
    )
    challenged = await edge.ask("POST", "/oauth/token", data=GRANT, auth=(str(machine.id), "wrong"))
    assert challenged.headers["WWW-Authenticate"].startswith("Basic ")


async def test_a_token_may_be_asked_for_one_s_own_provider(edge: Edge, administrator: Machine) -> None:
    own = f"{ISSUER}/v1/providers/{administrator.provider_id}"
    assert await edge.token(administrator.id, administrator.secret, resource=own)


async def test_a_key_is_no_secret_and_a_secret_no_key(edge: Edge, administrator: Machine) -> None:
    assert await refusal(edge, administrator.id, administrator.key) == (401, "invalid_client")
    key_id = administrator.key.split("_")[1]
    assert await refusal(edge, key_id, administrator.key) == (401, "invalid_client")
    for bearer in (administrator.secret, f"sk_{administrator.id.hex}_{administrator.secret}"):
        assert (await edge.ask("GET", "/v1/clients", bearer)).status_code == 401


@pytest.mark.parametrize("bearer", ["sk_", "sk_x", "abc", "a.b.c", f"sk_{'0' * 32}_{'x' * 43}", "sk_é"])
async def test_what_is_no_key_is_refused(edge: Edge, service: Scripted, bearer: str) -> None:
    refused = await edge.ask("GET", "/v1/complaints", headers={"Authorization": f"Bearer {bearer}".encode()})
    assert refused.status_code == 401
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert service.asked == []


async def test_a_changed_character_makes_another_key(edge: Edge, administrator: Machine) -> None:
    other = administrator.key[:-1] + ("A" if administrator.key[-1] != "A" else "B")
    assert (await edge.ask("GET", "/v1/clients", other)).status_code == 401


class Clock:
    """The true time, moved on by a test."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


def sent_token(service: Scripted) -> str:
    """The access token of the last request that reached the service."""
    (bearer,) = service.asked[-1].all("Authorization")
    return bearer.removeprefix("Bearer ")


async def test_a_key_s_token_is_kept_and_renewed_a_minute_before_it_ends(
    own_servers: Servers, service: Scripted
) -> None:
    clock = Clock()
    async with gateway(own_servers, complaints_url=service.url, clock=clock) as edge:
        administrator = await edge.administrator()

        async def token() -> str:
            answer = await edge.ask("GET", "/v1/complaints", administrator.key)
            assert answer.status_code == 200
            return sent_token(service)

        first = await token()
        clock.ahead = timedelta(minutes=3, seconds=55)
        assert await token() == first
        clock.ahead = timedelta(minutes=4, seconds=1)

        async def renewed() -> bool:
            return await token() != first

        await until_async(renewed)
        clock.ahead = timedelta(minutes=20)
        assert await token() != first


async def test_a_key_ends_at_its_time_though_its_token_would_live_on(own_servers: Servers, service: Scripted) -> None:
    clock = Clock()
    async with gateway(own_servers, complaints_url=service.url, clock=clock) as edge:
        administrator = await edge.administrator()
        ends = (clock() + timedelta(seconds=90)).isoformat()
        key = await edge.key(administrator.id, administrator.key, expires_at=ends)
        assert (await edge.ask("GET", "/v1/complaints", key)).status_code == 200
        clock.ahead = timedelta(seconds=91)
        assert (await edge.ask("GET", "/v1/complaints", key)).status_code == 401


async def test_while_the_database_is_away_a_known_key_goes_on_and_an_unknown_one_waits(
    own_servers: Servers, service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    async with gateway(own_servers, complaints_url=service.url, clock=clock) as edge:
        administrator = await edge.administrator()
        assert (await edge.ask("GET", "/v1/complaints", administrator.key)).status_code == 200
        unknown = await edge.key(administrator.id, administrator.key)

        async def away(*_: object) -> None:
            raise OSError("the database does not answer")

        monkeypatch.setattr("gateway.credentials.issuing.AuthorizationServer._credential", away)
        clock.ahead = timedelta(minutes=4, seconds=30)
        assert (await edge.ask("GET", "/v1/complaints", administrator.key)).status_code == 200
        waits = await edge.ask("GET", "/v1/complaints", unknown)
        assert waits.status_code == 503
        assert int(waits.headers["Retry-After"]) >= 1
        clock.ahead = timedelta(minutes=6)
        assert (await edge.ask("GET", "/v1/complaints", administrator.key)).status_code == 503


async def ends_within_five_seconds(ask: httpx.AsyncClient, path: str = "/v1/complaints") -> None:
    """Waits until a caller is refused, which must be soon."""
    begun = time.monotonic()

    async def refused() -> bool:
        return (await ask.get(path)).status_code == 401

    await until_async(refused, seconds=8)
    assert time.monotonic() - begun < 5


async def test_a_withdrawn_key_ends_at_every_gateway_and_its_siblings_live_on(
    own_servers: Servers, edge: Edge, service: Scripted, administrator: Machine
) -> None:
    machine = await edge.machine(administrator, "reader")
    sibling = await edge.key(machine.id, administrator.key)
    key_id = machine.key.split("_")[1]
    async with gateway(own_servers, complaints_url=service.url) as second, second.client(machine.key) as there:
        assert (await there.get("/v1/complaints")).status_code == 200
        assert (await edge.ask("GET", "/v1/complaints", machine.key)).status_code == 200
        withdrawn = await edge.ask("POST", f"/v1/keys/{key_id}/withdraw", administrator.key)
        assert withdrawn.status_code == 200
        await ends_within_five_seconds(there)
        assert (await edge.ask("GET", "/v1/complaints", machine.key)).status_code == 401
        assert (await second.ask("GET", "/v1/complaints", sibling)).status_code == 200


async def test_changed_roles_hold_for_a_key_at_every_gateway(
    own_servers: Servers, edge: Edge, administrator: Machine
) -> None:
    machine = await edge.machine(administrator, "administrator")
    async with gateway(own_servers) as second, second.client(machine.key) as there:
        assert (await there.get("/v1/clients")).status_code == 200
        change = {"roles": ["reader"]}
        at = {"If-Match": '"1"'}
        await edge.ask("PATCH", f"/v1/clients/{machine.id}", administrator.key, json=change, headers=at)
        begun = time.monotonic()

        async def lost() -> bool:
            return (await there.get("/v1/clients")).status_code == 403

        await until_async(lost)
        assert time.monotonic() - begun < 5
        assert (await there.get(f"/v1/providers/{machine.provider_id}")).status_code == 200


async def test_a_withdrawn_client_s_token_ends_at_a_service_that_verifies_it_itself(
    own_servers: Servers, edge: Edge, administrator: Machine
) -> None:
    machine = await edge.machine(administrator, "reader")
    token = await edge.token(machine.id, machine.secret)
    settings = settings_of(own_servers, "risk", gateway_url=edge.url, worker="off")
    config = uvicorn.Config(create_app(RISK, settings), port=0, log_level="critical", access_log=False)
    bearer = {"Authorization": f"Bearer {token}"}
    async with served(config) as url, httpx.AsyncClient(base_url=url, headers=bearer, trust_env=False) as direct:
        assert (await direct.get(SIGNALS)).status_code in {200, 503}  # the provider's copy comes by event
        withdrawn = await edge.ask("POST", f"/v1/clients/{machine.id}/withdraw", administrator.key)
        assert withdrawn.status_code == 200
        await ends_within_five_seconds(direct, SIGNALS)
    assert await refusal(edge, machine.id, machine.secret) == (401, "invalid_client")


async def test_the_revocation_list_has_ids_and_times_of_what_can_still_matter(
    own_servers: Servers, service: Scripted
) -> None:
    clock = Clock()
    async with gateway(own_servers, clock=clock) as edge:
        administrator = await edge.administrator()
        machine = await edge.machine(administrator, "reader")
        await edge.ask("POST", f"/v1/clients/{machine.id}/withdraw", administrator.key)

        async def listed() -> bool:
            withdrawn = (await edge.ask("GET", "/.well-known/revocations")).json()["withdrawn"]
            return {str(machine.id), machine_key_id(machine)} <= set(withdrawn)

        await until_async(listed)
        clock.ahead = timedelta(minutes=11)

        async def forgotten() -> bool:
            return not await listed()

        await until_async(forgotten)


def machine_key_id(machine: Machine) -> str:
    """The id of a machine's key, as ids are written."""
    digits = machine.key.split("_")[1]
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


async def test_a_stolen_look_at_many_keys_is_slowed_down(own_servers: Servers, service: Scripted) -> None:
    async with gateway(own_servers, complaints_url=service.url, refusals=3) as edge:
        administrator = await edge.administrator()
        token = await edge.token(administrator.id, administrator.secret)
        fresh = await edge.key(administrator.id, administrator.key)
        statuses = [(await edge.ask("GET", "/v1/complaints", f"sk_{uuid4().hex}_x")).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await edge.ask("GET", "/v1/complaints", administrator.key)).status_code == 200, "known before"
        assert (await edge.ask("GET", "/v1/complaints", token)).status_code == 200, "needs no look"
        assert (await edge.ask("GET", "/v1/complaints", fresh)).status_code == 429, "needs a look"
        asked = await edge.ask("POST", "/oauth/token", data=GRANT, auth=(str(administrator.id), administrator.secret))
        assert asked.status_code == 429
        assert int(asked.headers["Retry-After"]) >= 1


async def test_wrong_secrets_count_as_failed_authentication(own_servers: Servers) -> None:
    async with gateway(own_servers, refusals=2) as edge:
        tries = [
            (await edge.ask("POST", "/oauth/token", data=GRANT, auth=(str(uuid4()), "wrong"))).status_code
            for _ in range(3)
        ]
        assert tries == [401, 401, 429]
