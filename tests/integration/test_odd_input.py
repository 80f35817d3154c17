"""Odd input: what cannot be taken is refused and explained in both languages; what can be comes back whole."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chassis.faults import OTHER_INPUT
from tests.make.complaints import complaint, create_channel, faulted, made, promise, receive
from tests.make.house import House, Tenant

CHINESE = {"Accept-Language": "zh-CN"}
CALLER = {"telephone": "+86 138 0000 0000"}


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


@pytest.fixture
async def public(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints") as client:
        yield client


async def explained(client: httpx.AsyncClient, address: str, body: dict[str, Any], expected: tuple[str, str]) -> None:
    """Asserts that one value is refused, in a sentence of either language that says what is expected."""
    english = await client.post(address, json=body)
    chinese = await client.post(address, json=body, headers=CHINESE)
    assert faulted(english) == faulted(chinese) == [expected]
    told = [answer.json()["errors"][0]["detail"] for answer in (english, chinese)]
    assert told[0].isascii(), told
    assert not told[1].isascii(), told
    assert " or " not in told[1], told
    assert told != [OTHER_INPUT.en, OTHER_INPUT.zh]
    assert "^" not in told[0], "a pattern is no sentence"


@pytest.mark.parametrize(
    "text",
    [
        "两天了\n还没有修好\t！",
        "e\u0301 vs é",
        "👩‍👩‍👧‍👦 😡 𠮷野家",
        "\u202eright to left\u202c مرحبا",
        "'; DROP TABLE complaint; --",
        "<script>alert(1)</script>",
        "{receipt} %s %(x)s \\u0000 \\0",
        "x" * 20_000,
    ],
)
async def test_words_come_back_as_they_were_said(lead: httpx.AsyncClient, text: str) -> None:
    received = await receive(lead, words=text)
    assert made(await lead.get(f"/v1/complaints/{received['id']}"))["words"] == text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"words": "x" * 20_001}, ("/words", "string_too_long")),
        ({"words": "a\u0000b"}, ("/words", "control_character")),
        ({"words": "a\u001bb"}, ("/words", "control_character")),
        ({"words": 5}, ("/words", "string_type")),
        ({"words": ["x"]}, ("/words", "string_type")),
        ({"title": ""}, ("/title", "string_too_short")),
        ({"title": "x" * 201}, ("/title", "string_too_long")),
        ({"title": "a\nb"}, ("/title", "control_character")),
        ({"title": "\u200b"}, ("/title", "invisible")),
        ({"parties": [CALLER] * 21}, ("/parties", "too_long")),
        ({"parties": [CALLER | {"telephone": ""}]}, ("/parties/0/telephone", "pattern")),
        ({"parties": [CALLER | {"telephone": "call me"}]}, ("/parties/0/telephone", "pattern")),
        ({"parties": [CALLER, {"email": "nobody"}]}, ("/parties/1/email", "pattern")),
        ({"parties": [{"email": "a\u0000b@c.example"}]}, ("/parties/0/email", "pattern")),
        ({"parties": [{"email": "a\u0085b@c.example"}]}, ("/parties/0/email", "pattern")),
        ({"parties": [{"email": "a@c\ufeff.example"}]}, ("/parties/0/email", "pattern")),
        ({"parties": [{"name": "王\u0000芳"} | CALLER]}, ("/parties/0/name", "control_character")),
        ({"parties": [{"address": "a\u0000"}]}, ("/parties/0/address", "control_character")),
        ({"parties": [{"role": "witness"} | CALLER]}, ("/parties/0/role", "literal_error")),
        ({"parties": [{"wechat": "x"} | CALLER]}, ("/parties/0/wechat", "extra_forbidden")),
        ({"parties": {}}, ("/parties", "list_type")),
        ({"concerns": ["privacy"]}, ("/concerns/0", "literal_error")),
        ({"concerns": ["safety"] * 3}, ("/concerns", "too_long")),
        ({"category": "Outage!"}, ("/category", "pattern")),
        ({"category": "a\u0000"}, ("/category", "pattern")),
        ({"category": "x" * 65}, ("/category", "pattern")),
        ({"channel": "hot\u0000line"}, ("/channel", "pattern")),
        ({"language": "fr"}, ("/language", "literal_error")),
        ({"urgency": "urgent"}, ("/urgency", "literal_error")),
        ({"customer_id": "42"}, ("/customer_id", "uuid_parsing")),
        ({"customer_id": 42}, ("/customer_id", "uuid_type")),
        ({"received_at": "2026-01-01"}, ("/received_at", "timezone_aware")),
        ({"received_at": "2026-13-01T00:00:00Z"}, ("/received_at", "datetime_from_date_parsing")),
        ({"received_at": 0}, ("/received_at", "datetime_parsing")),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, ("/received_at", "out_of_range")),
        ({"received_at": "9999-12-31T23:59:59-14:00"}, ("/received_at", "out_of_range")),
        ({"external_reference": {"system": "x"}}, ("/external_reference/id", "missing")),
        ({"external_reference": {"system": "x", "id": "a b"}}, ("/external_reference/id", "pattern")),
        ({"external_reference": "INC1"}, ("/external_reference", "model_attributes_type")),
        ({"state": "closed"}, ("/state", "extra_forbidden")),
        ({"registered_at": "2026-01-01T00:00:00Z"}, ("/registered_at", "extra_forbidden")),
        ({"a/b~c": 1}, ("/a~1b~0c", "extra_forbidden")),
    ],
)
async def test_a_value_that_is_not_valid_is_named_and_explained(
    lead: httpx.AsyncClient, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    await explained(lead, "/v1/complaints", complaint(**changes), expected)


async def test_all_that_is_not_valid_is_named_at_once(lead: httpx.AsyncClient) -> None:
    body = complaint(title="", urgency="urgent", parties=[{"email": "x"}], colour="red")
    found = {pointer for pointer, _ in faulted(await lead.post("/v1/complaints", json=body))}
    assert found == {"/title", "/urgency", "/parties/0/email", "/colour"}


async def test_what_was_sent_is_not_repeated_in_the_refusal(lead: httpx.AsyncClient) -> None:
    answer = await lead.post("/v1/complaints", json=complaint(parties=[{"telephone": "secret-13900001111"}]))
    assert answer.status_code == 422
    assert "13900001111" not in answer.text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"null", 422),
        (b"[]", 422),
        (b'"words"', 422),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"words": "\\ud800"}', 422),
        (b'{"\\ud800": 1}', 422),
        (b'{"words": NaN}', 422),
        (b"[" * 200_000, 400),
        (b'{"customer_id": ' + b"9" * 10_000 + b"}", 400),
        (b'{"words": "' + b"x" * 1_000_001 + b'"}', 413),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_body_that_is_no_complaint_is_refused_as_such(
    lead: httpx.AsyncClient, content: bytes, status: int, language: str
) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": language}
    answer = await lead.post("/v1/complaints", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == status


@pytest.mark.parametrize(
    "telephone",
    ["13800000000", "+86 138-0000-0000", "010-55550100", "(010) 5555 0100", "+44 (0)20 7946 0958", "010-55550100转12"],
)
async def test_telephone_numbers_are_taken_as_people_write_them(lead: httpx.AsyncClient, telephone: str) -> None:
    received = await receive(lead, parties=[{"telephone": f" {telephone} "}])
    assert received["parties"][0]["telephone"] == telephone


@pytest.mark.parametrize(
    "query", [{"category": "a\u0000"}, {"channel": "\u0000"}, {"customer_id": "x"}, {"state": "lost"}]
)
async def test_a_filter_that_fits_nothing_is_refused(lead: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await lead.get("/v1/complaints", params=query)).status_code == 422


async def test_a_complaint_to_a_provider_that_is_not_there_is_no_fault_of_ours(public: httpx.AsyncClient) -> None:
    for provider in ("nobody", "a%00b"):
        answer = await public.post(f"/v1/public/{provider}/complaints", json=complaint())
        assert answer.status_code in {404, 422, 503}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"telephone": ""}, ("/telephone", "string_too_short")),
        ({"telephone": " "}, ("/telephone", "invisible")),
        ({"telephone": "1" * 201}, ("/telephone", "string_too_long")),
        ({"telephone": "+86 10\u0000"}, ("/telephone", "control_character")),
        ({"hours": "9\n18"}, ("/hours", "control_character")),
        ({"hours": "\u200b"}, ("/hours", "invisible")),
        ({"procedure": "a\u0000b"}, ("/procedure", "control_character")),
        ({"procedure": "x" * 10_001}, ("/procedure", "string_too_long")),
        ({"web_address": "javascript:alert(1)"}, ("/web_address", "url_scheme")),
        ({"web_address": "provider"}, ("/web_address", "url_parsing")),
        ({"web_address": "https://" + "a" * 500 + ".example"}, ("/web_address", "url_too_long")),
        ({"limits": {"acknowledge": 0, "decide": 80}}, ("/limits/acknowledge", "greater_than_equal")),
        ({"limits": {"acknowledge": 8, "decide": 2001}}, ("/limits/decide", "less_than_equal")),
        ({"limits": {"acknowledge": 8, "decide": 10**30}}, ("/limits/decide", "less_than_equal")),
        ({"limits": {"acknowledge": 8}}, ("/limits/decide", "missing")),
        ({"limits": []}, ("/limits", "model_attributes_type")),
        ({"anonymous_allowed": "perhaps"}, ("/anonymous_allowed", "bool_parsing")),
        ({"next_review_on": "31.03.2027"}, ("/next_review_on", "date_from_datetime_parsing")),
        ({"next_review_on": "2027-02-30"}, ("/next_review_on", "date_from_datetime_parsing")),
        ({"valid_from": "2027-01-01T09:00:00"}, ("/valid_from", "timezone_aware")),
        ({"valid_from": 1_800_000_000}, ("/valid_from", "datetime_parsing")),
        ({"valid_from": "1800000000"}, ("/valid_from", "datetime_parsing")),
        ({"state": "published"}, ("/state", "extra_forbidden")),
    ],
)
async def test_a_promise_with_a_value_that_is_not_valid_is_named_and_explained(
    lead: httpx.AsyncClient, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    channel = await create_channel(lead)
    await explained(lead, f"/v1/channels/{channel['id']}/publish", promise(**changes), expected)


@pytest.mark.parametrize("code", ["", "a", "Hotline", "9line", "hot line", "热线", "a" * 40, "a\n", "a\u0000b"])
async def test_a_code_of_another_shape_is_refused_in_words(lead: httpx.AsyncClient, code: str) -> None:
    answer = await lead.post("/v1/channels", json={"code": code, "kind": "web", "name": "Web"})
    assert faulted(answer) == [("/code", "pattern")]
    assert "^" not in answer.text


async def test_a_channel_that_is_named_by_no_uuid_is_refused(lead: httpx.AsyncClient) -> None:
    assert faulted(await lead.get("/v1/channels/hotline")) == [("channel_id", "uuid_parsing")]


@pytest.mark.parametrize("provider", ["nobody", "%00", "a%00b", "x" * 63, "%F0%9F%98%A1", "..%2f", "'; --"])
async def test_a_provider_that_is_not_there_is_no_fault_of_ours(public: httpx.AsyncClient, provider: str) -> None:
    answer = await public.get(f"/v1/public/{provider}/channels")
    assert answer.status_code in {404, 422, 503}
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "9" * 400},
        {"limit": "ten"},
        {"cursor": "x"},
        {"cursor": "\u0000"},
        {"cursor": "😡"},
        {"cursor": "a" * 1001},
        {"sort": "code"},
        {"state": "open"},
        {"state": "\u0000"},
        {"updated_since": "yesterday"},
        {"updated_since": "2027-01-01T09:00:00"},
        {"updated_since": "0001-01-01T00:00:00+14:00"},
        {"updated_since": "9999-12-31T23:59:59-14:00"},
        {"colour": "red"},
    ],
)
async def test_a_list_that_cannot_be_had_is_refused_as_invalid(lead: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await lead.get("/v1/channels", params=query)
    assert answer.status_code == 422, answer.text
