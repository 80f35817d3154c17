"""Tracking: whoever holds a receipt and its code sees what has become of the complaint, and nothing more."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.make.complaints import (
    SetClock,
    acknowledge,
    complain,
    complaints_by,
    faulted,
    made,
    open_channel,
)
from tests.make.house import House, Tenant

WRONG = "ZZZZZZZZZZ"


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


@pytest.fixture
async def public(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints") as client:
        yield client


async def track(
    client: httpx.AsyncClient, tenant: Tenant, number: str, code: str, language: str = "en"
) -> httpx.Response:
    """The answer to a try with a receipt number and a code, both as somebody typed them."""
    address = f"/v1/public/{tenant.slug}/complaints/{number}"
    sent = {"Receipt-Code": code, "Accept-Language": language}
    return await client.get(address, headers={name.encode(): value.encode() for name, value in sent.items()})


def without_trace(response: httpx.Response) -> dict[str, Any]:
    """A problem document without what differs from request to request."""
    return {name: value for name, value in response.json().items() if name not in {"trace_id", "instance"}}


@pytest.mark.feature("C4")
async def test_a_receipt_and_its_code_show_state_limits_and_next_step_only(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    await open_channel(lead, "web")
    receipt = await complain(public, tenant, channel="web", title="Portal down", concerns=["security"])
    seen = made(await track(public, tenant, receipt["receipt_number"], receipt["receipt_code"]))
    assert seen == {
        "receipt_number": receipt["receipt_number"],
        "state": "received",
        "state_title": "registered",
        "received_at": receipt["received_at"],
        "acknowledged_at": None,
        "promised": {"acknowledge": 8, "decide": 80},
        "promised_due": receipt["promised_due"],
        "next_step": "We will tell you that your complaint has arrived.",
        "mailbox": [],
        "awaits": None,
        "objection_until": None,
    }


@pytest.mark.feature("C4")
async def test_what_the_provider_does_is_seen_at_once_in_either_language(
    lead: httpx.AsyncClient, public: httpx.AsyncClient, tenant: Tenant
) -> None:
    receipt = await complain(public, tenant)
    (found,) = made(await lead.get("/v1/complaints"))["items"]
    acknowledged = await acknowledge(lead, found["id"])
    number, code = receipt["receipt_number"], receipt["receipt_code"]
    english = made(await track(public, tenant, number, code, "en-GB, zh;q=0.5"))
    chinese = made(await track(public, tenant, number, code, "zh-Hans-CN, en;q=0.9"))
    assert english["acknowledged_at"] == chinese["acknowledged_at"] == acknowledged["acknowledged_at"]
    assert (english["state_title"], english["next_step"]) == ("acknowledged", "We will assess your complaint.")
    assert (chinese["state_title"], chinese["next_step"]) == ("已告知收悉", "我们将评估您的投诉。")


@pytest.mark.feature("C4")
async def test_a_wrong_code_and_an_unknown_receipt_look_the_same(public: httpx.AsyncClient, tenant: Tenant) -> None:
    receipt = await complain(public, tenant)
    wrong = await track(public, tenant, receipt["receipt_number"], WRONG)
    unknown = await track(public, tenant, "26-0000000000", WRONG)
    assert wrong.status_code == unknown.status_code == 404
    assert without_trace(wrong) == without_trace(unknown)
    assert wrong.json()["detail"] == "There is no complaint with this receipt number and code."
    chinese = await track(public, tenant, receipt["receipt_number"], WRONG, "zh-CN")
    assert chinese.json()["detail"] == "没有与该受理编号和查询码相符的投诉。"


async def test_a_receipt_opens_nothing_at_another_provider(
    public: httpx.AsyncClient, tenant: Tenant, other_tenant: Tenant
) -> None:
    receipt = await complain(public, tenant)
    elsewhere = await track(public, other_tenant, receipt["receipt_number"], receipt["receipt_code"])
    assert elsewhere.status_code == 404


@pytest.mark.feature("C4")
@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_after_five_wrong_codes_the_right_one_is_refused_too(
    public: httpx.AsyncClient, tenant: Tenant, language: str
) -> None:
    receipt = await complain(public, tenant)
    number = receipt["receipt_number"]
    for _ in range(5):
        assert (await track(public, tenant, number, WRONG)).status_code == 404
    refused = await track(public, tenant, number, receipt["receipt_code"], language)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert refused.json()["detail"].isascii() == (language == "en")


@pytest.mark.feature("C4")
async def test_an_hour_after_the_first_try_the_right_code_opens_again(house: House, tenant: Tenant) -> None:
    clock = SetClock(datetime.now(UTC) - timedelta(hours=2))
    async with complaints_by(house, clock) as past, past.client("complaints") as public:
        receipt = await complain(public, tenant)
        number, code = receipt["receipt_number"], receipt["receipt_code"]
        for _ in range(5):
            await track(public, tenant, number, WRONG)
        clock.forward(timedelta(minutes=59))
        refused = await track(public, tenant, number, code)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        clock.forward(timedelta(minutes=1, seconds=1))
        assert (await track(public, tenant, number, code)).status_code == 200


@pytest.mark.feature("C4")
async def test_a_right_code_forgets_the_wrong_ones(public: httpx.AsyncClient, tenant: Tenant) -> None:
    receipt = await complain(public, tenant)
    number, code = receipt["receipt_number"], receipt["receipt_code"]
    for _ in range(3):
        for _ in range(4):
            assert (await track(public, tenant, number, WRONG)).status_code == 404
        assert (await track(public, tenant, number, code)).status_code == 200


async def test_tries_at_one_receipt_do_not_close_another(public: httpx.AsyncClient, tenant: Tenant) -> None:
    closed, other = await complain(public, tenant), await complain(public, tenant)
    for _ in range(6):
        last = await track(public, tenant, closed["receipt_number"], WRONG)
    assert last.status_code == 429
    assert (await track(public, tenant, other["receipt_number"], other["receipt_code"])).status_code == 200


async def test_spelling_a_receipt_differently_wins_no_further_tries(public: httpx.AsyncClient, tenant: Tenant) -> None:
    number = (await complain(public, tenant))["receipt_number"]
    spellings = [
        number,
        number.lower(),
        number.replace("-", ""),
        f" {number} ",
        number.replace("-", "--"),
        f"{number}-",
    ]
    statuses = [(await track(public, tenant, spelling, WRONG)).status_code for spelling in spellings]
    assert statuses == [404] * 5 + [429]


async def test_tries_at_once_count_one_by_one(public: httpx.AsyncClient, tenant: Tenant) -> None:
    number = (await complain(public, tenant))["receipt_number"]
    answers = await asyncio.gather(*(track(public, tenant, number, WRONG) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [404] * 5 + [429] * 3


@pytest.mark.feature("C4")
@pytest.mark.parametrize(
    "typed",
    [
        "01AKZ-01AKZ",
        "01akz01akz",
        "OIAKZ OIAKZ",
        "olakz-olakz",
        "0 1 A K Z 0 1 A K Z",
    ],
)
async def test_a_code_is_understood_however_it_was_typed(
    public: httpx.AsyncClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr("services.complaints.complaints.actions.new_code", lambda: "01AKZ01AKZ")
    receipt = await complain(public, tenant)
    number = receipt["receipt_number"]
    misheard = number.replace("0", "O").replace("1", "l")
    full_width = "".join(chr(ord(character) + 0xFEE0) for character in number)  # as Chinese input methods write
    dash = number.replace("-", "–")
    for spelling in (number, number.lower(), number.replace("-", ""), misheard, full_width, dash):
        assert (await track(public, tenant, spelling, typed)).status_code == 200
    near = await track(public, tenant, number, "01AKZ01AKY")
    assert near.status_code == 404


@pytest.mark.parametrize("code", ["", " ", "-", "😡", "' OR 1=1", "%", "0" * 40])
async def test_a_code_of_any_other_shape_is_only_wrong(public: httpx.AsyncClient, tenant: Tenant, code: str) -> None:
    number = (await complain(public, tenant))["receipt_number"]
    assert (await track(public, tenant, number, code)).status_code == 404


@pytest.mark.parametrize("number", ["-", "%00", "26%00", "%F0%9F%98%A1", "x" * 40, "%2e%2e", "26-%27--"])
async def test_a_receipt_of_any_other_shape_is_only_unknown(
    public: httpx.AsyncClient, tenant: Tenant, number: str
) -> None:
    assert (await track(public, tenant, number, WRONG)).status_code == 404


async def test_a_code_is_needed_and_has_an_end(public: httpx.AsyncClient, tenant: Tenant) -> None:
    number = (await complain(public, tenant))["receipt_number"]
    address = f"/v1/public/{tenant.slug}/complaints/{number}"
    assert faulted(await public.get(address)) == [("receipt-code", "missing")]
    assert faulted(await track(public, tenant, number, "0" * 41)) == [("receipt-code", "string_too_long")]
    assert faulted(await track(public, tenant, "0" * 41, WRONG)) == [("receipt", "string_too_long")]


async def test_nobody_keeps_what_tracking_shows(public: httpx.AsyncClient, tenant: Tenant) -> None:
    receipt = await complain(public, tenant)
    answer = await track(public, tenant, receipt["receipt_number"], receipt["receipt_code"])
    assert answer.headers["Cache-Control"] == "no-store"
