"""Idempotency-Key: one effect, and the first answer again."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.clock import utc_now
from tests.make.complaints import SetClock, complaint, complaints_by, faulted, made
from tests.make.house import House, Tenant


async def count(house: House, tenant: Tenant) -> int:
    async with house.client("complaints", tenant, "reader") as client:
        return len(made(await client.get("/v1/complaints"))["items"])


async def test_a_repeated_request_gets_the_first_answer_and_has_no_second_effect(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        key = {"Idempotency-Key": "case 4711"}
        first = await client.post("/v1/complaints", json=complaint(), headers=key)
        again = await client.post("/v1/complaints", json=complaint(), headers=key)
    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await count(house, tenant) == 1


async def test_a_key_used_for_another_request_is_refused(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        key = {"Idempotency-Key": "k"}
        made(await client.post("/v1/complaints", json=complaint(), headers=key), 201)
        other = await client.post("/v1/complaints", json=complaint(words="Another one."), headers=key)
    assert made(other, 422)["type"] == "urn:surety:problem:key_reused"
    assert await count(house, tenant) == 1


async def test_the_same_key_of_another_caller_is_another_key(house: House, tenant: Tenant) -> None:
    for _ in range(2):  # each client has an id of its own
        async with house.client("complaints", tenant, "complaint_handler") as client:
            made(await client.post("/v1/complaints", json=complaint(), headers={"Idempotency-Key": "k"}), 201)
    assert await count(house, tenant) == 2


async def test_simultaneous_repeats_have_one_effect(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        key = {"Idempotency-Key": "k"}
        answers = await asyncio.gather(
            *(client.post("/v1/complaints", json=complaint(), headers=key) for _ in range(5))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await count(house, tenant) == 1


async def test_a_refused_request_does_not_use_its_key_up(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        key = {"Idempotency-Key": "k"}
        made(await client.post("/v1/complaints", json=complaint(words=None), headers=key), 409)
        made(await client.post("/v1/complaints", json=complaint(), headers=key), 201)


async def test_a_key_is_forgotten_after_a_day(house: House, tenant: Tenant) -> None:
    clock = SetClock(utc_now() - timedelta(days=3))
    async with complaints_by(house, clock) as earlier:
        token = {"Authorization": f"Bearer {house.token(tenant, 'complaint_handler')}"}
        async with earlier.client("complaints") as client:
            headers = token | {"Idempotency-Key": "k"}
            first = made(await client.post("/v1/complaints", json=complaint(), headers=headers), 201)
            clock.forward(timedelta(hours=23, minutes=59))
            same = made(await client.post("/v1/complaints", json=complaint(), headers=headers), 201)
            clock.forward(timedelta(minutes=2))
            new = made(await client.post("/v1/complaints", json=complaint(), headers=headers), 201)
    assert first == same
    assert new["id"] != first["id"]


async def test_on_public_addresses_the_key_is_a_uuid(house: House, tenant: Tenant) -> None:
    where = f"/v1/public/{tenant.slug}/complaints"
    async with house.client("complaints") as client:
        guessed = await client.post(where, json=complaint(), headers={"Idempotency-Key": "1"})
        assert faulted(guessed) == [("Idempotency-Key", "uuid_expected")]
        key = {"Idempotency-Key": str(uuid4())}
        first = made(await client.post(where, json=complaint(), headers=key), 201)
        assert made(await client.post(where, json=complaint(), headers=key), 201) == first


async def test_the_kept_answer_is_sealed(house: House, tenant: Tenant) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        key = {"Idempotency-Key": "k"}
        code = made(await client.post("/v1/complaints", json=complaint(), headers=key), 201)["receipt_code"]
    async with house.database("complaints").connection() as (connection, _):
        answers = (await connection.execute(text("SELECT answer FROM idempotency"))).scalars().all()
    assert answers
    assert not any(code.encode() in answer for answer in answers if answer is not None)


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_of_no_or_too_many_characters_is_refused(house: House, tenant: Tenant, key: str) -> None:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        answer = await client.post("/v1/complaints", json=complaint(), headers={"Idempotency-Key": key})
    assert answer.status_code == 422
