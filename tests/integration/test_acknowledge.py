"""Acknowledgement: the complainant is told that the complaint arrived, and the record keeps what was told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.make.complaints import (
    acknowledge,
    complaint,
    contact,
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
OLD, NEW = {"acknowledge": 8, "decide": 80}, {"acknowledge": 4, "decide": 40}


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


def step_of(received: dict[str, Any]) -> str:
    return f"/v1/complaints/{received['id']}/acknowledge"


async def contact_of(lead: httpx.AsyncClient, complaint_id: str) -> dict[str, Any]:
    """The contact of the last step."""
    found: dict[str, Any] = (await timeline(lead, complaint_id))[-1]["contact"]
    return found


def quoted_of(received: dict[str, Any]) -> dict[str, Any]:
    """What a contact quotes of the promise: as the record had it when it was received."""
    due = {clock: moment(at).isoformat() for clock, at in received["promised_due"].items()}
    kept = {"channel": received["channel"], "channel_version": received["channel_version"], "due": due}
    return kept | {"limits": received["promised"], "calendar": 1}


@pytest.mark.clause("8.2", "8.2-9")
async def test_a_call_in_which_limits_and_number_were_told_acknowledges(lead: httpx.AsyncClient) -> None:
    channel = await open_channel(lead)
    received = await receive(lead, channel="hotline")
    after = await acknowledge(lead, received["id"], words="Told her that we look into it.")
    assert (after["state"], after["version"]) == ("acknowledged", 2)
    assert {"assess", "redirect"} <= {one["step"] for one in after["open_steps"]}
    made_contact = await contact_of(lead, received["id"])
    assert made_contact["method"] == "telephone"
    assert made_contact["told"] == ["limits", "receipt_number"]
    assert made_contact["quoted"] == quoted_of(received)
    assert (made_contact["quoted"]["channel_version"], made_contact["quoted"]["limits"]) == (1, OLD)
    assert made_contact["words"] == "Told her that we look into it."
    assert made_contact["party_id"] == received["parties"][0]["id"]
    assert moment(made_contact["at"]) == moment(after["acknowledged_at"])
    assert channel["published"]["limits"] == OLD


async def test_a_letter_names_its_template(lead: httpx.AsyncClient) -> None:
    received = await receive(lead)
    assert objected(await lead.post(step_of(received), json={"method": "letter"})) == ["template_missing"]
    after = await acknowledge(lead, received["id"], method="letter", template="acknowledgement-v3")
    assert after["state"] == "acknowledged"
    assert (await contact_of(lead, received["id"]))["template"] == "acknowledgement-v3"


@pytest.mark.clause("8.2")
async def test_the_promise_quoted_is_that_of_receipt_whatever_was_published_since(lead: httpx.AsyncClient) -> None:
    channel = await open_channel(lead, limits=OLD)
    received = await receive(lead, channel="hotline")
    await publish_channel(lead, channel["id"], limits=NEW)
    after = await acknowledge(lead, received["id"])
    assert (after["promised"], after["channel_version"]) == (OLD, 1)
    made(await lead.post(f"/v1/channels/{channel['id']}/retire"))
    quoted = (await contact_of(lead, received["id"]))["quoted"]
    assert quoted == quoted_of(received)
    assert made(await lead.get(f"/v1/complaints/{received['id']}"))["promised"] == OLD
    assert (await receive(lead, channel="hotline"))["promised"] == {}


@pytest.mark.parametrize("method", ["telephone", "email"])
async def test_where_nothing_was_promised_no_limits_count_as_told(lead: httpx.AsyncClient, method: str) -> None:
    received = await receive(lead)
    await acknowledge(lead, received["id"], method=method, template="acknowledgement-v3")
    told = await contact_of(lead, received["id"])
    assert (told["told"], told["quoted"]["limits"]) == (["receipt_number"], {})


async def test_a_contact_of_yesterday_is_recorded_at_its_own_time(lead: httpx.AsyncClient) -> None:
    day = timedelta(days=1)
    now = datetime.now(UTC)
    received = await receive(lead, received_at=(now - 2 * day).isoformat())
    after = await acknowledge(lead, received["id"], at=(now - day).isoformat())
    assert moment(after["acknowledged_at"]) == now - day
    entry = (await timeline(lead, received["id"]))[-1]
    assert moment(entry["at"]) >= now, "the step is journalled when it was taken"
    assert moment(entry["contact"]["at"]) == now - day


@pytest.mark.clause("8.2")
@pytest.mark.parametrize(
    ("language", "messages"),
    [
        (
            "en",
            [
                "The contact must lie between receipt and now.",
                "The time limits were not told.",
                "The receipt number was not told.",
            ],
        ),
        ("zh-CN", ["联系时间须在收到投诉之后且不晚于当前时间。", "未告知处理时限。", "未告知受理编号。"]),
    ],
)
async def test_all_that_a_contact_lacks_is_named_at_once(
    lead: httpx.AsyncClient, language: str, messages: list[str]
) -> None:
    await open_channel(lead)
    received = await receive(lead, channel="hotline")
    body = {"method": "visit", "at": "2020-01-01T00:00:00Z"}
    answer = await lead.post(step_of(received), json=body, headers={"Accept-Language": language})
    assert [one["message"] for one in made(answer, 409)["objections"]] == messages
    assert made(await lead.get(f"/v1/complaints/{received['id']}"))["state"] == "received"
    assert len(await timeline(lead, received["id"])) == 1, "a refused step leaves no entry"


async def test_a_complaint_is_acknowledged_once(lead: httpx.AsyncClient) -> None:
    received = await receive(lead)
    await acknowledge(lead, received["id"])
    answer = await lead.post(step_of(received), json=contact(), headers=CHINESE)
    assert made(answer, 409)["objections"] == [
        {"code": "wrong_state", "message": "当前状态为“已告知收悉”；该步骤要求状态为“已登记”。", "clause": "8.2"}
    ]


async def test_of_two_who_acknowledge_at_once_one_does(lead: httpx.AsyncClient) -> None:
    received = await receive(lead)
    answers = await asyncio.gather(*(lead.post(step_of(received), json=contact()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert [entry["version"] for entry in await timeline(lead, received["id"])] == [1, 2]


async def test_a_step_on_a_version_that_is_gone_is_refused(lead: httpx.AsyncClient) -> None:
    received = await receive(lead)
    stale = await lead.post(step_of(received), json=contact(), headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"1"')
    huge = await lead.post(step_of(received), json=contact(), headers={"If-Match": f'"{"9" * 400}"'})
    assert huge.status_code == 412
    fresh = await lead.post(step_of(received), json=contact(), headers={"If-Match": '"1"'})
    assert (fresh.status_code, fresh.headers["ETag"]) == (200, '"2"')


async def test_open_steps_say_what_is_lacking_for_this_caller(
    house: House, tenant: Tenant, lead: httpx.AsyncClient
) -> None:
    received = await receive(lead)
    (step,) = (one for one in received["open_steps"] if one["step"] == "acknowledge")
    assert step["lacks"] == [
        {"code": "contact_not_recorded", "message": "No contact with the complainant is recorded.", "clause": "8.2"}
    ]
    async with house.client("complaints", tenant, "reader") as reader:
        seen = made(await reader.get(f"/v1/complaints/{received['id']}", headers=CHINESE))
        (step,) = (one for one in seen["open_steps"] if one["step"] == "acknowledge")
        assert [(one["code"], one["message"]) for one in step["lacks"]] == [
            ("not_permitted", "您的令牌缺少权限 complaints.complaint.acknowledge。"),
            ("contact_not_recorded", "尚未记录与投诉人的联系。"),
        ]
        refused = await reader.post(step_of(received), json=contact(), headers=CHINESE)
    assert refused.status_code == 403
    assert refused.json()["detail"] == "令牌缺少权限 complaints.complaint.acknowledge。"


async def test_the_contact_was_with_whoever_can_be_reached(lead: httpx.AsyncClient) -> None:
    parties = [
        {"role": "subject", "name": "李雷", "telephone": "010-55550199"},
        {"role": "complainant", "name": "王奶奶"},
        {"role": "representative", "name": "王芳", "telephone": "010-55550100"},
    ]
    received = await receive(lead, parties=parties)
    await acknowledge(lead, received["id"])
    reached = (await contact_of(lead, received["id"]))["party_id"]
    assert [party["name"] for party in received["parties"] if party["id"] == reached] == ["王芳"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"method": "fax"}, ("/method", "literal_error")),
        ({"method": None}, ("/method", "literal_error")),
        ({"at": "2026-01-01T09:00:00"}, ("/at", "timezone_aware")),
        ({"at": 0}, ("/at", "datetime_parsing")),
        ({"template": "Our letter"}, ("/template", "pattern")),
        ({"words": "a\u0000b"}, ("/words", "control_character")),
        ({"words": "x" * 20_001}, ("/words", "string_too_long")),
        ({"told_limits": "perhaps"}, ("/told_limits", "bool_parsing")),
        ({"quoted": {}}, ("/quoted", "extra_forbidden")),
        ({"state": "closed"}, ("/state", "extra_forbidden")),
    ],
)
async def test_a_value_that_is_not_valid_is_named(
    lead: httpx.AsyncClient, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    received = await receive(lead)
    assert faulted(await lead.post(step_of(received), json=contact(**changes))) == [expected]


async def test_a_repeated_request_acknowledges_once_and_answers_the_same(lead: httpx.AsyncClient) -> None:
    received = await receive(lead)
    key = {"Idempotency-Key": "call 17"}
    first, second = [await lead.post(step_of(received), json=contact(), headers=key) for _ in range(2)]
    assert (first.status_code, first.json(), first.headers["ETag"]) == (200, second.json(), second.headers["ETag"])
    assert len(await timeline(lead, received["id"])) == 2


async def test_a_complaint_that_is_not_there_is_not_found(lead: httpx.AsyncClient) -> None:
    answer = await lead.post("/v1/complaints/01a20a14-4089-70b8-afd4-a94f97d8a654/acknowledge", json=contact())
    assert answer.status_code == 404
    assert complaint()["words"] not in answer.text


@pytest.mark.feature("C3")
async def test_an_anonymous_complaint_that_staff_registered_is_acknowledged_by_handing_the_receipt_over(
    house: House, tenant: Tenant
) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        about = {"role": "subject", "name": "李雷", "telephone": "+86 139 0000 0000"}
        registered = await receive(client, anonymous=True, parties=[about])
        assert registered["state"] == "received"
        acknowledged = made(
            await client.post(f"/v1/complaints/{registered['id']}/acknowledge", json={"method": "receipt"})
        )
        contact_made = (await timeline(client, registered["id"]))[1]["contact"]
    assert acknowledged["state"] == "acknowledged"
    assert contact_made["method"] == "receipt"
    complainant = next(one for one in acknowledged["parties"] if one["role"] == "complainant")
    assert contact_made["party_id"] == complainant["id"]


async def test_the_receipt_alone_does_not_tell_somebody_who_can_be_reached(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        registered = await receive(client)
        answer = await client.post(f"/v1/complaints/{registered['id']}/acknowledge", json={"method": "receipt"})
    assert objected(answer) == ["receipt_not_enough"]
