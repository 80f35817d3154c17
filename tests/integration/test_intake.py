"""Intake: complaints reach the provider over any channel, by staff or by anyone."""

import asyncio
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


@pytest.mark.parametrize(
    ("language", "said"), [("en", "There is no channel with this code."), ("zh-CN", "没有使用该代码的渠道。")]
)
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
        "receipt_number", "receipt_code", "state", "received_at", "channel", "channel_version", "promised",
        "privacy_notice", "next_step",
        "promised_due",
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
    assert {name: contact["quoted"][name] for name in ("channel", "channel_version", "limits", "calendar")} == {
        "channel": "web", "channel_version": 1, "limits": {"acknowledge": 8, "decide": 80}, "calendar": 1,
    }  # fmt: skip
    due = {clock: moment(at) for clock, at in contact["quoted"]["due"].items()}
    assert due == {clock: moment(at) for clock, at in receipt["promised_due"].items()}


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


async def test_the_public_stays_anonymous_only_where_a_channel_says_so(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    nameless = complaint(anonymous=True, parties=[])
    answer = await public.post(f"/v1/public/{tenant.slug}/complaints", json=nameless)
    assert objected(answer) == ["anonymous_not_allowed"]
    assert (await receive(lead, anonymous=True, parties=[]))["channel"] == "other"  # a letter without a sender


async def test_an_anonymous_complaint_keeps_no_name(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    await open_channel(lead, "web", anonymous_allowed=True)
    named = complaint(channel="web", anonymous=True)
    answer = await public.post(f"/v1/public/{tenant.slug}/complaints", json=named)
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
    await open_channel(lead, "web", anonymous_allowed=True)
    await complain(public, tenant, channel="web", anonymous=True, parties=[{"role": "subject", "name": "李雷"}])
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
