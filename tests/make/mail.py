"""A mail server of a test's own, a complaints service whose clock the test sets, and its worker, turn by turn."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as RFC_5322
from typing import Any, cast
from uuid import UUID

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session
from joserfc.jwk import OKPKey

from chassis.actors import SYSTEM
from chassis.app import create_app
from chassis.clock import Clock
from chassis.database import Database
from chassis.ids import new_id
from chassis.jobs import Timers
from chassis.messages.jobs import Dispatch, outcome_handlers
from chassis.messages.mail_server import MailServerMailbox
from chassis.providers import keep_provider
from chassis.sealing import Vault
from chassis.settings import MailServer
from chassis.tokens import Issuer
from contracts.gateway import ProviderState, WorkingCalendar
from deploy.throwaway import Servers
from services.complaints.app import SERVICE
from tests.make.complaints import Json, SetClock, made, receive
from tests.make.house import ISSUER, WORKDAYS, House, Tenant

SENDER = "no-reply@provider.example"
HOURS = [("09:00", "12:00"), ("13:00", "18:00")]


@dataclass
class Taken:
    """One message that the mail server took."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def sha256(self) -> str:
        """Hash of the bytes."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def parsed(self) -> EmailMessage:
        """The message as a reader's program understands it."""
        return message_from_bytes(self.content, policy=RFC_5322)


@dataclass
class Post:
    """The mail server's mind: what it answers next at RCPT and after DATA, and what it took."""

    recipients: list[str] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    server: MailServer | None = None

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answers to a recipient."""
        if self.recipients:
            return self.recipients.pop(0).format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Takes a message, unless it is to answer otherwise."""
        if self.contents:
            return self.contents.pop(0)
        content = cast(bytes, envelope.original_content)
        self.taken.append(Taken(str(envelope.mail_from), [str(one) for one in envelope.rcpt_tos], content))
        return "250 OK"


@asynccontextmanager
async def post_office() -> AsyncIterator[Post]:
    """A mail server on the loopback address."""
    post = Post()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(post, hostname="mail.test", loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    post.server = MailServer("127.0.0.1", port, "none", None, None, SENDER)
    async with server:
        yield post


@dataclass
class Timed(House):
    """A house whose clock the test sets, to any time."""

    clock: Clock = field(kw_only=True)

    def issuer(self) -> Issuer:
        """Signs tokens at the time of that clock."""
        return Issuer(
            OKPKey.import_key(json.loads(self.servers.secrets.read("gateway", "signing_key"))), ISSUER, self.clock
        )


@asynccontextmanager
async def timed_complaints(own: Servers, clock: SetClock) -> AsyncIterator[Timed]:
    """Complaints with the test's clock, without its worker; nobody else works on these databases."""
    house = Timed(own, clock=clock)
    app = create_app(SERVICE, house.settings("complaints", worker="off"), clock=clock)
    async with app.router.lifespan_context(app):
        house.apps["complaints"] = app
        yield house


@dataclass
class Desk:
    """One provider's complaints, and a worker that does a turn when it is told to."""

    house: Timed
    clock: SetClock
    tenant: Tenant
    client: httpx.AsyncClient
    database: Database
    post: Post | None

    def dispatch(self) -> Dispatch:
        """One worker's sending."""
        mailbox = MailServerMailbox(self.post.server) if self.post is not None and self.post.server else None
        return Dispatch(self.database, mailbox, SERVICE.messages)

    async def turn(self, forward: timedelta = timedelta(0)) -> None:
        """What is due after some time is sent, and the complaints hear of it."""
        self.clock.forward(forward)
        while await self.dispatch().send_due():
            pass
        while await Timers(self.database, outcome_handlers(SERVICE.messages)).fire_due():
            pass

    async def receive(self, **changes: Any) -> Json:
        """A complaint of somebody with an e-mail address."""
        parties = [{"name": "王芳", "email": "wang.fang@customer.example", "telephone": "+86 138 0000 0000"}]
        return await receive(self.client, **{"parties": parties, **changes})

    async def message_of(self, complaint: Json) -> Json:
        """The one message about a complaint, whole."""
        address = "/v1/services/complaints/messages"
        (item,) = made(await self.client.get(address, params={"record_id": complaint["id"]}))["items"]
        return made(await self.client.get(f"{address}/{item['id']}"))

    async def read(self, complaint: Json) -> Json:
        """The complaint as it stands."""
        return made(await self.client.get(f"/v1/complaints/{complaint['id']}"))

    async def bounce(self, message: Json, **body: str) -> httpx.Response:
        """Reports that a message came back."""
        address = f"/v1/services/complaints/messages/{message['id']}/bounce"
        return await self.client.post(address, json={"code": "5.1.1"} | body)

    async def keep_calendar(self, number: int, days: dict[date, list[tuple[str, str]]]) -> None:
        """Has the service know the provider with a version of its calendar."""
        state = ProviderState(
            provider_id=self.tenant.id,
            slug=self.tenant.slug,
            name="示范供方",
            time_zone="Asia/Shanghai",
            language="zh-CN",
            working_hours=dict.fromkeys(WORKDAYS, HOURS),
            calendar=WorkingCalendar(number=number, days=days, official_through=None),
        )
        async with self.database.work(self.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await keep_provider(work, state, number)

    async def forget(self, person_id: str) -> None:
        """Erases a person: every copy of the key is gone."""
        async with self.database.work(self.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            mine = (self.tenant.id, UUID(person_id))
            for table, column in (("message", "person_id"), ("complaint_party", "id")):
                statement = f"UPDATE {table} SET wrapped_key = NULL WHERE provider_id = $1 AND {column} = $2"
                await work.driver.execute(statement, *mine)


@asynccontextmanager
async def desk(house: Timed, clock: SetClock, post: Post | None) -> AsyncIterator[Desk]:
    """A provider of its own, with Mondays to Fridays 09–12 and 13–18 in Shanghai."""
    provider_id = new_id()
    tenant = Tenant(provider_id, f"p-{provider_id.hex[-12:]}")
    settings = house.settings("complaints")
    database = Database(settings, "worker", Vault(settings.master_key.get_secret_value()), clock=clock)

    async def sign(request: httpx.Request) -> None:  # a token ends after five minutes, and the test's clock leaps
        request.headers["Authorization"] = f"Bearer {house.token(tenant, 'administrator')}"

    async with house.client("complaints") as client:
        client.event_hooks = {"request": [sign]}
        made_desk = Desk(house, clock, tenant, client, database, post)
        await made_desk.keep_calendar(1, {})
        yield made_desk
    async with database.connection() as (_, driver):  # what is left is no other test's to send
        await driver.execute("DELETE FROM timer WHERE provider_id = $1", tenant.id)
    await database.close()


def at(text: str) -> datetime:
    """An instant in Shanghai, where there is no summer time."""
    return datetime.fromisoformat(f"{text}+08:00")
