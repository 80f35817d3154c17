"""What every answer of the gateway has, how often one may ask, and what it serves itself."""

import json
import re
from typing import Any

import pytest

from deploy.throwaway import Servers
from gateway.documents.document import FILE
from tests.make.edge import Edge, Machine, Scripted, gateway

LIST = "/v1/complaints"


@pytest.mark.parametrize("path", [LIST, "/v1/signals", "/livez", "/docs", "/nowhere", "/openapi.json", "/v1/clients"])
async def test_every_answer_is_kept_from_caches_frames_and_guesses(edge: Edge, service: Scripted, path: str) -> None:
    headers = (await edge.ask("GET", path)).headers
    assert headers.get_list("Cache-Control") == ["no-store"]
    assert headers.get_list("X-Content-Type-Options") == ["nosniff"]
    assert headers.get_list("Referrer-Policy") == ["no-referrer"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


async def test_behind_a_trusted_proxy_the_caller_s_address_counts_and_https_is_kept(
    own_servers: Servers, service: Scripted
) -> None:
    limited: dict[str, Any] = {"complaints_url": service.url, "public_rate": 0.001, "public_burst": 1}
    async with gateway(own_servers, trusted_proxies="127.0.0.1", **limited) as edge:
        answers = [
            await edge.ask("GET", LIST, headers={"X-Forwarded-For": caller, "X-Forwarded-Proto": "https"})
            for caller in ("203.0.113.1", "203.0.113.2", "203.0.113.1")
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert {answer.headers["Strict-Transport-Security"] for answer in answers} == {"max-age=31536000"}
    assert [asked.all("X-Forwarded-For") for asked in service.asked] == [["203.0.113.1"], ["203.0.113.2"]]
    assert [asked.all("X-Forwarded-Proto") for asked in service.asked] == [["https"], ["https"]]


async def test_without_a_token_an_address_has_its_burst(own_servers: Servers, service: Scripted) -> None:
    async with gateway(own_servers, complaints_url=service.url, public_rate=0.001, public_burst=3) as edge:
        statuses = [(await edge.ask("GET", LIST)).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        refused = await edge.ask("GET", LIST, headers={"Accept-Language": "zh-CN"})
        assert int(refused.headers["Retry-After"]) > 900
        assert refused.headers["RateLimit-Policy"].startswith('"address";q=3;w=')
        assert refused.headers["RateLimit"].startswith('"address";r=0;t=')
        assert refused.json()["type"] == "urn:surety:problem:too_many_requests"
        assert refused.json()["detail"].startswith("请等待")
        assert len(service.asked) == 3


async def test_what_services_and_probes_need_is_not_limited(own_servers: Servers) -> None:
    async with gateway(own_servers, public_rate=0.001, public_burst=1) as edge:
        assert (await edge.ask("GET", "/v1/signals")).status_code == 503
        assert (await edge.ask("GET", "/v1/signals")).status_code == 429
        for path in ("/livez", "/readyz", "/.well-known/revocations", "/.well-known/jwks.json"):
            assert [(await edge.ask("GET", path)).status_code for _ in range(3)] == [200] * 3, path


async def test_each_key_has_a_burst_of_its_own_and_a_client_s_tokens_share_one(
    own_servers: Servers, service: Scripted
) -> None:
    async with gateway(own_servers, complaints_url=service.url, client_rate=0.001, client_burst=4) as edge:
        administrator = await edge.administrator()
        other = await edge.key(administrator.id, await edge.token(administrator.id, administrator.secret))

        async def asked(bearer: str, times: int) -> list[int]:
            return [(await edge.ask("GET", LIST, bearer)).status_code for _ in range(times)]

        assert await asked(administrator.key, 5) == [200, 200, 200, 200, 429]
        assert await asked(other, 5) == [200, 200, 200, 200, 429]
        tokens = [await edge.token(administrator.id, administrator.secret) for _ in range(2)]
        # Two keys were made with tokens before: that leaves two of the client's four requests.
        assert await asked(tokens[0], 1) + await asked(tokens[1], 2) == [200, 200, 429]
        assert (await edge.ask("GET", LIST)).status_code == 200, "others go on"


async def test_the_description_is_served_while_every_service_is_down(own_servers: Servers) -> None:
    async with gateway(own_servers) as edge:
        assert (await edge.ask("GET", "/readyz")).json()["ready"] is True
        assert (await edge.ask("GET", "/openapi.json")).json() == json.loads(FILE.read_text())
        assert (await edge.ask("GET", LIST)).status_code == 503


@pytest.mark.parametrize(("language", "word"), [("en", "Register providers"), ("zh-CN", "登记供方")])
async def test_the_page_of_the_api_needs_nothing_from_outside(edge: Edge, language: str, word: str) -> None:
    page = await edge.ask("GET", "/docs", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'<html lang="{language}">' in page.text
    assert word in page.text
    linked = re.findall(r"""(?:href|src|url|action)\s*[=(]\s*["']?([^"'>)]+)""", page.text)
    assert {target[0] for target in linked} <= {"#", "/"}
    assert not [target for target in linked if target.startswith("//")]
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert (await edge.ask("GET", "/docs/style.css")).headers["Content-Type"] == "text/css; charset=utf-8"
    chosen = await edge.ask("GET", "/docs?language=zh-CN", headers={"Accept-Language": "en"})
    assert '<html lang="zh-CN">' in chosen.text


async def test_the_page_shows_every_operation_and_every_link_in_it_leads_somewhere(edge: Edge) -> None:
    text = (await edge.ask("GET", "/docs")).text
    document = json.loads(FILE.read_text())
    ids = {part.split('"')[0] for part in text.split(' id="')[1:]}
    operations = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    assert operations <= ids
    assert {part.split('"')[0] for part in text.split('href="#')[1:]} <= ids


async def test_the_figures_are_for_the_operator(edge: Edge, administrator: Machine) -> None:
    assert (await edge.ask("GET", "/metrics")).status_code == 401
    assert (await edge.ask("GET", "/metrics", administrator.key)).status_code == 403
    figures = await edge.ask("GET", "/metrics", edge.operator_key)
    assert figures.status_code == 200
    assert "surety_request_seconds" in figures.text


async def test_an_address_with_a_slash_more_is_no_redirect(edge: Edge) -> None:
    for path in ("/v1/providers/", "/docs/", "/metrics/"):
        assert (await edge.ask("GET", path, edge.operator_key)).status_code == 404, path
