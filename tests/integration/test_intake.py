"""Intake: complaints reach the provider over any channel, by staff or by anyone."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.complaints.complaints.rules import PRIORITIES
from tests.make.complaints import (
    SetClock,
    complain,
    complaint,
    complaints_by,
    create_channel,
    faulted,
    made,
    moment,
    objected,
    open_channel,
    publish_channel,
    receive,
    timeline,
)
from tests.make.house import House, Tenant

CHINESE = {"Accept-Language": "zh-CN"}
DAY = timedelta(days=1)
CALLER = {"telephone": "+86 138 0000 0000"}


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


@pytest.fixture
async def public(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints") as client:
        yield client


async def all_complaints(lead: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = made(await lead.get("/v1/complaints"))["items"]
    return items


@pytest.mark.feature("C2")
@pytest.mark.clause("8.2")
async def test_staff_register_a_complaint_and_find_it_whole(lead: httpx.AsyncClient) -> None:
    body = complaint(title="Portal down", category="outage", urgency="high", impact="low", language="en")
    answer = await lead.post("/v1/complaints", json=body)
    whole = made(answer, 201)
    code = whole.pop("receipt_code")
    assert len(code) == 10
    found = await lead.get(answer.headers["Location"])
    assert made(found) == whole
    assert found.headers["ETag"] == answer.headers["ETag"] == '"1"'
    kept = {name: whole[name] for name in ("words", "title", "category", "urgency", "impact", "language")}
    assert kept == {name: body[name] for name in kept}
    (party,) = whole["parties"]
    assert (party["role"], party["name"], party["telephone"]) == ("complainant", "王芳", "+86 138 0000 0000")
    assert (whole["state"], whole["customer_id"], whole["acknowledged_at"]) == ("received", None, None)


@pytest.mark.feature("C2")
@pytest.mark.parametrize("kind", ["telephone", "web", "email", "letter", "visit", "wechat", "authority", "api"])
async def test_staff_register_what_came_over_any_kind_of_channel(lead: httpx.AsyncClient, kind: str) -> None:
    channel = await create_channel(lead, f"by-{kind}", kind=kind)
    await publish_channel(lead, channel["id"], limits={"acknowledge": 4, "decide": 40})
    received = await receive(lead, channel=f"by-{kind}")
    told = (received["channel"], received["channel_id"], received["channel_version"], received["promised"])
    assert told == (f"by-{kind}", channel["id"], 1, {"acknowledge": 4, "decide": 40})


@pytest.mark.feature("C2")
async def test_receipt_and_registration_are_two_times_and_the_delay_is_computed(lead: httpx.AsyncClient) -> None:
    at = datetime.now(UTC) - timedelta(days=3, seconds=5)
    local = at.astimezone(datetime.strptime("+0800", "%z").tzinfo)
    received = await receive(lead, received_at=local.isoformat())
    assert moment(received["received_at"]) == at
    (registered,) = await timeline(lead, received["id"])
    for told in (received["received_at"], registered["data"]["received_at"]):
        assert told.endswith("Z"), "times go out in UTC"
    delay = moment(received["registered_at"]) - at
    assert received["registered_late_seconds"] == int(delay.total_seconds()) >= 3 * 24 * 3600 + 5


async def test_a_complaint_registered_as_it_comes_is_not_late(lead: httpx.AsyncClient) -> None:
    received = await receive(lead)
    assert received["received_at"] == received["registered_at"]
    assert received["registered_late_seconds"] == 0


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_nothing_was_received_in_the_future(lead: httpx.AsyncClient, at: str) -> None:
    answer = await lead.post("/v1/complaints", json=complaint(received_at=at), headers=CHINESE)
    assert made(answer, 409)["objections"] == [
        {"code": "received_in_future", "message": "收到时间不得晚于当前时间。", "clause": "8.2"}
    ]


@pytest.mark.parametrize("at", ["0202-03-01T00:00:00Z", "0001-01-01T00:00:00Z"])
async def test_a_year_that_is_a_slip_of_the_pen_is_refused(lead: httpx.AsyncClient, at: str) -> None:
    assert objected(await lead.post("/v1/complaints", json=complaint(received_at=at))) == ["received_too_early"]


@pytest.mark.feature("C2")
async def test_the_built_in_channel_is_there_without_being_drawn_up_and_promises_nothing(
    lead: httpx.AsyncClient,
) -> None:
    for received in (await receive(lead), await receive(lead, channel="other")):
        told = (received["channel"], received["channel_id"], received["channel_version"], received["promised"])
        assert told == ("other", None, None, {})


@pytest.mark.parametrize(("language", "said"), [("en", "There is no channel fax."), ("zh-CN", "没有渠道 fax。")])
async def test_a_channel_that_was_never_drawn_up_is_invalid(lead: httpx.AsyncClient, language: str, said: str) -> None:
    body = complaint(channel="fax")
    answer = await lead.post("/v1/complaints", json=body, headers={"Accept-Language": language})
    assert faulted(answer) == [("/channel", "unknown_channel")]
    assert answer.json()["errors"][0]["detail"] == said


async def test_a_channel_of_another_provider_is_unknown(
    house: House, lead: httpx.AsyncClient, public: httpx.AsyncClient, other_tenant: Tenant
) -> None:
    await open_channel(lead, "hotline")
    answer = await public.post(f"/v1/public/{other_tenant.slug}/complaints", json=complaint(channel="hotline"))
    assert faulted(answer) == [("/channel", "unknown_channel")]


@pytest.mark.feature("C2")
async def test_the_version_that_held_at_receipt_counts_not_the_one_at_registration(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    clock = SetClock(datetime.now(UTC) - 30 * DAY)
    async with complaints_by(house, clock) as past, past.client("complaints", tenant, "complaint_lead") as then:
        channel = await open_channel(then, limits={"acknowledge": 8, "decide": 80})
    first = clock.now
    await publish_channel(lead, channel["id"], limits={"acknowledge": 4, "decide": 40})

    async def version(at: datetime | None) -> int | None:
        given = {} if at is None else {"received_at": at.isoformat()}
        received = await receive(lead, channel="hotline", **given)
        assert (received["channel"] == "other") == (received["channel_version"] is None)
        number: int | None = received["channel_version"]
        return number

    assert await version(first - timedelta(microseconds=1)) is None, "nothing was promised yet"
    assert await version(first) == 1
    assert await version(first + DAY) == 1
    assert await version(None) == 2


@pytest.mark.feature("C2")
async def test_a_channel_that_is_not_published_falls_back_to_the_built_in_one(lead: httpx.AsyncClient) -> None:
    await create_channel(lead, "drafted")
    retired = await open_channel(lead, "retired")
    made(await lead.post(f"/v1/channels/{retired['id']}/retire"))
    for code in ("drafted", "retired"):
        received = await receive(lead, channel=code)
        assert (received["channel"], received["channel_version"], received["promised"]) == ("other", None, {})


async def test_a_channel_retired_before_its_next_version_promises_nothing_more(lead: httpx.AsyncClient) -> None:
    channel = await open_channel(lead)
    await publish_channel(lead, channel["id"], valid_from=(datetime.now(UTC) + DAY).isoformat())
    made(await lead.post(f"/v1/channels/{channel['id']}/retire"))
    assert (await receive(lead, channel="hotline"))["channel"] == "other"


@pytest.mark.feature("C3")
async def test_anybody_complains_without_a_login_and_takes_a_receipt_away(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    await open_channel(lead, "web")
    receipt = await complain(public, tenant, channel="web", category="outage")
    assert receipt.keys() == {
        "receipt_number", "receipt_code", "state", "received_at", "channel", "channel_version", "promised", "next_step",
    }  # fmt: skip
    assert (receipt["state"], receipt["channel_version"]) == ("received", 1)
    assert receipt["promised"] == {"acknowledge": 8, "decide": 80}
    (found,) = await all_complaints(lead)
    assert (found["receipt_number"], found["category"]) == (receipt["receipt_number"], "outage")
    whole = made(await lead.get(f"/v1/complaints/{found['id']}"))
    assert (whole["registered_by"], whole["words"]) == ("public", complaint()["words"])


async def test_a_receipt_says_where_it_is_followed(public: httpx.AsyncClient, tenant: Tenant) -> None:
    answer = await public.post(f"/v1/public/{tenant.slug}/complaints", json=complaint())
    receipt = made(answer, 201)
    followed = await public.get(answer.headers["Location"], headers={"Receipt-Code": receipt["receipt_code"]})
    assert made(followed)["receipt_number"] == receipt["receipt_number"]


@pytest.mark.feature("C3")
async def test_an_anonymous_complaint_is_acknowledged_at_once_by_its_receipt(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    await open_channel(lead, "web", anonymous_allowed=True)
    receipt = await complain(public, tenant, channel="web", anonymous=True, parties=[])
    assert receipt["state"] == "acknowledged"
    (found,) = await all_complaints(lead)
    assert (found["anonymous"], found["acknowledged_at"], found["version"]) == (True, found["registered_at"], 2)
    first, second = await timeline(lead, found["id"])
    assert first["type"] == "complaints.complaint.received.v1"
    assert first["data"]["state"] == "received"
    assert second["type"] == "complaints.complaint.acknowledged.v1"
    contact = second["contact"]
    assert (contact["method"], contact["told"]) == ("receipt", ["limits", "receipt_number"])
    assert contact["quoted"] == {
        "channel": "web", "channel_version": 1, "limits": {"acknowledge": 8, "decide": 80},
    }  # fmt: skip


@pytest.mark.feature("C3")
async def test_an_anonymous_complaint_is_refused_where_the_channel_does_not_allow_it(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    await open_channel(lead, "hotline", anonymous_allowed=False)
    body = complaint(channel="hotline", anonymous=True, parties=[])
    answer = await public.post(f"/v1/public/{tenant.slug}/complaints", json=body, headers=CHINESE)
    assert [one["message"] for one in made(answer, 409)["objections"]] == ["该渠道不受理匿名投诉。"]
    assert objected(await lead.post("/v1/complaints", json=body)) == ["anonymous_not_allowed"]
    assert await all_complaints(lead) == []


async def test_an_anonymous_complaint_keeps_no_name(public: httpx.AsyncClient, tenant: Tenant) -> None:
    answer = await public.post(f"/v1/public/{tenant.slug}/complaints", json=complaint(anonymous=True))
    assert objected(answer) == ["anonymous_but_named"]


async def test_words_are_kept_with_who_complains_not_with_whom_it_is_about(lead: httpx.AsyncClient) -> None:
    about = {"role": "subject", "name": "李雷"}
    speaker = {"role": "representative", "name": "赵律师", "telephone": "010-55550100"}
    for parties, roles in (
        ([about, speaker, {"name": "王芳"}], ["complainant", "representative", "subject"]),
        ([about, {"name": "王芳"} | CALLER], ["complainant", "subject"]),
        ([about, speaker], ["representative", "subject"]),
    ):
        received = await receive(lead, parties=parties)
        assert [party["role"] for party in received["parties"]] == roles
        assert received["words"] == complaint()["words"]


async def test_an_anonymous_complaint_about_a_person_is_not_that_persons(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    await complain(public, tenant, anonymous=True, parties=[{"role": "subject", "name": "李雷"}])
    (found,) = await all_complaints(lead)
    whole = made(await lead.get(f"/v1/complaints/{found['id']}"))
    nobody, about = whole["parties"]
    assert (nobody["role"], nobody["name"], about["role"], about["name"]) == ("complainant", None, "subject", "李雷")
    acknowledged = (await timeline(lead, found["id"]))[1]
    assert acknowledged["contact"]["party_id"] == nobody["id"]


@pytest.mark.feature("C2")
@pytest.mark.parametrize(("impact", "urgency"), sorted(PRIORITIES))
async def test_priority_follows_from_impact_and_urgency(lead: httpx.AsyncClient, impact: str, urgency: str) -> None:
    received = await receive(lead, impact=impact, urgency=urgency)
    assert received["priority"] == PRIORITIES[impact, urgency]  # type: ignore[index]


async def test_staff_may_set_the_priority_and_the_public_may_not(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    assert (await receive(lead))["priority"] == "moderate"
    assert (await receive(lead, priority="critical"))["priority"] == "critical"
    body = complaint(priority="critical", received_at="2026-01-01T00:00:00Z", impact="high", urgency="high")
    answer = await public.post(f"/v1/public/{tenant.slug}/complaints", json=body)
    refused = {(f"/{name}", "extra_forbidden") for name in ("priority", "received_at", "impact", "urgency")}
    assert set(faulted(answer)) == refused


async def test_concerns_are_a_set(lead: httpx.AsyncClient) -> None:
    assert (await receive(lead, concerns=["security", "safety"]))["concerns"] == ["safety", "security"]
    assert (await receive(lead, concerns=["safety", "safety"]))["concerns"] == ["safety"]


@pytest.mark.feature("C2")
@pytest.mark.parametrize(("language", "said"), [("en", "external reference"), ("zh-CN", "外部编号")])
async def test_one_external_reference_has_one_complaint(
    house: House, lead: httpx.AsyncClient, other_tenant: Tenant, language: str, said: str
) -> None:
    reference = {"system": "servicenow", "id": "INC0000045"}
    assert (await receive(lead, external_reference=reference))["external_reference"] == reference
    again = await lead.post(
        "/v1/complaints", json=complaint(external_reference=reference), headers={"Accept-Language": language}
    )
    document = made(again, 409)
    assert document["type"] == "urn:surety:problem:conflict"
    assert said in document["detail"]
    await receive(lead, external_reference=reference | {"system": "hotline-12345"})
    async with house.client("complaints", other_tenant, "complaint_handler") as other:
        await receive(other, external_reference=reference)
    assert len(await all_complaints(lead)) == 2


async def test_of_many_that_bring_one_external_reference_at_once_one_is_registered(lead: httpx.AsyncClient) -> None:
    body = complaint(external_reference={"system": "servicenow", "id": "INC1"})
    answers = await asyncio.gather(*(lead.post("/v1/complaints", json=body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert len(await all_complaints(lead)) == 1


async def test_a_repeated_request_registers_once_and_shows_the_same_code(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    address = f"/v1/public/{tenant.slug}/complaints"
    first, second = [await public.post(address, json=complaint(), headers=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first.headers["Location"] == second.headers["Location"]
    assert len(await all_complaints(lead)) == 1


@pytest.mark.feature("C2")
@pytest.mark.parametrize(
    ("language", "messages"),
    [
        (
            "en",
            [
                "Somebody must be reachable by telephone, e-mail or post, or the complaint be anonymous.",
                "What the complaint is about is missing.",
            ],
        ),
        ("zh-CN", ["须留有联系方式（电话、电子邮件或通信地址），或以匿名方式投诉。", "缺少投诉内容。"]),
    ],
)
async def test_missing_contact_and_missing_words_are_refused_together(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant, language: str, messages: list[str]
) -> None:
    for client, address in ((lead, "/v1/complaints"), (public, f"/v1/public/{tenant.slug}/complaints")):
        answer = await client.post(address, json={}, headers={"Accept-Language": language})
        assert [one["message"] for one in made(answer, 409)["objections"]] == messages


@pytest.mark.parametrize("words", ["", " \n\t ", "\u3000", "\u200b"])
async def test_words_that_show_nothing_are_missing_words(lead: httpx.AsyncClient, words: str) -> None:
    assert objected(await lead.post("/v1/complaints", json=complaint(words=words))) == ["words_missing"]


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
        ({"received_at": "0001-01-01T00:00:00+14:00"}, ("/received_at", "datetime_parsing")),
        ({"received_at": "9999-12-31T23:59:59-14:00"}, ("/received_at", "datetime_parsing")),
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
    english = await lead.post("/v1/complaints", json=complaint(**changes))
    chinese = await lead.post("/v1/complaints", json=complaint(**changes), headers=CHINESE)
    assert faulted(english) == faulted(chinese) == [expected]
    told = [answer.json()["errors"][0]["detail"] for answer in (english, chinese)]
    assert told[0].isascii(), told
    assert not told[1].isascii(), told
    assert " or " not in told[1]
    assert told != ["This value is not valid.", "此值无效。"]
    assert "^" not in told[0], "a pattern is no sentence"


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
    ("query", "found"),
    [
        ({}, 3),
        ({"state": "received"}, 3),
        ({"state": "acknowledged"}, 0),
        ({"category": "outage"}, 1),
        ({"priority": "critical"}, 1),
        ({"channel": "other"}, 3),
        ({"channel": "hotline"}, 0),
        ({"customer_id": "01a20a14-4089-70b8-afd4-a94f97d8a654"}, 1),
    ],
)
async def test_complaints_are_listed_by_what_they_are(
    lead: httpx.AsyncClient, query: dict[str, str], found: int
) -> None:
    await receive(lead, category="outage")
    await receive(lead, priority="critical")
    await receive(lead, customer_id="01a20a14-4089-70b8-afd4-a94f97d8a654")
    page = made(await lead.get("/v1/complaints", params=query))
    assert len(page["items"]) == found
    assert not {"words", "title", "parties", "receipt_code"} & {name for item in page["items"] for name in item}


async def test_complaints_are_paged_by_their_receipt_with_none_lost_or_repeated(lead: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    for days in (3, 1, 4, 1, 5):
        await receive(lead, received_at=(now - days * DAY).isoformat())
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = made(await lead.get("/v1/complaints", params=query))
        seen += page["items"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert [int((now - moment(one["received_at"])) / DAY + 0.5) for one in seen] == [1, 1, 3, 4, 5]
    assert len({one["id"] for one in seen}) == 5


@pytest.mark.parametrize(
    "query", [{"category": "a\u0000"}, {"channel": "\u0000"}, {"customer_id": "x"}, {"state": "closed"}]
)
async def test_a_filter_that_fits_nothing_is_refused(lead: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await lead.get("/v1/complaints", params=query)).status_code == 422


async def test_another_provider_finds_no_complaint(house: House, lead: httpx.AsyncClient, other_tenant: Tenant) -> None:
    received = await receive(lead)
    async with house.client("complaints", other_tenant, "administrator") as other:
        address = f"/v1/complaints/{received['id']}"
        assert (await other.get(address)).status_code == 404
        assert (await other.get(f"{address}/timeline")).status_code == 404
        assert (await other.post(f"{address}/acknowledge", json={"method": "telephone"})).status_code == 404
        assert await all_complaints(other) == []


async def test_staff_may_register_but_not_read(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "staff") as staff:
        received = await receive(staff)
        assert (await staff.get("/v1/complaints")).status_code == 403
        assert (await staff.get(f"/v1/complaints/{received['id']}")).status_code == 403
    async with house.client("complaints", tenant, "reader") as reader:
        assert (await reader.post("/v1/complaints", json=complaint())).status_code == 403
        assert made(await reader.get(f"/v1/complaints/{received['id']}"))["words"] == complaint()["words"]


async def test_a_complaint_to_a_provider_that_is_not_there_is_no_fault_of_ours(public: httpx.AsyncClient) -> None:
    for provider in ("nobody", "a%00b"):
        answer = await public.post(f"/v1/public/{provider}/complaints", json=complaint())
        assert answer.status_code in {404, 422, 503}
