"""Personal data are where they belong and nowhere else: not in logs, rows, events, figures, nor the stores' files."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import uvicorn
from prometheus_client import generate_latest

from chassis.app import create_app
from chassis.logs import configure_logs, log
from chassis.service import service_of
from deploy.throwaway import Servers
from deploy.topology import SERVICES
from tests.make.broker import until, until_async
from tests.make.canaries import Canaries, files_with, rows_with, writings
from tests.make.complaints import acknowledge, made, open_channel, receive
from tests.make.edge import Edge, Machine, gateway, served
from tests.make.external_cases import case as external_case
from tests.make.external_cases import register, take
from tests.make.files import add, link, send
from tests.make.house import migrated_servers, settings_of
from tests.make.imports import case, csv_of, imported, refusals
from tests.make.mail import SENDER, Post, post_office
from tests.make.people import accepted, invitation, member, where

ALWAYS = {day: [["00:00", "24:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
ALWAYS |= {day: [["00:00", "24:00"]] for day in ("saturday", "sunday")}
AT = "/v1/services/complaints"
CODES = ("channel", "category", "language", "urgency", "received_at", "concerns", "priority", "customer_id")


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Servers of these tests' own: nobody else writes into their stores."""
    with migrated_servers() as own:
        yield own


@dataclass
class Place:
    """A whole house behind its gateway, with a mail server; what the journeys plant, and each refusal's answer."""

    own: Servers
    edge: Edge
    post: Post
    administrator: Machine
    slug: str
    canaries: Canaries = field(default_factory=Canaries)
    refused: list[str] = field(default_factory=list)

    def client(self) -> httpx.AsyncClient:
        """A client of the provider's administrator."""
        return self.edge.client(self.administrator.key)

    async def refuses(self, status: int, request: httpx.Response) -> None:
        """Notes an answer that must be a refusal."""
        assert request.status_code == status, request.text
        self.refused.append(request.text)


@asynccontextmanager
async def whole_house(own: Servers) -> AsyncIterator[Place]:
    """Gateway, complaints and risk on sockets with their workers; they log all they can."""
    async with AsyncExitStack() as stack:
        post = await stack.enter_async_context(post_office())
        assert post.server is not None
        mail = {"smtp_url": f"smtp://127.0.0.1:{post.server.port}", "mail_from": SENDER}
        urls: dict[str, Any] = {}
        for name, changes in (("complaints", mail), ("risk", {})):
            app = create_app(service_of(SERVICES[name]), settings_of(own, name, log_level="debug", **changes))
            config = uvicorn.Config(app, port=0, log_level="critical", access_log=False)
            urls[f"{name}_url"] = await stack.enter_async_context(served(config))
        edge = await stack.enter_async_context(gateway(own, worker="on", log_level="debug", **urls))
        provider = made(await edge.register(working_hours=ALWAYS), 201)
        administrator = await edge.administrator(provider["id"])

        async def known() -> bool:
            return (await edge.ask("GET", f"/v1/public/{provider['slug']}/channels")).status_code == 200

        await until_async(known)
        yield Place(own, edge, post, administrator, provider["slug"])


def parties(canaries: Canaries, at: str) -> list[dict[str, Any]]:
    """Three persons with everything that can be said of them."""
    return [
        {
            "role": role,
            "name": canaries.text(f"{at} {role} name"),
            "telephone": canaries.telephone(f"{at} {role} telephone"),
            "email": canaries.email(f"{at} {role} email"),
            "address": canaries.text(f"{at} {role} address"),
        }
        for role in ("complainant", "representative", "subject")
    ]


def intake(canaries: Canaries, at: str) -> dict[str, Any]:
    """A complaint that is personal wherever it can be."""
    said = {name: canaries.text(f"{at} {name}") for name in ("title", "words")}
    return said | {"parties": parties(canaries, at), "concerns": ["security"]}


async def staff_journey(place: Place) -> str:
    """Taken in by staff, acknowledged, with a file; found, told, in part erased. Returns the complaint's id."""
    canaries = place.canaries
    async with place.client() as client:
        await open_channel(client, privacy_notice={"version": "2026-1", "text": "We delete your data."})
        client.headers["Idempotency-Key"] = str(uuid4())
        complaint = await receive(client, channel="hotline", **intake(canaries, "staff"))
        canaries.secret("staff receipt code", complaint["receipt_code"])
        del client.headers["Idempotency-Key"]
        await acknowledge(client, complaint["id"], words=canaries.text("contact words"))
        case = await register(client, complaint["id"])
        await take(client, case["id"], "rule", outcome="upheld", summary=canaries.text("ruling"))
        content = canaries.text("file content").encode()
        file = await add(client, complaint["id"], canaries.name("file name", ".txt"), content)
        url = await link(client, complaint["id"], file["id"])
        assert (await client.get(url)).content == content
        await until_async(partial(is_found, client, canaries.planted["staff words"]))
        first, second, third = complaint["parties"]
        for way in ("telephone", "email"):
            found = made(await client.post(f"{AT}/persons/find", json={way: first[way]}))["items"]
            assert [one["person_id"] for one in found] == [first["id"]]
        made(await client.post(f"{AT}/persons/{first['id']}/disclose"))
        made(await client.post(f"{AT}/persons/{second['id']}/erase"))
        made(await client.post(f"{AT}/persons/{third['id']}/erase"))
        assert "csv" in (await client.get("/v1/complaints", headers={"Accept": "text/csv"})).headers["Content-Type"]
        made(await client.get(f"/v1/complaints/{complaint['id']}/timeline"))
    return str(complaint["id"])


async def is_found(client: httpx.AsyncClient, words: str) -> bool:
    """Whether a search finds a complaint with these words."""
    return len(made(await client.post("/v1/complaints/search", json={"text": words}))["items"]) == 1


async def public_journey(place: Place) -> None:
    """Made by somebody without a login, tracked with the code, and a file sent in."""
    canaries, path = place.canaries, f"/v1/public/{place.slug}/complaints"
    async with place.edge.client() as anyone:
        key = {"Idempotency-Key": str(uuid4())}
        receipt = made(await anyone.post(path, json=intake(canaries, "public"), headers=key), 201)
        code = {"Receipt-Code": canaries.secret("receipt code", receipt["receipt_code"])}
        there = f"{path}/{receipt['receipt_number']}"
        made(await anyone.get(there, headers=code))
        await place.refuses(404, await anyone.get(there, headers={"Receipt-Code": canaries.text("wrong code")[4:]}))
        files = {"file": (canaries.name("evidence name", ".txt"), canaries.text("evidence").encode())}
        made(await anyone.post(f"{there}/attachments", files=files, headers=code), 201)


async def mail_journey(place: Place) -> None:
    """One acknowledgement is sent and comes back, another is refused with the recipient in the refusal."""
    canaries = place.canaries
    refusal = canaries.text("refusal of the mail server")[4:]

    async def states(client: httpx.AsyncClient) -> dict[str, str]:
        return {one["id"]: one["state"] for one in made(await client.get(f"{AT}/messages"))["items"]}

    async with place.client() as client:

        async def all_sent() -> bool:
            return set((await states(client)).values()) == {"sent"}

        await until_async(all_sent, seconds=30)
        before = await states(client)
        sent = next(iter(before))
        body = {"code": "5.1.1", "diagnostic": canaries.text("bounce diagnostic")}
        made(await client.post(f"{AT}/messages/{sent}/bounce", json=body))
        place.post.recipients.append("550 5.1.1 <{address}> " + refusal)
        await receive(client, **intake(canaries, "unreachable"))

        async def is_refused() -> bool:
            return "refused" in (await states(client)).values()

        await until_async(is_refused, seconds=30)
        (refused,) = (one for one, state in (await states(client)).items() if state == "refused")
        whole = await client.get(f"{AT}/messages/{refused}")
        assert refusal in whole.text
        assert canaries.planted["unreachable complainant email"] in whole.text


async def import_journey(place: Place) -> None:
    """Cases from a file, some of them refused for a personal value in a column where it does not belong."""
    canaries = place.canaries
    good = {"who": canaries.text("row name"), "telephone": canaries.telephone("row telephone")}
    wrong = [
        {column: canaries.text(f"row with {column}")}
        for column in ("number", "opened", "closed", "telephone")  # a category is made of any words that stand there
    ]
    rows = [case("C-1", what=canaries.text("row words"), **good)]
    rows += [case(f"W-{place}") | one for place, one in enumerate(wrong)]
    rows.append(case("W-9", opened=canaries.telephone("row with a telephone as its time")))
    async with place.client() as client:
        job = await imported(client, csv_of(rows))
        assert (job["created"], job["refused"]) == (1, len(rows) - 1)
        place.refused.append(json.dumps(await refusals(client, job), ensure_ascii=False))


async def people_journey(place: Place) -> None:
    """A person is invited, joins, is renamed and withdrawn and erased; another is invited by the operator."""
    canaries = place.canaries

    def person(at: str) -> dict[str, str]:
        return {"name": canaries.text(f"{at} name"), "email": canaries.email(f"{at} email"), "language": "zh-CN"}

    async with place.client() as client, place.edge.client() as anyone:
        invited = await invitation(client, **person("invited"))
        canaries.secret("invitation secret", where(invited)[1])
        joined = await accepted(anyone, invited, name=canaries.text("member name"))
        canaries.secret("key", joined["key"])
        path = f"/v1/members/{joined['member']['id']}"
        etag = {"If-Match": f'"{joined["member"]["version"]}"'}
        made(await client.patch(path, json={"name": canaries.text("changed name")}, headers=etag))
        body = person("recovered") | {"reason": canaries.text("reason")}
        made(await place.edge.ask("POST", f"/v1/providers/{place.administrator.provider_id}/recover",
                                  place.edge.operator_key, json=body), 201)  # fmt: skip
        made(await client.post(f"/v1/services/gateway/persons/{joined['member']['id']}/disclose"))
        gone = await member(place.edge, place.administrator, "reader", **person("erased member"))
        made(await client.post(f"/v1/members/{gone.id}/withdraw"))
        made(await client.post(f"/v1/services/gateway/persons/{gone.id}/erase"))


async def refusals_journey(place: Place, complaint_id: str) -> None:
    """Personal values in fields, headers and parameters where they do not belong: none is said again."""
    canaries = place.canaries
    body: dict[str, Any]
    invite: dict[str, Any]
    async with place.client() as client:
        for name in CODES:
            body = {"words": "x", name: canaries.text(f"in {name}")}
            await place.refuses(422, await client.post("/v1/complaints", json=body))
        for name in ("telephone", "email", "role", "account_id"):
            body = {"words": "x", "parties": [{name: canaries.text(f"in party {name}")}]}
            await place.refuses(422, await client.post("/v1/complaints", json=body))
        whole = {"words": "x", "parties": canaries.text("instead of parties")}
        await place.refuses(422, await client.post("/v1/complaints", json=whole))
        body = external_case(complaint_id, reference=canaries.text("in reference"))
        await place.refuses(422, await client.post("/v1/external-cases", json=body))
        broken = f'{{"words": "{canaries.text("in broken JSON")}'.encode()
        headers = {"Content-Type": "application/json"}
        await place.refuses(400, await client.post("/v1/complaints", content=broken, headers=headers))
        for name in ("category", "cursor", "updated_since"):
            asked = {name: canaries.text(f"asked {name}")}
            await place.refuses(422, await client.get("/v1/complaints", params=asked))
        for name in ("state", "category", "cursor"):
            sought = {"text": canaries.text(f"sought beside {name}"), name: canaries.text(f"sought as {name}")}
            await place.refuses(422, await client.post("/v1/complaints/search", json=sought))
        etag = {"If-Match": canaries.name("in a header", "")[3:]}
        path = f"/v1/complaints/{complaint_id}/acknowledge"
        await place.refuses(422, await client.post(path, json={"method": "visit"}, headers=etag))
        purpose = canaries.text("purpose")
        await place.refuses(422, await send(client, complaint_id, "a.txt", b"x", purpose=purpose))
        unfit = canaries.name("unfit file", ".exe")
        await place.refuses(415, await send(client, complaint_id, unfit, b"MZ" + canaries.text("unfit").encode()))
        invite = {"name": "x", "email": canaries.text("in email"), "language": "zh-CN", "roles": ["reader"]}
        await place.refuses(422, await client.post("/v1/invitations", json=invite))
        invite |= {"email": None, "roles": [canaries.text("in roles")]}
        await place.refuses(422, await client.post("/v1/invitations", json=invite))
        key = {"name": "x", "scopes": [canaries.text("in scopes")]}
        await place.refuses(422, await client.post(f"/v1/clients/{place.administrator.id}/keys", json=key))
        zone = {"time_zone": canaries.text("time zone")}
        etag = {"If-Match": '"1"'}
        await place.refuses(
            422, await client.patch(f"/v1/providers/{place.administrator.provider_id}", json=zone, headers=etag)
        )
        body = {"email": canaries.text("found by")}
        assert made(await client.post(f"{AT}/persons/find", json=body))["items"] == []


async def sightings(place: Place, printed: str) -> list[tuple[str, str]]:
    """Where canaries are that must not be there; the folder of PostgreSQL is read through its tables."""
    canaries, folder = place.canaries, place.own.folder
    found = await rows_with(canaries, place.own)
    found += files_with(canaries, folder / "nats") + files_with(canaries, folder / "files")
    for path in (one for one in folder.iterdir() if one.is_file()):
        found += [(path.name, where) for where in canaries.seen_in(path.read_bytes())]
    for name, content in (("logs", printed.encode()), ("figures", generate_latest())):
        found += [(name, where) for where in canaries.seen_in(content)]
    for answer in place.refused:
        found += [(f"refusal {answer}", where) for where in canaries.seen_in(answer.encode())]
    return found


@pytest.fixture
def quiet_again() -> Iterator[None]:
    yield
    configure_logs("tests", "error")


async def leak(place: Place) -> Path:
    """Leaves a canary in a row, a log line and a file, each in another writing."""
    connection = await asyncpg.connect(place.own.postgres.dsn("complaints"))
    try:
        telephone = "".join(filter(str.isdigit, place.canaries.planted["public subject telephone"]))
        values = (uuid4(), telephone.encode())
        await connection.execute(
            "INSERT INTO dead_letter (id, producer, sequence, payload, reason, failures, died_at)"
            " VALUES ($1, 'complaints', 1, $2, 'test', 1, now())", *values
        )  # fmt: skip
    finally:
        await connection.close()
    log.info("a leak", name=json.dumps(place.canaries.planted["member name"]))
    file = place.own.folder / "nats" / "leak"
    file.write_bytes(b"x" + base64.b64encode(b"yz" + place.canaries.planted["contact words"].encode()))
    return file


@pytest.mark.clause("8.2")
async def test_no_personal_value_is_anywhere_but_where_it_belongs(
    servers: Servers, capsys: pytest.CaptureFixture[str], quiet_again: None
) -> None:
    async with whole_house(servers) as place:
        complaint_id = await staff_journey(place)
        await public_journey(place)
        await mail_journey(place)
        await import_journey(place)
        await people_journey(place)
        await refusals_journey(place, complaint_id)
        known = Canaries({"an id that events carry": complaint_id})
        until_stored = lambda: bool(files_with(known, servers.folder / "nats"))  # noqa: E731
        await until(until_stored)
        printed = capsys.readouterr().out
        assert ("complaints.journal", "an id that events carry") in await rows_with(known, servers)
        assert {json.loads(line)["message"] for line in printed.splitlines()} >= {"request", "a message was not taken"}
        assert len([one for one in (servers.folder / "files").rglob("*") if one.is_file()]) >= 2
        assert b"surety_messages_sent_total" in generate_latest()
        assert len(place.canaries.planted) > 80
        assert await sightings(place, printed) == []

        file = await leak(place)
        try:
            found = await sightings(place, capsys.readouterr().out)
        finally:
            file.unlink()
        assert set(found) == {
            ("complaints.dead_letter", "public subject telephone"),
            ("logs", "member name"),
            ("leak", "contact words"),
        }


@pytest.mark.parametrize(
    "written",
    [
        "金丝雀 kanari00".encode(),
        "金丝雀 KANARI00".encode("utf-16-le"),
        json.dumps("金丝雀 kanari00").encode(),
        b"%E9%87%91%E4%B8%9D%E9%9B%80%20kanari00",
        "金丝雀 kanari00".encode().hex().upper().encode(),
        *(base64.b64encode(bytes(before) + "金丝雀 kanari00".encode()) for before in range(3)),
        b"only kanari00",
    ],
)
def test_a_canary_is_seen_in_any_writing(written: bytes) -> None:
    assert Canaries({"name": "金丝雀 kanari00"}).seen_in(b"x " + written + b" y") == ["name"]
    assert Canaries({"name": "金丝雀 kanari7e"}).seen_in(b"x " + written + b" y") == []


def test_a_telephone_number_is_seen_by_its_digits_alone() -> None:
    assert b"13812345678" in writings("+86 138 1234 5678")
    assert Canaries({"number": "+86 138 1234 5678"}).seen_in(b"tel:13812345678") == ["number"]
