"""What of files stands on the disk: sealed, once, within the quota, and nothing that no row holds."""

import asyncio
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn

from chassis.actors import SYSTEM
from chassis.app import create_app
from chassis.attachments.actions import erase_attachments
from chassis.attachments.jobs import LOOSE, file_timers
from chassis.attachments.store import FileStore
from chassis.clock import utc_now
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.errors import Problem
from chassis.ids import new_id
from chassis.jobs import Timers
from services.complaints.app import SERVICE
from tests.make.complaints import Json, complain, made, objected, receive
from tests.make.edge import gateway, served
from tests.make.files import PDF, add, link, photograph, send
from tests.make.house import House, Tenant


@pytest.fixture
async def handler(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        yield client


@pytest.fixture
async def complaint(handler: httpx.AsyncClient) -> Json:
    return await receive(handler)


def folder(house: House) -> Path:
    return house.servers.folder / "files" / "complaints"


def objects(house: House, tenant: Tenant) -> list[Path]:
    return sorted((folder(house) / str(tenant.id)).glob("*"))


async def rows(house: House, tenant: Tenant, query: str) -> list[Any]:
    """Rows as the serving role finds them for a provider."""
    begin = f"BEGIN; SET LOCAL app.provider_id = '{tenant.id}'"
    async with house.database("complaints").connection(begin) as (_, driver):
        return list(await driver.fetch(query))


async def left(house: House, tenant: Tenant) -> tuple[int, int, int, int]:
    """How many objects, files, attachments and loose objects a provider has."""
    loose = await rows(house, tenant, f"SELECT 1 FROM timer WHERE clock = '{LOOSE}' AND provider_id = '{tenant.id}'")
    files = await rows(house, tenant, "SELECT 1 FROM file")
    attachments = await rows(house, tenant, "SELECT 1 FROM attachment")
    return len(objects(house, tenant)), len(files), len(attachments), len(loose)


async def used(house: House, tenant: Tenant) -> int:
    found = await rows(house, tenant, "SELECT used FROM file_usage")
    return int(found[0]["used"]) if found else 0


async def sweep(house: House, *, after: timedelta = timedelta(0)) -> None:
    """What the clock does with loose objects when some time has gone by."""
    settings = house.settings("complaints")
    database = Database(settings, "worker", house.database("complaints").vault, clock=lambda: utc_now() + after)
    try:
        timers = Timers(database, file_timers(FileStore(settings)))
        await timers.fire_due()
    finally:
        await database.close()


async def test_what_is_on_the_disk_cannot_be_read(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, complaint: Json
) -> None:
    canary = f"canary{secrets.token_hex(16)}"
    added = await add(handler, complaint["id"], f"{canary}.txt", canary.encode())
    (kept,) = objects(house, tenant)
    assert canary.encode() not in kept.read_bytes()
    assert added["sha256"] not in kept.name, "the address of known content cannot be computed without the key"
    assert canary not in str(await rows(house, tenant, "SELECT * FROM attachment, file"))
    assert folder(house).stat().st_mode & 0o077 == 0
    assert await left(house, tenant) == (1, 1, 1, 0)


async def test_equal_content_is_kept_once_for_a_provider_and_never_shared_between_two(
    house: House, tenant: Tenant, other_tenant: Tenant, handler: httpx.AsyncClient, complaint: Json
) -> None:
    photo = photograph()
    await add(handler, complaint["id"], "a.jpg", photo)
    other = await receive(handler)
    again = await add(handler, other["id"], "b.jpg", photo)
    assert await left(house, tenant) == (1, 1, 2, 0)
    assert await used(house, tenant) == again["stored_size"]
    async with house.client("complaints", other_tenant, "complaint_handler") as stranger:
        theirs = await add(stranger, (await receive(stranger))["id"], "a.jpg", photo)
    assert theirs["stored_sha256"] == again["stored_sha256"]
    assert await left(house, other_tenant) == (1, 1, 1, 0)
    ours, others = objects(house, tenant)[0], objects(house, other_tenant)[0]
    assert ours.name.partition("-")[0] != others.name.partition("-")[0]
    assert ours.read_bytes() != others.read_bytes()
    content = (await handler.get(await link(handler, other["id"], again["id"]))).content
    assert hashlib.sha256(content).hexdigest() == again["stored_sha256"]


async def test_equal_content_sent_side_by_side_is_kept_once(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    complaints = [await receive(handler) for _ in range(6)]
    content = os.urandom(20).hex().encode() * 1000
    added = await asyncio.gather(*(add(handler, one["id"], "a.txt", content) for one in complaints))
    assert await left(house, tenant) == (1, 1, 6, 0)
    for one, attachment in zip(complaints, added, strict=True):
        assert (await handler.get(await link(handler, one["id"], attachment["id"]))).content == content


async def test_content_goes_with_the_last_attachment_that_has_it(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, complaint: Json
) -> None:
    other = await receive(handler)
    first = await add(handler, complaint["id"], "a.pdf", PDF)
    second = await add(handler, other["id"], "b.pdf", PDF)
    address = await link(handler, complaint["id"], first["id"])
    assert await erase(house, tenant, complaint["id"]) == 1
    await sweep(house)
    assert await left(house, tenant) == (1, 1, 2, 0)
    assert (await handler.get(await link(handler, other["id"], second["id"]))).content == PDF
    read = made(await handler.get(f"/v1/complaints/{complaint['id']}/attachments/{first['id']}"))
    assert (read["name"], read["sha256"]) == (None, hashlib.sha256(PDF).hexdigest())
    assert read["erased_at"] is not None
    assert objected(await handler.get(address)) == ["erased"]
    assert await erase(house, tenant, other["id"]) == 1
    assert await erase(house, tenant, other["id"]) == 0
    await sweep(house)
    await sweep(house)
    assert await left(house, tenant) == (0, 0, 2, 0)
    assert await used(house, tenant) == 0
    await add(handler, other["id"], "c.pdf", PDF)
    assert await left(house, tenant) == (1, 1, 3, 0)


async def erase(house: House, tenant: Tenant, complaint_id: str) -> int:
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        return await erase_attachments(work, UUID(complaint_id))


@asynccontextmanager
async def another(house: House, **changes: Any) -> AsyncIterator[House]:
    """The same house, as another process of complaints sees it."""
    app = create_app(SERVICE, house.settings("complaints", worker="off", **changes))
    async with app.router.lifespan_context(app):
        yield House(house.servers, {"complaints": app})


async def test_a_provider_keeps_no_more_than_its_quota(house: House, tenant: Tenant) -> None:
    async with (
        another(house, files_quota_mb=1) as small,
        small.client("complaints", tenant, "complaint_handler") as client,
    ):
        complaint = await receive(client)
        await add(client, complaint["id"], "a.txt", b"a" * 600_000)
        refused = made(await send(client, complaint["id"], "b.txt", b"b" * 600_000), 409)
        assert refused["type"] == "urn:surety:problem:over_quota"
        assert "0.6 MB of 1.0 MB" in refused["detail"]
        await add(client, complaint["id"], "again.txt", b"a" * 600_000)
        await add(client, complaint["id"], "c.txt", b"c" * 400_000)
        assert (await send(client, complaint["id"], "d.txt", b"d")).status_code == 409
    assert await used(house, tenant) == 1_000_000
    assert await left(house, tenant) == (2, 2, 3, 0)


async def test_what_a_crash_left_between_store_and_rows_is_swept_after_an_hour(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, complaint: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*args: Any) -> None:
        raise RuntimeError("the process is gone")

    monkeypatch.setattr("chassis.attachments.uploads._throw_away", die)
    monkeypatch.setattr("services.complaints.complaints.queries.shared", None)  # fails before the commit
    assert (await send(handler, complaint["id"], "a.pdf", PDF)).status_code == 500
    monkeypatch.undo()
    assert await left(house, tenant) == (1, 0, 0, 1)
    await sweep(house, after=timedelta(minutes=59))
    assert await left(house, tenant) == (1, 0, 0, 1), "an upload may still be at work"
    (orphan,) = objects(house, tenant)
    half = orphan.with_name(f"{orphan.name}#1")  # as a write that was cut off leaves it
    half.write_bytes(b"half")
    await asyncio.gather(*(sweep(house, after=timedelta(minutes=61)) for _ in range(3)))
    assert await left(house, tenant) == (0, 0, 0, 0)
    await add(handler, complaint["id"], "a.pdf", PDF)
    await sweep(house, after=timedelta(hours=2))
    assert await left(house, tenant) == (1, 1, 1, 0), "what a row holds stays"


async def test_a_commit_whose_answer_was_lost_keeps_its_content(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, complaint: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks after the commit, before the process hears of it."""
    commit = UnitOfWork.commit

    async def deaf(work: UnitOfWork) -> None:
        await commit(work)
        if work.entries:
            raise ConnectionError

    monkeypatch.setattr(UnitOfWork, "commit", deaf)
    assert (await send(handler, complaint["id"], "a.pdf", PDF)).status_code == 503
    monkeypatch.undo()
    assert await left(house, tenant) == (1, 1, 1, 0)
    (one,) = made(await handler.get(f"/v1/complaints/{complaint['id']}/attachments"))["items"]
    assert (await handler.get(await link(handler, complaint["id"], one["id"]))).content == PDF


async def test_a_store_that_is_away_refuses_and_is_tidied_when_it_is_back(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, complaint: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*args: Any, **named: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr("obstore.put_async", away)
    refused = await send(handler, complaint["id"], "a.pdf", PDF)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    monkeypatch.undo()
    assert await left(house, tenant) == (0, 0, 0, 1)
    await sweep(house, after=timedelta(minutes=61))
    assert await left(house, tenant) == (0, 0, 0, 0)


async def test_content_that_was_altered_or_lost_is_not_handed_out(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, complaint: Json
) -> None:
    added = await add(handler, complaint["id"], "a.pdf", PDF)
    address = await link(handler, complaint["id"], added["id"])
    (kept,) = objects(house, tenant)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    altered = await handler.get(address)
    kept.unlink()
    lost = await handler.get(address)
    for answer in (altered, lost):
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "content-disposition" not in answer.headers
    kept.write_bytes(whole)
    assert (await handler.get(address)).content == PDF


QUIET: dict[str, Any] = {"log_level": "critical", "access_log": False}


@asynccontextmanager
async def on_a_socket(house: House) -> AsyncIterator[str]:
    """Complaints as a process of its own serves it."""
    app = create_app(SERVICE, house.settings("complaints", worker="off"))
    async with served(uvicorn.Config(app, port=0, **QUIET)) as url:
        yield url


def pieces(whole: bytes) -> Iterator[bytes]:
    for start in range(0, len(whole), 65_536):
        yield whole[start : start + 65_536]


def form(content: bytes) -> tuple[bytes, str]:
    request = httpx.Request("POST", "http://x", files={"file": ("a.txt", content)}, data={"purpose": "evidence"})
    return request.read(), request.headers["content-type"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library leaves half a file open
async def test_an_upload_that_breaks_off_leaves_nothing_behind(house: House, tenant: Tenant, complaint: Json) -> None:
    body, content_type = form(b"a" * 5_000_000)
    token = house.token(tenant, "complaint_handler")
    async with on_a_socket(house) as url:
        host, _, port = url.removeprefix("http://").rpartition(":")
        for key in ("", f"Idempotency-Key: {uuid4()}\r\n"):
            _, writer = await asyncio.open_connection(host, int(port))
            head = (
                f"POST /v1/complaints/{complaint['id']}/attachments HTTP/1.1\r\nHost: x\r\n{key}"
                f"Authorization: Bearer {token}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body[:3_000_000])
            await writer.drain()
            writer.transport.abort()
        async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
            await add(client, complaint["id"], "whole.txt", b"whole")  # the process goes on
    assert await left(house, tenant) == (1, 1, 1, 0)


async def test_the_largest_file_passes_the_gateway_and_a_larger_one_does_not(house: House, tenant: Tenant) -> None:
    token = house.token(tenant, "complaint_handler")
    async with (
        on_a_socket(house) as url,
        gateway(house.servers, complaints_url=url, issuer="http://gateway.test") as edge,
    ):
        async with edge.client(token) as client:
            complaint = await receive(client)
            content = secrets.token_hex(4_950_000).encode()
            added = await add(client, complaint["id"], "large.txt", content)
            answer = await client.get(await link(client, complaint["id"], added["id"]))
            assert answer.content == content
            assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''large.txt"
            assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
            assert "sandbox" in answer.headers["content-security-policy"]
            declared = await send(client, complaint["id"], "larger.txt", content + b"a" * 200_000)
            assert made(declared, 413)["type"] == "urn:surety:problem:too_large"
            body, content_type = form(content + b"a" * 200_000)

            async def undeclared() -> AsyncIterator[bytes]:
                for piece in pieces(body):
                    yield piece

            for base in (edge.url, url):
                async with httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {token}"}) as other:
                    streamed = await other.post(
                        f"/v1/complaints/{complaint['id']}/attachments",
                        content=undeclared(),
                        headers={"Content-Type": content_type},
                    )
                    assert streamed.status_code == 413, streamed.text
                    json = await other.post("/v1/complaints", content=b" " * 1_000_001)
                    assert json.status_code == 413, "only an upload may be so large"
        async with edge.client() as public:
            receipt = await complain(public, tenant)
            address = f"/v1/public/{tenant.slug}/complaints/{receipt['receipt_number']}/attachments"
            sent = await public.post(
                address, files={"file": ("a.txt", b"a")}, headers={"Receipt-Code": receipt["receipt_code"]}
            )
            assert sent.status_code == 201, sent.text
    assert await left(house, tenant) == (2, 2, 2, 0)


class Bucket:
    """A bucket that speaks as much of S3 as is asked of it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.signed = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        method, path = scope["method"], scope["path"]
        self.asked.append((method, path))
        self.signed &= b"Credential=key-id/" in dict(scope["headers"]).get(b"authorization", b"")
        status, content = 200, b""
        if method == "PUT":
            self.objects[path] = body
        elif scope["query_string"].startswith(b"delete"):
            for key in re.findall(r"<Key>(.*?)</Key>", body.decode()):
                self.objects.pop(f"{path.rstrip('/')}/{key}", None)
                content += f"<Deleted><Key>{key}</Key></Deleted>".encode()
            content = b"<DeleteResult>" + content + b"</DeleteResult>"
        elif path in self.objects:
            content = self.objects[path]
        else:
            status = 404
        headers = [(b"content-length", str(len(content)).encode()), (b"etag", b'"1"')]
        headers.append((b"last-modified", b"Mon, 05 Jan 2026 09:00:00 GMT"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


async def test_a_bucket_of_s3_keeps_files_like_a_folder(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket()
    async with served(uvicorn.Config(bucket, port=0, lifespan="off", **QUIET)) as url:
        monkeypatch.setenv("AWS_REGION", "somewhere")
        keys = {"files_key_id": "key-id", "files_key_secret": "key-secret", "files_endpoint": url}
        store = FileStore(house.settings("complaints", files_url="s3://bucket/surety/complaints", **keys))
        await store.put("p/a", b"sealed" * 1_500_000)
        assert list(bucket.objects) == ["/bucket/surety/complaints/p/a"]
        assert await store.get("p/a") == b"sealed" * 1_500_000
        await store.remove("p/a")
        await store.remove("p/a")
        assert bucket.objects == {}
        with pytest.raises(Problem) as lost:
            await store.get("p/a")
        assert lost.value.kind.status == 500
        assert bucket.signed
    with pytest.raises(Problem) as away:
        await store.put("p/a", b"sealed")
    assert away.value.kind.status == 503
