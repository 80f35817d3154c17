"""Answers to surveys that were scored low, told through the broker as satisfaction tells of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from chassis.broker import Broker, Message, subject_of
from chassis.envelopes import write_envelope
from chassis.ids import new_id
from contracts.satisfaction import AnswerLowScored
from tests.make.broker import until, until_async
from tests.make.complaints import Json, made
from tests.make.house import House, Tenant

HOUR = timedelta(hours=1)


def low_answer(**changes: Any) -> AnswerLowScored:
    """An answer of an hour ago with two points of five, where up to two are low."""
    whole = {"answer_id": new_id(), "survey_id": new_id(), "customer_id": new_id(), "score": 1.5, "threshold": 2.0}
    return AnswerLowScored.model_validate(whole | {"occurred_at": datetime.now(UTC) - HOUR} | changes)


async def publish_answers(house: House, tenant: Tenant, *answers: AnswerLowScored) -> list[UUID]:
    """Has satisfaction tell of answers, as its relay would; the ids of the events."""
    settings = house.settings("satisfaction")
    broker = Broker("satisfaction", settings.nats_url, settings.nats_seed.get_secret_value())
    await broker.start()
    try:
        await until(lambda: broker.degraded is None)
        messages = [_message(tenant, answer) for answer in answers]
        assert await broker.publish_batch(messages) == {one.event_id for one in messages}
    finally:
        await broker.stop()
    return [one.event_id for one in messages]


async def proposals_of(client: httpx.AsyncClient, **query: Any) -> list[Json]:
    """The proposed complaints that a query finds."""
    items: list[Json] = made(await client.get("/v1/proposed-complaints", params=query))["items"]
    return items


async def proposed(house: House, tenant: Tenant, client: httpx.AsyncClient, **changes: Any) -> Json:
    """The proposed complaint of an answer, as soon as it is there."""
    answer = low_answer(**changes)
    await publish_answers(house, tenant, answer)
    found: list[Json] = []

    async def there() -> bool:
        found[:] = await proposals_of(client, survey_id=str(answer.survey_id))
        return bool(found)

    await until_async(there)
    return made(await client.get(f"/v1/proposed-complaints/{found[0]['id']}"))


def _message(tenant: Tenant, answer: AnswerLowScored) -> Message:
    entry: dict[str, Any] = {
        "id": new_id(),
        "provider_id": tenant.id,
        "type": answer.TYPE,
        "subject": answer.answer_id,
        "version": 1,
        "at": datetime.now(UTC),
        "actor": "system",
        "correlation": new_id(),
        "causation": None,
        "data": answer.model_dump_json(),
    }
    return Message(subject_of(answer.TYPE), entry["id"], write_envelope("satisfaction", entry))
