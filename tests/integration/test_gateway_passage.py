"""The way through the gateway: what reaches a service and comes back, streams, faults and times."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from multidict import CIMultiDict

from chassis.errors import Problem
from deploy.throwaway import Servers
from gateway.proxy import passage
from gateway.proxy.upstream import Upstream
from tests.make.broker import until
from tests.make.edge import Asked, Edge, Machine, Scripted, answer, chunks, gateway, well

LIST = "/v1/complaints"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def raw(edge: Edge, head: str, body: bytes = b"") -> Streams:
    """A connection to the gateway on which a request was written as it stands."""
    host, port = edge.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [line.strip() for line in head.strip().splitlines()]
    writer.write("\r\n".join([*lines, "Host: gateway.test", "", ""]).encode("latin-1") + body)
    await writer.drain()
    return reader, writer


async def status_of(streams: Streams) -> int:
    """The status of an answer."""
    line = await streams[0].readline()
    streams[1].close()
    return int(line.split()[1])


async def test_a_request_reaches_the_service_as_it_was_sent(
    edge: Edge, service: Scripted, administrator: Machine
) -> None:
    path = "/v1/complaints/01a2%20b:c~!$&'()*+,;=@/acknowledge?q=%E6%8A%95&q=a%2Fb&empty=&x=1+2%2B%25"
    body = json.dumps({"words": "投诉" * 100}).encode()
    key = str(uuid4())
    streams = await raw(
        edge,
        f"""POST {path} HTTP/1.1
        Authorization: Bearer {administrator.key}
        Content-Type: application/json
        Idempotency-Key: {key}
        Accept-Language: zh-CN
        Content-Length: {len(body)}""",
        body,
    )
    assert await status_of(streams) == 200
    (asked,) = service.asked
    assert (asked.method, asked.target, asked.body) == ("POST", path, body)
    assert asked.all("Idempotency-Key") == [key]
    assert asked.all("Accept-Language") == ["zh-CN"]
    assert asked.all("Content-Type") == ["application/json"]
    assert asked.all("User-Agent") == []
    assert asked.all("Host") == [service.url.removeprefix("http://")]


async def test_an_answer_comes_back_as_it_was_given(edge: Edge, service: Scripted) -> None:
    async def conflict(_: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = ('ETag: "3"', "Location: /v1/complaints/1", "Content-Language: zh-CN", "X-Two: a", "X-Two: b")
        await answer(writer, '{"title":"冲突"}'.encode(), status="409 Conflict", headers=headers)

    service.behave = conflict
    given = await edge.ask("GET", LIST)
    assert (given.status_code, given.json()) == (409, {"title": "冲突"})
    assert given.headers["ETag"] == '"3"'
    assert given.headers["Location"] == "/v1/complaints/1"
    assert given.headers.get_list("X-Two") == ["a", "b"]


async def test_the_service_gets_an_access_token_in_place_of_the_key(
    edge: Edge, service: Scripted, administrator: Machine
) -> None:
    token = await edge.token(administrator.id, administrator.secret)
    for bearer in (administrator.key, token):
        assert (await edge.ask("GET", LIST, bearer)).status_code == 200
    by_key, by_token = [asked.all("Authorization") for asked in service.asked]
    assert by_token == [f"Bearer {token}"]
    assert len(by_key) == 1
    assert by_key[0].startswith("Bearer ey")
    assert administrator.key not in str(service.asked)


@pytest.mark.parametrize("authorization", [None, "Basic dTpw", "Bearer", "Digest x"])
async def test_without_a_token_a_request_goes_on_without_one(
    edge: Edge, service: Scripted, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answered = await edge.ask("GET", LIST, headers=headers)
    assert answered.status_code == (401 if authorization == "Bearer" else 200)
    assert [asked.all("Authorization") for asked in service.asked] == ([] if authorization == "Bearer" else [[]])


async def test_a_caller_cannot_say_who_it_is_for_the_gateway(edge: Edge, service: Scripted) -> None:
    streams = await raw(
        edge,
        f"""GET {LIST} HTTP/1.1
        X-Forwarded-For: 203.0.113.9
        X-Forwarded-Proto: gopher
        X-Forwarded-Host: evil.test
        Forwarded: for=203.0.113.9
        X-Real-IP: 203.0.113.9
        Connection: keep-alive, X-Secret
        X-Secret: 1
        TE: trailers
        Upgrade: h2c
        Proxy-Authorization: Basic x""",
    )
    assert await status_of(streams) == 200
    (asked,) = service.asked
    assert asked.all("X-Forwarded-Proto") == ["http"]
    assert asked.all("X-Forwarded-For") == ["127.0.0.1"]
    names = {name.lower() for name, _ in asked.headers}
    assert names.isdisjoint({"x-forwarded-host", "forwarded", "x-real-ip", "x-secret", "te", "upgrade"})
    assert "proxy-authorization" not in names


async def test_a_trace_is_handed_on_or_begun(edge: Edge, service: Scripted) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    for traceparent in (f"00-{trace}-b7ad6b7169203331-01", None, "nonsense"):
        headers = {} if traceparent is None else {"traceparent": traceparent}
        assert (await edge.ask("GET", LIST, headers=headers)).status_code == 200
    sent = [asked.all("traceparent")[0] for asked in service.asked]
    assert all(re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", one) for one in sent)
    assert sent[0].split("-")[1] == trace
    assert "b7ad6b7169203331" not in sent[0]
    assert len({one.split("-")[1] for one in sent}) == 3


TRAVERSALS = [
    "/v1/complaints/../../metrics", "/v1/complaints/%2e%2e/%2e%2e/metrics", "/v1/complaints/..%2f..%2fmetrics",
    "//metrics", "/v1//complaints", "/v1/complaints/", "/v1/complaints/%2e%2e", "/v1/complaints/..;/metrics",
    "/v1/complaints/x%00/acknowledge", "/v1/services/complaints/../risk/dead-letters", "/./v1/complaints",
    "/v1/%63omplaints", "/v1/complaints/x/../y",
]  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS)
async def test_no_address_leads_to_a_service_but_those_of_the_document(
    edge: Edge, service: Scripted, path: str
) -> None:
    assert await status_of(await raw(edge, f"GET {path} HTTP/1.1")) in {400, 404}
    assert service.asked == []


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/v1/complaints/metrics/x/y"])
async def test_the_inside_of_a_service_is_not_reached(edge: Edge, service: Scripted, path: str) -> None:
    await edge.ask("GET", path)
    assert service.asked == []


async def test_an_unknown_address_is_404_and_another_method_405(edge: Edge, service: Scripted) -> None:
    unknown = await edge.ask("GET", "/v1/nothing", headers={"Accept-Language": "zh-CN"})
    assert (unknown.status_code, unknown.json()["title"]) == (404, "此处没有该内容")
    wrong = await edge.ask("DELETE", LIST)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET, POST")
    assert wrong.json()["type"] == "urn:surety:problem:method_not_allowed"
    assert wrong.json()["trace_id"] == wrong.headers["Trace-Id"]
    assert service.asked == []


async def test_head_is_answered_like_get_without_the_body(edge: Edge, service: Scripted) -> None:
    answered = await edge.ask("HEAD", LIST)
    assert (answered.status_code, answered.content) == (200, b"")
    assert answered.headers["Content-Length"] == "2"
    assert [asked.method for asked in service.asked] == ["GET"]


async def test_a_request_in_pieces_reaches_the_service_before_it_is_whole(edge: Edge, service: Scripted) -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(_: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert asked.all("Transfer-Encoding") == ["chunked"]
        async for chunk in chunks(reader):
            await arrived.put(chunk)
        await answer(writer)

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"a":', b"1", b"}"):
            yield piece
            got = b""
            while len(got) < len(piece):
                got += await asyncio.wait_for(arrived.get(), 5)
            assert got == piece

    service.behave, service.reads_chunks = listen, False
    async with edge.client() as client:
        assert (await client.post(LIST, content=pieces())).status_code == 200


async def test_an_answer_in_pieces_reaches_the_caller_before_it_is_whole(edge: Edge, service: Scripted) -> None:
    heard = asyncio.Event()

    async def tell(_: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await writer.drain()
        await asyncio.wait_for(heard.wait(), 5)
        writer.write(b"6\r\nsecond\r\n0\r\n\r\n")

    service.behave = tell
    async with edge.client() as client, client.stream("GET", LIST) as answered:
        pieces = answered.aiter_raw()
        assert await anext(pieces) == b"first"
        heard.set()
        assert await anext(pieces) == b"second"


async def test_a_body_beyond_the_limit_is_refused_by_its_length_or_as_it_comes(edge: Edge, service: Scripted) -> None:
    declared = await edge.ask("POST", LIST, content=b"x" * 1_000_001)
    assert (declared.status_code, declared.json()["type"]) == (413, "urn:surety:problem:too_large")
    assert service.asked == []

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 50_000

    async with edge.client() as client:
        streamed = await client.post(LIST, content=endless())
    assert streamed.status_code == 413
    exact = await edge.ask("POST", LIST, content=b"x" * 1_000_000)
    assert exact.status_code == 200
    assert len(service.asked[-1].body) == 1_000_000


class Dropping:
    """Closes the connection under so many requests without an answer, then answers."""

    def __init__(self, drops: int) -> None:
        self.drops = drops

    async def __call__(
        self, service: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self.drops > 0:
            self.drops -= 1
            writer.close()
        else:
            await answer(writer)


async def test_a_read_is_tried_once_more_when_its_connection_is_dropped(edge: Edge, service: Scripted) -> None:
    service.behave = Dropping(1)
    assert (await edge.ask("GET", LIST)).status_code == 200
    assert len(service.asked) == 2
    service.behave = Dropping(2)
    twice = await edge.ask("GET", LIST)
    assert (twice.status_code, twice.json()["type"]) == (502, "urn:surety:problem:bad_gateway")
    assert len(service.asked) == 4


@pytest.mark.parametrize(("method", "path"), [("POST", LIST), ("POST", f"{LIST}/1/acknowledge")])
async def test_a_write_is_never_tried_twice(edge: Edge, service: Scripted, method: str, path: str) -> None:
    service.behave = Dropping(1)
    dropped = await edge.ask(method, path, json={})
    assert dropped.status_code == 502
    assert len(service.asked) == 1
    assert (await edge.ask(method, path, json={})).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_write_is_never_tried_twice_though_its_method_is_called_idempotent(
    service: Scripted, method: str
) -> None:
    service.behave = Dropping(1)
    async with Upstream({"complaints": service.url}) as upstream:
        with pytest.raises(Problem) as fault:
            await upstream.send("complaints", method, LIST, CIMultiDict(), None)
    assert fault.value.kind.status == 502
    assert len(service.asked) == 1


async def test_connections_to_a_service_are_used_again(edge: Edge, service: Scripted) -> None:
    for _ in range(10):
        assert (await edge.ask("GET", LIST)).status_code == 200
    assert service.connections <= 1


async def test_a_service_that_is_down_is_503_in_the_caller_s_language(edge: Edge) -> None:
    down = await edge.ask("GET", "/v1/signals", headers={"Accept-Language": "zh-CN"})
    assert down.status_code == 503
    assert down.headers["Content-Type"] == "application/problem+json"
    assert down.headers["Retry-After"] == "1"
    assert down.json()["detail"] == "服务 risk 暂时无法连接，请稍后再试。"


async def test_a_service_that_does_not_take_the_call_is_503_after_a_second(
    own_servers: Servers,
) -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):  # the queue of calls that nobody takes is full
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        async with gateway(own_servers, risk_url=f"http://127.0.0.1:{deaf.getsockname()[1]}") as edge:
            begun = asyncio.get_running_loop().time()
            assert (await edge.ask("GET", "/v1/signals")).status_code == 503
            assert 0.9 < asyncio.get_running_loop().time() - begun < 3


async def test_nonsense_from_a_service_is_502(edge: Edge, service: Scripted) -> None:
    async def babble(_: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"what?\r\n\r\n")

    service.behave = babble
    assert (await edge.ask("POST", LIST)).status_code == 502


async def test_a_silent_service_is_504_and_loses_the_connection(
    edge: Edge, service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage, "WHOLE_SECONDS", 0.3)
    left = asyncio.Event()

    async def silent(_: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read(1) == b""
        left.set()

    service.behave = silent
    late = await edge.ask("GET", LIST)
    assert (late.status_code, late.json()["type"]) == (504, "urn:surety:problem:gateway_timeout")
    await asyncio.wait_for(left.wait(), 5)
    service.behave = well
    assert (await edge.ask("GET", LIST)).status_code == 200


async def test_a_body_that_does_not_arrive_is_408(
    edge: Edge, service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage, "WHOLE_SECONDS", 0.3)
    assert await status_of(await raw(edge, f"POST {LIST} HTTP/1.1\nContent-Length: 10", b"12345")) == 408
    assert await status_of(await raw(edge, "POST /oauth/token HTTP/1.1\nContent-Length: 10", b"12345")) == 408


async def test_an_answer_that_breaks_off_is_told_from_a_whole_one(edge: Edge, service: Scripted) -> None:
    async def half(_: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
        await writer.drain()
        writer.close()

    service.behave = half
    with pytest.raises(httpx.RemoteProtocolError):
        await edge.ask("GET", LIST)
    assert len(service.asked) == 1


async def test_a_caller_that_leaves_takes_its_request_along(edge: Edge, service: Scripted) -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def slow(_: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        assert await reader.read(1) == b""
        left.set()

    service.behave = slow
    for body in (b"", b"{}"):
        begun.clear()
        left.clear()
        _, writer = await raw(edge, f"POST {LIST} HTTP/1.1\nContent-Length: {len(body)}", body)
        await asyncio.wait_for(begun.wait(), 5)
        writer.close()
        await asyncio.wait_for(left.wait(), 5)


async def test_a_caller_that_leaves_in_the_middle_of_its_body_is_no_request(edge: Edge, service: Scripted) -> None:
    before = service.broken_off
    _, writer = await raw(edge, f"POST {LIST} HTTP/1.1\nContent-Length: 100000", b"x" * 90_000)
    writer.close()
    await until(lambda: service.broken_off > before)
    assert service.asked == []


async def test_an_export_may_take_as_long_as_it_moves(
    own_servers: Servers, service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage, "WHOLE_SECONDS", 0.4)

    async def export(_: Scripted, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kind = asked.all("Accept")[0]
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 8\r\n\r\n".encode())
        for piece in b"12345678":
            await asyncio.sleep(0.1)  # the service's own pace: longer in all than a request may take, shorter each
            writer.write(bytes([piece]))
            await writer.drain()

    service.behave = export
    async with gateway(own_servers, complaints_url=service.url) as edge:
        exported = await edge.ask("GET", LIST, headers={"Accept": "text/csv; charset=utf-8"})
        assert exported.content == b"12345678"
        with pytest.raises(httpx.RemoteProtocolError):
            await edge.ask("GET", LIST, headers={"Accept": "application/json"})


@pytest.mark.parametrize(
    "head",
    [
        f"GET {LIST} HTTP/1.1\nAuthorization: Bearer a\nAuthorization: Bearer b",
        f"GET {LIST} HTTP/1.1\nX-Name: \xe9",
        f"GET {LIST}?a=\xe9 HTTP/1.1",
        f"POST {LIST} HTTP/1.1\nContent-Length: 2\nTransfer-Encoding: chunked",
        f"POST {LIST} HTTP/1.1\nContent-Length: 2\nContent-Length: 3",
    ],
    ids=["two authorizations", "latin-1 header", "latin-1 query", "length and encoding", "two lengths"],
)
async def test_an_ambiguous_request_is_refused(edge: Edge, service: Scripted, head: str) -> None:
    assert await status_of(await raw(edge, head, b"{}")) == 400
    assert service.asked == []
