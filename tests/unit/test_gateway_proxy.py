"""Routing, headers, rates and addresses, as the data path treats them."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Problem
from gateway.documents.document import read_document
from gateway.proxy import headers, rates
from gateway.proxy.entrance import network_of
from gateway.proxy.rates import Rate, RateLimit
from gateway.proxy.routing import RoutingTable


def operation(service: str, name: str, **more: Any) -> Mapping[str, Any]:
    return {"x-service": service, "operationId": name, "responses": {}} | more


TABLE = RoutingTable({
    "paths": {
        "/v1/complaints": {"get": operation("complaints", "list"), "post": operation("complaints", "receive")},
        "/v1/complaints/{complaint_id}": {"get": operation("complaints", "read")},
        "/v1/complaints/export": {"get": operation("complaints", "export")},
        "/v1/complaints/{complaint_id}/close": {"post": operation("complaints", "close")},
        "/v1/complaints/export/files": {"get": operation("complaints", "files")},
        "/v1/documents": {
            "post": operation("risk", "upload", requestBody={"content": {"multipart/form-data": {}}}),
            "patch": operation("risk", "change", **{"x-max-bytes": 50_000_000}),
        },
        "/v1/services/risk/dead-letters": {"get": operation("risk", "letters")},
        "/v1/public/{provider}/complaints": {"post": operation("complaints", "receive_public")},
    }
})  # fmt: skip


def found(path: str) -> set[str] | None:
    operations = TABLE.find(path.encode("latin-1"))
    return None if operations is None else {one.name for one in operations.values()}


def test_an_address_belongs_to_the_operation_that_the_document_has() -> None:
    assert found("/v1/complaints") == {"list", "receive"}
    assert found("/v1/complaints/01a2") == {"read"}
    assert found("/v1/complaints/01a2/close") == {"close"}
    assert found("/v1/public/demo/complaints") == {"receive_public"}
    assert found("/v1/services/risk/dead-letters") == {"letters"}


def test_a_word_goes_before_a_parameter_and_a_parameter_takes_what_the_word_does_not_lead_to() -> None:
    assert found("/v1/complaints/export") == {"export"}
    assert found("/v1/complaints/export/files") == {"files"}
    assert found("/v1/complaints/export/close") == {"close"}


NOWHERE = [
    "", "/", "v1/complaints", "/v1", "/v1/", "/v1/complaint", "/v1/complaints/", "//v1/complaints", "/v1//complaints",
    "/V1/complaints", "/v1/complaints/a/close/", "/v1/complaints/a/b", "/metrics", "/livez", "/v1/services/risk",
    "/v1/services/complaints/dead-letters", "/v1/%63omplaints", "/v1/complaints/..", "/v1/complaints/.",
    "/v1/complaints/../metrics", "/v1/complaints/../../metrics", "/v1/complaints/%2e%2e", "/v1/complaints/%2E%2e/close",
    "/v1/complaints/.%2e", "/v1/complaints/a%2fb", "/v1/complaints/a%2Fclose", "/v1/complaints/%252e%252e",
    "/v1/complaints/a%252fb", "/v1/complaints/a%25252fb", "/v1/complaints/a%5cb", "/v1/complaints/a\\b",
    "/v1/complaints/%00", "/v1/complaints/a%0d%0aX:%201", "/v1/complaints/%7f", "/v1/complaints/%zz",
    "/v1/complaints/%", "/v1/complaints/a b", "/v1/complaints/\xe9", "/v1/complaints/a?b", "/v1/complaints/a#b",
    "/v1/public//complaints", "/v1/public/%2e/complaints",
]  # fmt: skip


@pytest.mark.parametrize("path", NOWHERE)
def test_no_other_address_leads_to_a_service(path: str) -> None:
    assert found(path) is None


@given(st.binary(max_size=60))
def test_any_bytes_for_a_path_are_an_operation_or_none(path: bytes) -> None:
    operations = TABLE.find(b"/v1/complaints/" + path)
    if operations is not None:
        assert b".." not in path.split(b"/")
        assert path.isascii()


def test_a_body_may_have_as_many_bytes_as_its_operation_declares_or_takes_by_its_type() -> None:
    complaints, documents = TABLE.find(b"/v1/complaints"), TABLE.find(b"/v1/documents")
    assert complaints is not None
    assert documents is not None
    assert complaints["POST"].most_bytes == 1_000_000
    assert documents["POST"].most_bytes == 10_000_000 + 16_000, "a file of 10 MB, and what stands around it"
    assert documents["PATCH"].most_bytes == 50_000_000


def test_only_a_large_body_may_take_as_long_as_it_moves() -> None:
    complaints, documents = TABLE.find(b"/v1/complaints"), TABLE.find(b"/v1/documents")
    assert complaints is not None
    assert documents is not None
    assert documents["POST"].streamed
    assert documents["PATCH"].streamed
    assert not complaints["POST"].streamed


def test_the_checked_in_document_routes_every_operation_that_it_has() -> None:
    document = read_document()
    table = RoutingTable(document)
    for path, operations in document["paths"].items():
        reached = table.find(path.replace("{", "").replace("}", "").encode())
        assert reached is not None, path
        assert {method.lower(): one.name for method, one in reached.items()} == {
            method: one["operationId"] for method, one in operations.items()
        }


def onward(*received: tuple[str, str]) -> list[tuple[str, str]]:
    encoded = [(name.encode(), value.encode()) for name, value in received]
    return list(headers.read(encoded).onward.items())


def test_what_is_for_this_connection_alone_ends_here() -> None:
    assert onward(
        ("connection", "keep-alive, X-Mine"), ("keep-alive", "timeout=5"), ("te", "trailers"), ("trailer", "x"),
        ("upgrade", "h2c"), ("proxy-authorization", "Basic x"), ("proxy-connection", "close"), ("x-mine", "1"),
        ("x-other", "2"), ("transfer-encoding", "chunked"),
    ) == [("x-other", "2")]  # fmt: skip


def test_what_the_gateway_says_itself_is_not_taken_from_the_caller() -> None:
    assert onward(
        ("forwarded", "for=1.2.3.4"), ("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"),
        ("x-forwarded-anything", "x"), ("x-real-ip", "1.2.3.4"), ("host", "evil"), ("content-length", "3"),
        ("authorization", "Bearer x"), ("traceparent", "00-x"), ("expect", "100-continue"), ("via", "1.1 x"),
        ("idempotency-key", "k"),
    ) == [("idempotency-key", "k")]  # fmt: skip


def test_a_header_that_stands_twice_goes_on_twice_and_other_letters_than_ascii_unchanged() -> None:
    assert onward(("accept", "a"), ("accept", "b"), ("x-name", "投诉")) == [
        ("accept", "a"),
        ("accept", "b"),
        ("x-name", "投诉"),
    ]


@pytest.mark.parametrize(
    "received",
    [
        [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")],
        [(b"content-length", b"1x")],
        [(b"x-name", b"\xe9")],
    ],
    ids=["two authorizations", "no length", "latin-1"],
)
def test_an_ambiguous_request_is_refused(received: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(Problem) as refusal:
        headers.read(received)
    assert refusal.value.kind.status == 400


def test_a_body_is_known_by_its_length_or_its_encoding() -> None:
    assert not headers.read([(b"content-length", b"0")]).has_body
    assert headers.read([(b"content-length", b"5")]).length == 5
    assert headers.read([(b"transfer-encoding", b"chunked")]).has_body


def test_an_answer_keeps_its_own_headers_and_gets_those_that_every_answer_has() -> None:
    received = [
        (b"Content-Type", b"text/html"), (b"Connection", b"close, X-Inner"), (b"X-Inner", b"1"), (b"Server", b"x"),
        (b"Date", b"x"), (b"Cache-Control", b"public"), (b"Transfer-Encoding", b"chunked"), (b"ETag", b'"1"'),
        (b"Strict-Transport-Security", b"max-age=0"), (b"Content-Security-Policy", b"default-src 'self'"),
    ]  # fmt: skip
    answered = headers.answered(received, https=False)
    assert answered == [
        (b"content-type", b"text/html"),
        (b"etag", b'"1"'),
        (b"content-security-policy", b"default-src 'self'"),
        *headers.SECURITY,
    ]
    assert (b"cache-control", b"no-store") in answered


def test_only_https_is_told_to_stay_https() -> None:
    assert headers.ONLY_HTTPS not in headers.secured([], https=False)
    assert headers.ONLY_HTTPS in headers.secured([], https=True)
    assert headers.NOTHING_LOADS in headers.secured([], https=False)


class Clock:
    """A clock that stands until it is moved, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def admitted(limit: RateLimit, subject: str, tries: int) -> int:
    """How many of so many requests are within the limit."""
    count = 0
    for _ in range(tries):
        try:
            limit.admit(subject)
        except Problem:
            continue
        count += 1
    return count


def test_a_burst_is_admitted_and_then_the_rate() -> None:
    clock = Clock()
    limit = RateLimit(Rate("address", 5, 20), clock)
    assert admitted(limit, "one", 100) == 20
    clock.now += 1
    assert admitted(limit, "one", 100) == 5
    assert admitted(limit, "other", 100) == 20
    clock.now += 3600
    assert admitted(limit, "one", 100) == 20


@given(st.floats(0.1, 1000), st.integers(1, 100), st.lists(st.floats(0, 5), max_size=50))
def test_in_any_time_no_more_is_admitted_than_the_burst_and_what_the_rate_gives(
    per_second: float, burst: int, pauses: list[float]
) -> None:
    clock, count = Clock(), 0
    limit = RateLimit(Rate("client", per_second, burst), clock)
    for pause in pauses:
        clock.now += pause
        count += admitted(limit, "one", 3)
    assert count <= burst + per_second * (clock.now - 1000) + 1e-6


def test_a_refusal_says_when_to_come_back_and_then_it_is_admitted() -> None:
    clock = Clock()
    limit = RateLimit(Rate("client", 0.5, 1), clock)
    limit.admit("one")
    with pytest.raises(Problem) as refusal:
        limit.admit("one")
    assert refusal.value.headers == {
        "Retry-After": "2", "RateLimit-Policy": '"client";q=1;w=2', "RateLimit": '"client";r=0;t=2',
    }  # fmt: skip
    clock.now += 2
    limit.admit("one")


def test_the_memory_of_a_limit_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST", 10)
    limit = RateLimit(Rate("address", 5, 1), Clock())
    for subject in range(100):
        limit.count(subject)
    assert len(limit) == 10
    assert limit.wait(99) > 0
    assert limit.wait(0) == 0


def test_an_ipv6_address_stands_for_its_network() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::9") != network_of("2001:db8:1:3::9")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("") == ""
