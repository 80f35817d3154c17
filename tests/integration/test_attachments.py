"""Files of complaints: taken, refused, listed, handed out by short-lived links, each step journalled."""

import hashlib
import io
import secrets
import string
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from tests.make.complaints import Json, SetClock, complain, complaints_by, faulted, made, moment, objected, receive
from tests.make.complaints import timeline as timeline_of
from tests.make.files import CANARY, PDF, TAKEN, add, link, office, package, photograph, picture, send
from tests.make.house import House, Tenant

ALPHABET = string.ascii_letters + string.digits + "-_"


@pytest.fixture
async def handler(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        yield client


@pytest.fixture
async def complaint(handler: httpx.AsyncClient) -> Json:
    return await receive(handler)


@pytest.fixture
async def public(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints") as client:
        yield client


def listed(complaint_id: str) -> str:
    return f"/v1/complaints/{complaint_id}/attachments"


async def opened_entries(house: House, tenant: Tenant, attachment_id: str) -> list[Any]:
    """The journal of an attachment: version, actor, type, data."""
    async with house.database("complaints").connection(f"BEGIN; SET LOCAL app.provider_id = '{tenant.id}'") as (
        _,
        driver,
    ):
        query = "SELECT version, actor, type, data::text FROM journal WHERE subject = $1 ORDER BY version"
        return list(await driver.fetch(query, attachment_id))


@pytest.mark.parametrize("name", TAKEN)
async def test_a_file_comes_back_as_it_was_kept(
    handler: httpx.AsyncClient, public: httpx.AsyncClient, complaint: Json, name: str
) -> None:
    media_type, content = TAKEN[name]
    added = await add(handler, complaint["id"], name, content)
    assert (added["media_type"], added["name"]) == (media_type, name)
    assert (added["size"], added["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    answer = await public.get(await link(handler, complaint["id"], added["id"]))
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == added["stored_sha256"]
    assert len(answer.content) == added["stored_size"]
    if not media_type.startswith("image/"):
        assert answer.content == content


async def test_no_browser_shows_a_file_in_place(
    handler: httpx.AsyncClient, public: httpx.AsyncClient, complaint: Json
) -> None:
    added = await add(handler, complaint["id"], "投诉 附件;'.pdf", PDF)
    answer = await public.get(await link(handler, complaint["id"], added["id"]))
    headers = answer.headers
    assert headers["content-disposition"] == (
        "attachment; filename*=UTF-8''%E6%8A%95%E8%AF%89%20%E9%99%84%E4%BB%B6%3B%27.pdf"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["content-length"] == str(len(PDF))


async def test_a_photograph_tells_nobody_where_it_was_taken(
    handler: httpx.AsyncClient, public: httpx.AsyncClient, complaint: Json
) -> None:
    before = photograph("JPEG", orientation=6)
    added = await add(handler, complaint["id"], "photo.jpg", before)
    assert added["sha256"] == hashlib.sha256(before).hexdigest() != added["stored_sha256"]
    after = (await public.get(await link(handler, complaint["id"], added["id"]))).content
    assert CANARY.encode() in before
    assert CANARY.encode() not in after
    with Image.open(io.BytesIO(after)) as image:
        assert image.size == (30, 40), "it is turned as it is to be seen"
        assert not dict(image.getexif())


REFUSED = {
    "a program": ("run.bin", b"MZ\x90\0" + bytes(100), 415),
    "macros": ("letter.docx", office("word/document.xml", "word/vbaProject.bin"), 415),
    "an archive": ("files.zip", package(("a.txt", "x")), 415),
    "a belying name": ("page.html", b"<script>alert(1)</script>", 415),
    "an empty file": ("a.txt", b"", 422),
    "a damaged image": ("a.png", picture("PNG", (300, 300))[:200], 422),
    "an image that moves": ("a.gif", picture("GIF"), 415),
    "a large file": ("a.txt", b"a" * 10_000_001, 413),
    "a larger body": ("a.txt", b"a" * 10_100_000, 413),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_refused_file_leaves_nothing_behind(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, complaint: Json, case: str
) -> None:
    name, content, status = REFUSED[case]
    for language, script in (("en", str.isascii), ("zh-CN", lambda text: not text.isascii())):
        handler.headers["Accept-Language"] = language
        answer = await send(handler, complaint["id"], name, content)
        assert answer.status_code == status, answer.text
        said = [answer.json()["detail"], *(one["detail"] for one in answer.json().get("errors", []))]
        assert all(script(one) for one in said)
    assert made(await handler.get(listed(complaint["id"])))["items"] == []
    assert len(await timeline_of(handler, complaint["id"])) == 1
    assert not list((house.servers.folder / "files" / "complaints").glob(f"{tenant.id}/*"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library leaves half a file open
async def test_a_form_that_is_not_whole_is_refused(handler: httpx.AsyncClient, complaint: Json) -> None:
    address = listed(complaint["id"])
    file = {"file": ("a.pdf", PDF)}
    assert ("/purpose", "missing") in faulted(await handler.post(address, files=file))
    assert ("/file", "missing") in faulted(await handler.post(address, data={"purpose": "evidence"}))
    assert faulted(await send(handler, complaint["id"], "a.pdf", PDF, purpose="fun")) == [
        ("/purpose", "unknown_purpose")
    ]
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    refused = await send(handler, complaint["id"], "a.pdf", PDF, effective_at=later)
    assert faulted(refused) == [("/effective_at", "in_future")]
    refused = await send(handler, complaint["id"], "a.pdf", PDF, effective_at="1700000000")
    assert faulted(refused) == [("/effective_at", "datetime_parsing")]
    assert (await handler.post(address, json={"purpose": "evidence"})).status_code == 422
    half = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert (await handler.post(address, content=half, headers=headers)).status_code in {400, 422}
    assert made(await handler.get(address))["items"] == []


@pytest.mark.clause("8.2-11")
async def test_a_file_stands_in_the_timeline_with_its_hash(handler: httpx.AsyncClient, complaint: Json) -> None:
    then = "2026-01-05T09:00:00+08:00"
    added = await add(handler, complaint["id"], "投诉信.pdf", PDF, purpose="correspondence", effective_at=then)
    assert moment(added["effective_at"]) == moment(then)
    assert moment(added["received_at"]) > moment(then)
    read = await handler.get(f"/v1/complaints/{complaint['id']}")
    assert read.json()["version"] == complaint["version"] + 1
    entry = (await timeline_of(handler, complaint["id"]))[-1]
    assert (entry["version"], entry["type"]) == (2, "complaints.complaint.attachment_added.v1")
    assert entry["data"]["attachment"] == {
        "attachment_id": added["id"],
        "purpose": "correspondence",
        "media_type": "application/pdf",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "stored_sha256": hashlib.sha256(PDF).hexdigest(),
        "effective_at": "2026-01-05T01:00:00Z",
    }
    assert "投诉信" not in str(entry)


async def test_each_playback_is_journalled_for_whoever_asked_for_the_link(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, public: httpx.AsyncClient, complaint: Json
) -> None:
    recording = await add(handler, complaint["id"], "call.wav", TAKEN["call.wav"][1], purpose="recording")
    address = await link(handler, complaint["id"], recording["id"])
    assert await opened_entries(house, tenant, recording["id"]) == [], "asking for a link is not yet listening"
    for _ in range(2):
        assert (await public.get(address)).status_code == 200
    entries = await opened_entries(house, tenant, recording["id"])
    assert [row["version"] for row in entries] == [1, 2]
    assert {row["actor"] for row in entries} == {recording["added_by"]}
    assert {row["type"] for row in entries} == {"complaints.attachment.opened.v1"}
    assert complaint["id"] in entries[0]["data"]
    read = made(await handler.get(f"{listed(complaint['id'])}/{recording['id']}"))
    assert read["times_opened"] == 2
    whole = made(await handler.get(f"/v1/complaints/{complaint['id']}"))
    assert whole["version"] == 2, "who reads changes nothing of the complaint"


@pytest.mark.feature("C35")
@pytest.mark.clause("8.2-4", "8.2-11")
async def test_the_timeline_tells_who_played_a_recording_back_and_when(
    handler: httpx.AsyncClient, public: httpx.AsyncClient, complaint: Json
) -> None:
    recording = await add(handler, complaint["id"], "call.wav", TAKEN["call.wav"][1], purpose="recording")
    unheard = await add(handler, complaint["id"], "call.wav", TAKEN["call.wav"][1], purpose="recording")
    for _ in range(3):
        assert (await public.get(await link(handler, complaint["id"], recording["id"]))).status_code == 200
    received, played, not_played = await timeline_of(handler, complaint["id"])
    assert (received["openings"], not_played["openings"]) == ([], [])
    assert [file["data"]["attachment"]["attachment_id"] for file in (played, not_played)] == [
        recording["id"],
        unheard["id"],
    ]
    assert {one["actor"] for one in played["openings"]} == {recording["added_by"]}
    times = [moment(one["at"]) for one in played["openings"]]
    assert (len(times), times) == (3, sorted(times))
    assert moment(played["at"]) < times[0]
    page = (await handler.get(f"/v1/complaints/{complaint['id']}/dossier", headers={"Accept": "text/html"})).text
    assert page.count("Opened") == 3


async def test_the_list_has_pages_with_names(handler: httpx.AsyncClient, complaint: Json) -> None:
    names = [f"{number}.txt" for number in range(3)]
    for name in names:
        await add(handler, complaint["id"], name, name.encode())
    other = await receive(handler)
    await add(handler, other["id"], "other.txt", b"other")
    address, seen, cursor = listed(complaint["id"]), [], None
    for _ in range(3):
        page = made(await handler.get(address, params={"limit": 1} | ({"cursor": cursor} if cursor else {})))
        seen += [one["name"] for one in page["items"]]
        cursor = page["next"]
    assert (seen, cursor) == (names[::-1], None)
    oldest = made(await handler.get(address, params={"sort": "received_at"}))
    assert [one["name"] for one in oldest["items"]] == names


async def test_an_attachment_belongs_to_its_complaint_alone(handler: httpx.AsyncClient, complaint: Json) -> None:
    added = await add(handler, complaint["id"], "a.pdf", PDF)
    other = await receive(handler)
    assert (await handler.get(f"{listed(other['id'])}/{added['id']}")).status_code == 404
    assert (await handler.post(f"{listed(other['id'])}/{added['id']}/link")).status_code == 404


async def test_a_link_ends_after_five_minutes(house: House, tenant: Tenant) -> None:
    clock = SetClock(datetime.now(UTC) - timedelta(minutes=30))  # an hour ago the store would be cleared of it now
    async with complaints_by(house, clock) as early, early.client("complaints", tenant, "complaint_handler") as client:
        client.headers["Authorization"] = f"Bearer {token_at(early, tenant, clock)}"
        complaint = await receive(client)
        added = await add(client, complaint["id"], "a.pdf", PDF)
        address = await link(client, complaint["id"], added["id"])
        clock.forward(timedelta(minutes=4, seconds=58))
        assert (await client.get(address)).status_code == 200
        clock.forward(timedelta(seconds=2))
        assert (await client.get(address)).status_code == 404


def token_at(house: House, tenant: Tenant, clock: SetClock) -> str:
    issuer = house.issuer()
    issuer._clock = clock
    client_id = uuid4()
    return issuer.issue(subject=client_id, client_id=client_id, provider_id=tenant.id, scope=["complaint_handler"])[0]


async def test_a_link_is_nobody_elses_and_cannot_be_altered(
    handler: httpx.AsyncClient, public: httpx.AsyncClient, other_tenant: Tenant, complaint: Json
) -> None:
    added = await add(handler, complaint["id"], "a.pdf", PDF)
    address = await link(handler, complaint["id"], added["id"])
    before, _, token = address.rpartition("/")
    for wrong in (
        f"{'A' if token[0] != 'A' else 'B'}{token[1:]}",
        f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        token[:30],
        *(f"{token[:-1]}{last}" for last in ALPHABET if last != token[-1]),
        f"{token}=",
        "x",
        "%00",
        "é",
        token * 2,
    ):
        assert (await public.get(f"{before}/{wrong}")).status_code == 404, wrong
    theirs = f"/v1/public/{other_tenant.slug}/complaints/files/{token}"
    assert (await public.get(theirs)).status_code == 404
    assert (await public.get(address)).status_code == 200


async def test_a_repeated_upload_with_its_key_adds_one_file(handler: httpx.AsyncClient, complaint: Json) -> None:
    handler.headers["Idempotency-Key"] = str(uuid4())
    first = await send(handler, complaint["id"], "a.pdf", PDF)
    again = await send(handler, complaint["id"], "a.pdf", PDF)  # with another boundary, as clients draw it
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await send(handler, complaint["id"], "b.pdf", PDF)).status_code == 422
    del handler.headers["Idempotency-Key"]
    assert len(made(await handler.get(listed(complaint["id"])))["items"]) == 1


async def test_who_may_only_read_complaints_adds_no_file_and_who_takes_them_in_reads_none(
    house: House, tenant: Tenant, complaint: Json
) -> None:
    async with house.client("complaints", tenant, "reader") as reader:
        assert (await send(reader, complaint["id"], "a.pdf", PDF)).status_code == 403
        assert (await reader.get(listed(complaint["id"]))).status_code == 403, "who sees persons masked sees no files"
    async with house.client("complaints", tenant, "staff") as staff:
        added = await add(staff, complaint["id"], "a.pdf", PDF)
        assert (await staff.get(listed(complaint["id"]))).status_code == 403
        assert (await staff.post(f"{listed(complaint['id'])}/{added['id']}/link")).status_code == 403


@pytest.mark.feature("C4")
async def test_who_holds_the_receipt_sends_five_files(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, public: httpx.AsyncClient
) -> None:
    receipt = await complain(public, tenant)
    address = f"/v1/public/{tenant.slug}/complaints/{receipt['receipt_number']}/attachments"
    code = {"Receipt-Code": receipt["receipt_code"]}
    for number in range(5):
        content = f"{number}".encode()
        sent = made(await public.post(address, files={"file": ("说明.txt", content)}, headers=code), 201)
        assert sent["sha256"] == hashlib.sha256(content).hexdigest()
        assert sent.keys() == {"id", "name", "media_type", "size", "sha256", "received_at"}
    refused = await public.post(address, files={"file": ("6.txt", b"6")}, headers=code)
    assert objected(refused) == ["too_many_attachments"]
    found = made(await handler.get("/v1/complaints"))["items"][0]
    files = made(await handler.get(listed(found["id"])))["items"]
    assert {(one["purpose"], one["added_by"], one["name"]) for one in files} == {("evidence", "public", "说明.txt")}
    await add(handler, found["id"], "of staff.txt", b"7")


async def test_a_wrong_code_sends_no_file_and_is_counted(
    house: House, tenant: Tenant, public: httpx.AsyncClient
) -> None:
    receipt = await complain(public, tenant)
    address = f"/v1/public/{tenant.slug}/complaints/{receipt['receipt_number']}"
    file = {"file": ("a.txt", b"a")}
    wrong = {"Receipt-Code": "0000000000"}
    for _ in range(5):
        assert (await public.post(f"{address}/attachments", files=file, headers=wrong)).status_code == 404
    right = {"Receipt-Code": receipt["receipt_code"]}
    for answer in (
        await public.post(f"{address}/attachments", files=file, headers=right),
        await public.get(address, headers=right),
    ):
        assert answer.status_code == 429
    assert not list((house.servers.folder / "files" / "complaints").glob(f"{tenant.id}/*"))


async def test_no_record_has_more_than_a_hundred_files(
    house: House, tenant: Tenant, handler: httpx.AsyncClient, complaint: Json
) -> None:
    added = await add(handler, complaint["id"], "a.pdf", PDF)
    async with house.database("complaints").connection(f"BEGIN; SET LOCAL app.provider_id = '{tenant.id}'") as (
        _,
        driver,
    ):
        await driver.execute(
            "INSERT INTO attachment SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid()))).*"
            " FROM attachment AS a, generate_series(1, 99) WHERE a.id = $1",
            added["id"],
        )
    assert objected(await send(handler, complaint["id"], "b.txt", secrets.token_hex().encode())) == [
        "too_many_attachments"
    ]
