"""Complaints by voice message: registered with the recording, which may say alone what they are about."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.make.complaints import Json, faulted, made, objected, timeline
from tests.make.files import PDF, TAKEN, link, recorded
from tests.make.handling import Desk, desk_of
from tests.make.house import House, Tenant

ADDRESS = "/v1/complaints/recorded"
VOICE = TAKEN["voice.ogg"][1]


@pytest.fixture
async def desk(quiet_house: House) -> AsyncIterator[Desk]:
    async with desk_of(quiet_house, await quiet_house.new_tenant()) as desk:
        yield desk


async def files_of(client: httpx.AsyncClient, record: Json) -> list[Json]:
    """The files of a complaint."""
    items: list[Json] = made(await client.get(f"/v1/complaints/{record['id']}/attachments"))["items"]
    return items


@pytest.mark.feature("C2", "C35")
@pytest.mark.clause("8.2", "8.2-11")
async def test_a_voice_message_is_a_complaint_without_a_line_of_words(desk: Desk) -> None:
    answer = await desk.by["handler"].post(ADDRESS, **recorded())
    record = made(answer, 201)
    assert answer.headers["Location"] == f"/v1/complaints/{record['id']}"
    assert (record["state"], record["words"], record["title"]) == ("received", "", None)
    (file,) = await files_of(desk.by["handler"], record)
    assert (file["purpose"], file["media_type"], file["name"]) == ("recording", "audio/ogg", "voice.ogg")
    heard = await desk.by["public"].get(await link(desk.by["handler"], record["id"], file["id"]))
    assert heard.content == VOICE
    entries = await timeline(desk.by["lead"], record["id"])
    assert [one["type"].split(".")[2] for one in entries] == ["received", "attachment_added"]
    assert entries[1]["data"]["attachment"]["sha256"] == file["sha256"]
    assert record["version"] == made(await desk.by["lead"].get(f"/v1/complaints/{record['id']}"))["version"] == 2


@pytest.mark.feature("C2")
@pytest.mark.clause("8.2")
async def test_neither_words_nor_a_recording_is_refused_and_nothing_is_left_of_another_file(desk: Desk) -> None:
    handler = desk.by["handler"]
    for words in (None, "", " "):
        answer = await handler.post("/v1/complaints", json={"words": words, "parties": [{"telephone": "+86 10 5555"}]})
        assert objected(answer) == ["words_missing"]
    assert faulted(await handler.post(ADDRESS, **recorded("note.pdf", PDF))) == [("/file", "sound_expected")]
    without = recorded()
    assert [one[0] for one in faulted(await handler.post(ADDRESS, data=without["data"]))] == ["/file"]
    assert objected(await handler.post(ADDRESS, **recorded(parties=[]))) == ["contact_missing"]
    assert made(await handler.get("/v1/complaints"))["items"] == []
    await desk.fire()
    store = desk.house.apps["complaints"].state.runtime.files
    assert not await store.remove_some(str(desk.tenant.id)), "whatever was refused is out of the store"


@pytest.mark.feature("C2")
async def test_a_recording_comes_beside_words_too_and_the_request_is_safe_to_repeat(desk: Desk) -> None:
    headers = {"Idempotency-Key": "voice-1"}
    body = recorded(words="She says what happened in the message.", title="门户中断")
    first = made(await desk.by["handler"].post(ADDRESS, **body, headers=headers), 201)
    again = made(await desk.by["handler"].post(ADDRESS, **body, headers=headers), 201)
    assert again == first
    assert (first["words"], first["title"]) == ("She says what happened in the message.", "门户中断")
    assert len(await files_of(desk.by["handler"], first)) == 1


@pytest.mark.feature("C2")
async def test_only_who_may_register_complaints_sends_a_recording(house: House, tenant: Tenant) -> None:
    for role, status in (("reader", 403), ("complaint_handler", 201)):
        async with house.client("complaints", tenant, role) as client:
            assert (await client.post(ADDRESS, **recorded())).status_code == status
    async with house.client("complaints") as nobody:
        assert (await nobody.post(ADDRESS, **recorded())).status_code == 401


@pytest.mark.feature("C31", "C35")
@pytest.mark.clause("8.2-11")
async def test_what_was_only_said_is_handled_found_and_printed_as_all_else(desk: Desk) -> None:
    record = made(await desk.by["handler"].post(ADDRESS, **recorded(title="门户中断")), 201)
    silent = made(await desk.by["handler"].post(ADDRESS, **recorded()), 201)
    await desk.fire()
    found = made(await desk.by["lead"].post("/v1/complaints/search", json={"text": "门户中断"}))["items"]
    assert [one["id"] for one in found] == [record["id"]]
    said = "By voice message: the recording is among the files."
    for where in ("registration-form", "dossier"):
        headers = {"Accept": "text/html", "Accept-Language": "en"}
        page = await desk.by["lead"].get(f"/v1/complaints/{silent['id']}/{where}", headers=headers)
        assert (page.status_code, page.text.count(said)) == (200, 1)
    person = f"/v1/services/complaints/persons/{silent['parties'][0]['id']}"
    told = made(await desk.by["administrator"].post(f"{person}/disclose"))["data"]
    assert (told["words"], [one["name"] for one in told["files"]]) == ("", ["voice.ogg"])
    made(await desk.by["administrator"].post(f"{person}/erase"))
    page = await desk.by["lead"].get(f"/v1/complaints/{silent['id']}/registration-form")
    assert said not in page.text
