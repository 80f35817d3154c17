"""Invitations by mail: the link goes to the person alone, and what comes back is a fact on the invitation."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from chassis.clock import utc_now
from chassis.database import Database
from chassis.jobs import Timers
from chassis.messages.jobs import Dispatch, outcome_handlers
from chassis.messages.mail_server import MailServerMailbox
from chassis.sealing import Vault
from deploy.throwaway import Servers
from gateway.app import SERVICE
from tests.integration.test_gateway_clients import journal
from tests.make.complaints import Json, made
from tests.make.edge import Edge, Machine, gateway, gateway_settings
from tests.make.house import ISSUER
from tests.make.mail import Post, post_office
from tests.make.people import PERSON, accepted, invitation, where

MESSAGES = "/v1/services/gateway/messages"


class Sending:
    """The gateway's worker, turn by turn, for the messages of one provider."""

    def __init__(self, database: Database, post: Post | None) -> None:
        self._database, self._post = database, post

    async def turn(self, provider: Machine) -> None:
        """Sends what is due, and has the invitations hear of it; what other tests left is put off."""
        async with self._database.connection() as (_, driver):
            later = (
                "UPDATE timer SET due_at = due_at + interval '1 year' WHERE provider_id <> $1 AND clock LIKE 'mess%'"
            )
            await driver.execute(later, provider.provider_id)
        mailbox = MailServerMailbox(self._post.server) if self._post is not None and self._post.server else None
        while await Dispatch(self._database, mailbox, SERVICE.messages).send_due():
            pass
        while await Timers(self._database, outcome_handlers(SERVICE.messages)).fire_due():
            pass


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with post_office() as post:
        yield post


@pytest.fixture
async def database(own_servers: Servers) -> AsyncIterator[Database]:
    """The connections of the gateway's worker."""
    settings = gateway_settings(own_servers)
    database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()))
    yield database
    await database.close()


@pytest.fixture
def sending(database: Database, post: Post) -> Sending:
    return Sending(database, post)


async def invited(edge: Edge, administrator: Machine, **changes: Any) -> Json:
    async with edge.client(administrator.key) as client:
        return await invitation(client, **changes)


async def message_of(edge: Edge, administrator: Machine, offer: Json) -> Json:
    """The one message about an invitation, whole."""
    answer = await edge.ask("GET", MESSAGES, administrator.key, params={"record_id": offer["id"]})
    (item,) = made(answer)["items"]
    return made(await edge.ask("GET", f"{MESSAGES}/{item['id']}", administrator.key))


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "示范供方 invites you"), ("zh-CN", "示范供方邀请您加入")], ids=["en", "zh-CN"]
)
async def test_the_link_goes_by_mail_and_is_accepted(
    edge: Edge, administrator: Machine, sending: Sending, post: Post, language: str, subject: str
) -> None:
    offer = await invited(edge, administrator, language=language)
    await sending.turn(administrator)
    (taken,) = post.taken
    assert (taken.recipients, taken.parsed["Subject"]) == ([PERSON["email"]], subject)
    words = taken.parsed.get_content()
    assert offer["link"] in words
    assert PERSON["name"] not in words, "nobody sends words of their own to strangers"
    async with edge.client() as anyone:
        assert (await accepted(anyone, offer))["member"]["email"] == PERSON["email"]


async def test_the_secret_is_shown_to_nobody_who_reads_messages(
    edge: Edge, administrator: Machine, sending: Sending, post: Post, own_servers: Servers
) -> None:
    offer = await invited(edge, administrator)
    _, secret = where(offer)
    await sending.turn(administrator)
    message = await message_of(edge, administrator, offer)
    assert (message["state"], message["sha256"]) == ("sent", post.taken[0].sha256)
    assert f"{ISSUER}/invitations#…" in message["text"]
    assert message["mail"] is None
    assert message["recipient"] == PERSON["email"]
    told = f"550 no: {offer['link']}"
    path = f"{MESSAGES}/{message['id']}/bounce"
    body = {"code": "5.1.1", "diagnostic": told}
    bounced = made(await edge.ask("POST", path, administrator.key, json=body))
    assert bounced["diagnostic"] == f"550 no: {ISSUER}/invitations#…"
    everywhere = [
        (await edge.ask("GET", address, administrator.key)).text
        for address in (MESSAGES, f"{MESSAGES}/{message['id']}", f"/v1/messages/{message['id']}", "/v1/messages")
    ]
    assert [text for text in [*everywhere, json.dumps(bounced)] if secret in text] == []
    connection = await asyncpg.connect(own_servers.postgres.dsn("gateway"))
    try:
        rows = [str(row[0]) for row in await connection.fetch("SELECT t::text FROM message t")]
        rows += [str(row[0]) for row in await connection.fetch("SELECT t::text FROM journal t")]
    finally:
        await connection.close()
    assert rows
    assert [row for row in rows if secret in row or secret.encode().hex() in row or PERSON["email"] in row] == []


async def test_a_refusal_and_a_bounce_are_facts_on_the_invitation(
    edge: Edge, administrator: Machine, sending: Sending, post: Post, own_servers: Servers
) -> None:
    post.recipients = ["550 no such person"]
    refused, came_back = await invited(edge, administrator), await invited(edge, administrator)
    await sending.turn(administrator)
    states = {(await message_of(edge, administrator, one))["state"] for one in (refused, came_back)}
    assert states == {"refused", "sent"}
    for one in (refused, came_back):
        message = await message_of(edge, administrator, one)
        if message["state"] == "sent":
            path = f"/v1/messages/{message['id']}/bounce"
            made(await edge.ask("POST", path, administrator.key, json={"code": "5.1.1"}))
    await sending.turn(administrator)
    listed = made(await edge.ask("GET", "/v1/invitations", administrator.key))["items"]
    assert [one["notice_failed"] for one in listed] == [True, True]
    read = made(await edge.ask("GET", f"/v1/invitations/{refused['id']}", administrator.key))
    assert (read["notice_failed"], read["state"], read["version"]) == (True, "open", 2)
    entries = [one for one in await journal(own_servers, administrator.provider_id) if "notice_failed" in one["type"]]
    assert sorted(json.loads(one["data"])["fault"] for one in entries) == ["5.1.1", "smtp_550"]


async def test_nobody_without_an_address_is_written_to(edge: Edge, administrator: Machine) -> None:
    for email in (None, "王@provider.example"):
        offer = await invited(edge, administrator, email=email)
        assert offer["notice_failed"] is False
        answer = await edge.ask("GET", MESSAGES, administrator.key, params={"record_id": offer["id"]})
        assert made(answer)["items"] == []


async def test_a_recovery_is_a_task_of_the_administrators_until_it_is_withdrawn_or_accepted(
    own_servers: Servers, edge: Edge, administrator: Machine
) -> None:
    async def tasks(state: str) -> list[Json]:
        answer = await edge.ask("GET", "/v1/me/tasks", administrator.key, params={"state": state})
        return list(made(answer)["items"])

    async def recovered() -> Json:
        path, body = f"/v1/providers/{administrator.provider_id}/recover", PERSON | {"reason": "All have left."}
        return made(await edge.ask("POST", path, edge.operator_key, json=body), 201)

    offer = await recovered()
    (task,) = await tasks("open")
    assert (task["why"], task["record_id"], task["role"]) == ("object_to_recovery", offer["id"], "administrator")
    assert (task["service"], task["due_at"]) == ("gateway", offer["usable_from"])
    assert "withdraw it if you did not ask for it" in task["title"]
    second = await recovered()
    assert [one["record_id"] for one in await tasks("open")] == [second["id"]]
    assert [one["record_id"] for one in await tasks("cancelled")] == [offer["id"]]
    made(await edge.ask("POST", f"/v1/invitations/{second['id']}/withdraw", administrator.key))
    assert await tasks("open") == []
    (done,) = await tasks("done")
    assert (done["record_id"], done["ended_by"]) == (second["id"], f"client:{administrator.id}")
    third = await recovered()
    async with (
        gateway(own_servers, clock=lambda: utc_now() + timedelta(hours=72, seconds=1)) as later,
        later.client() as anyone,
    ):
        await accepted(anyone, third)
    assert await tasks("open") == []


async def test_a_provider_that_has_no_administrator_gets_no_such_task(edge: Edge) -> None:
    provider = made(await edge.register(), 201)["id"]
    path, body = f"/v1/providers/{provider}/recover", PERSON | {"reason": "All have left."}
    offer = made(await edge.ask("POST", path, edge.operator_key, json=body), 201)
    async with edge.client() as anyone:
        key = (await accepted(anyone, offer))["key"]
    for state in ("open", "cancelled", "done"):
        assert made(await edge.ask("GET", "/v1/me/tasks", key, params={"state": state}))["items"] == []
