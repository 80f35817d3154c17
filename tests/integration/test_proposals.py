"""Proposed complaints: low answers to surveys, told through the broker, until somebody confirms or dismisses them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from chassis.ids import new_id
from contracts.satisfaction import AnswerLowScored
from tests.make.broker import until_async
from tests.make.complaints import (
    complaint,
    create_channel,
    faulted,
    made,
    moment,
    objected,
    open_channel,
    publish_channel,
)
from tests.make.house import House, Tenant
from tests.make.proposals import HOUR, low_answer, proposals_of, proposed, publish_answers

Json = dict[str, Any]


@pytest.fixture
async def handler(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    token = house.person_token(tenant, new_id(), "complaint_handler")
    async with house.client_of("complaints", token) as client:
        yield client


@pytest.fixture
async def lead(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_lead") as client:
        yield client


async def tasks(client: httpx.AsyncClient, state: str = "open") -> list[tuple[str, str]]:
    """What the caller is asked to do about which record."""
    page = made(await client.get("/v1/services/complaints/tasks", params={"state": state}))
    return [(one["why"], one["record_id"]) for one in page["items"]]


async def journal_of(house: House, proposal: Json) -> list[tuple[str, int]]:
    """The types and versions of what was journalled of a proposed complaint."""
    connection = await asyncpg.connect(house.servers.postgres.dsn("complaints"))
    try:
        query = "SELECT type, version FROM journal WHERE subject = $1 ORDER BY version"
        rows = await connection.fetch(query, proposal["id"])
    finally:
        await connection.close()
    return [(row["type"].removeprefix("complaints.proposed_complaint."), row["version"]) for row in rows]


def confirm(client: httpx.AsyncClient, proposal: Json, **changes: Any) -> Any:
    """The answer to who says that it is a complaint."""
    return client.post(f"/v1/proposed-complaints/{proposal['id']}/confirm", json=complaint(**changes))


def dismiss(client: httpx.AsyncClient, proposal: Json, **changes: Any) -> Any:
    """The answer to who says that it is none."""
    body = {"cause": "no_complaint"} | changes
    return client.post(f"/v1/proposed-complaints/{proposal['id']}/dismiss", json=body)


@pytest.mark.feature("C28")
@pytest.mark.clause("8.2", "8.3")
async def test_an_answer_that_was_scored_low_becomes_one_proposed_complaint(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    answer = low_answer()
    proposal = await proposed(house, tenant, handler, **answer.model_dump())
    told = {name: proposal[name] for name in AnswerLowScored.model_fields}
    assert AnswerLowScored.model_validate(told) == answer
    assert (proposal["state"], proposal["version"], proposal["complaint_id"]) == ("proposed", 1, None)
    lacks = {one["step"]: [lack["code"] for lack in one["lacks"]] for one in proposal["open_steps"]}
    assert lacks == {"confirm": ["complaint_missing"], "dismiss": ["cause_missing"]}
    assert await tasks(handler) == [("confirm_proposed_complaint", proposal["id"])]
    # Another event of the same answer, and one of another that shows that both were dealt with.
    later = low_answer(survey_id=answer.survey_id)
    await publish_answers(house, tenant, answer, later)

    async def both() -> bool:
        return len(await proposals_of(handler, survey_id=str(answer.survey_id))) > 1

    await until_async(both)
    found = await proposals_of(handler, survey_id=str(answer.survey_id))
    assert sorted(one["answer_id"] for one in found) == sorted(map(str, (answer.answer_id, later.answer_id)))


@pytest.mark.feature("C28")
@pytest.mark.clause("8.2")
async def test_a_confirmed_one_is_received_as_a_complaint_on_the_channel_for_surveys(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, lead: httpx.AsyncClient
) -> None:
    channel = await create_channel(lead, "surveys", kind="survey")
    channel = await publish_channel(lead, channel["id"])
    proposal = await proposed(house, tenant, handler, occurred_at=datetime.now(UTC) + HOUR)
    refused = await confirm(handler, proposal, channel="surveys")
    assert objected(refused) == ["received_in_future"]
    since = moment(channel["published"]["valid_from"])
    confirmed = made(await confirm(handler, proposal, channel="surveys", received_at=since.isoformat()))
    assert (confirmed["state"], confirmed["version"], confirmed["open_steps"]) == ("confirmed", 2, [])
    received = made(await handler.get(f"/v1/complaints/{confirmed['complaint_id']}"))
    assert (received["channel"], received["channel_version"]) == ("surveys", 1)
    assert (received["customer_id"], received["received_at"]) == (
        proposal["customer_id"],
        channel["published"]["valid_from"],
    )
    assert received["promised"] == channel["published"]["limits"]
    receipt = {"Receipt-Code": confirmed["receipt_code"]}
    async with house.client("complaints") as anyone:
        address = f"/v1/public/{tenant.slug}/complaints/{confirmed['receipt_number']}"
        assert made(await anyone.get(address, headers=receipt))["state"] == "received"
    assert await tasks(handler) == [("acknowledge_complaint", received["id"])]
    assert await proposals_of(handler, complaint_id=received["id"]) == [
        {
            name: value
            for name, value in confirmed.items()
            if name not in {"open_steps", "receipt_number", "receipt_code"}
        }
    ]
    assert await journal_of(house, proposal) == [("raised.v1", 1), ("confirmed.v1", 2)]


@pytest.mark.feature("C28")
async def test_it_was_received_when_the_survey_was_answered_and_registered_late(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    proposal = await proposed(house, tenant, handler, customer_id=None)
    confirmed = made(await confirm(handler, proposal))
    received = made(await handler.get(f"/v1/complaints/{confirmed['complaint_id']}"))
    assert (received["received_at"], received["channel"]) == (proposal["occurred_at"], "other")
    assert received["registered_late_seconds"] >= HOUR.total_seconds()
    assert received["customer_id"] is None


@pytest.mark.feature("C28")
@pytest.mark.clause("8.2")
async def test_all_that_intake_lacks_is_named_and_nothing_happens(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    proposal = await proposed(house, tenant, handler)
    assert objected(await confirm(handler, proposal, words=None, parties=[])) == ["contact_missing", "words_missing"]
    assert made(await handler.get(f"/v1/proposed-complaints/{proposal['id']}")) == proposal
    assert made(await handler.get("/v1/complaints"))["items"] == []
    assert await tasks(handler) == [("confirm_proposed_complaint", proposal["id"])]


@pytest.mark.parametrize(("channel", "code"), [("hotline", "channel_not_for_surveys"), ("nowhere", "unknown_channel")])
async def test_a_channel_of_another_kind_is_refused(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, lead: httpx.AsyncClient, channel: str, code: str
) -> None:
    await open_channel(lead, "hotline")
    proposal = await proposed(house, tenant, handler)
    assert faulted(await confirm(handler, proposal, channel=channel)) == [("/channel", code)]


@pytest.mark.feature("C28")
async def test_a_dismissed_one_keeps_its_reason_and_leads_to_no_complaint(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    proposal = await proposed(house, tenant, handler)
    assert faulted(await dismiss(handler, proposal, cause="bored")) == [("/cause", "literal_error")]
    dismissed = made(await dismiss(handler, proposal, cause="complained_already"))
    assert (dismissed["state"], dismissed["cause"], dismissed["complaint_id"]) == (
        "dismissed",
        "complained_already",
        None,
    )
    assert await tasks(handler) == []
    assert await tasks(handler, "done") == [("confirm_proposed_complaint", proposal["id"])]
    assert made(await handler.get("/v1/complaints"))["items"] == []
    assert await journal_of(house, proposal) == [("raised.v1", 1), ("dismissed.v1", 2)]
    for again in (await confirm(handler, proposal), await dismiss(handler, proposal)):
        assert objected(again) == ["wrong_state"]


async def test_a_step_at_an_older_version_and_one_that_is_repeated_change_nothing_more(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    proposal = await proposed(house, tenant, handler)
    address = f"/v1/proposed-complaints/{proposal['id']}/confirm"
    stale = await handler.post(address, json=complaint(), headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    once = {"Idempotency-Key": str(new_id()), "If-Match": '"1"'}
    first, again = [await handler.post(address, json=complaint(), headers=once) for _ in range(2)]
    assert made(first) == made(again)
    assert len(made(await handler.get("/v1/complaints"))["items"]) == 1


async def test_they_are_listed_by_state_and_customer_and_paged(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    customer, now = new_id(), datetime.now(UTC)
    ages = [timedelta(hours=age) for age in (3, 2, 1)]
    whole = [await proposed(house, tenant, handler, customer_id=customer, occurred_at=now - age) for age in ages]
    made(await dismiss(handler, whole[1]))
    assert [one["id"] for one in await proposals_of(handler, state="proposed", sort="occurred_at")] == [
        whole[0]["id"],
        whole[2]["id"],
    ]
    query: dict[str, Any] = {"customer_id": str(customer), "limit": 2}
    page = made(await handler.get("/v1/proposed-complaints", params=query))
    rest = made(await handler.get("/v1/proposed-complaints", params=query | {"cursor": page["next"]}))
    assert [one["id"] for one in page["items"] + rest["items"]] == [one["id"] for one in reversed(whole)]
    assert rest["next"] is None
    assert await proposals_of(handler, customer_id=str(new_id())) == []


async def test_a_reader_sees_them_and_takes_no_step(house: House, tenant: Tenant, handler: httpx.AsyncClient) -> None:
    proposal = await proposed(house, tenant, handler)
    async with house.client("complaints", tenant, "reader") as reader:
        assert [one["id"] for one in await proposals_of(reader)] == [proposal["id"]]
        assert (await confirm(reader, proposal)).status_code == 403
        assert (await dismiss(reader, proposal)).status_code == 403
