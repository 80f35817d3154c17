"""Messages to people outside: sent as they are stored, in working hours, once; what fails is a fact on the record."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta

import asyncpg
import pytest

from chassis.messages.rules import LAST_TRY, wait_after
from chassis.settings import MailServer
from deploy.throwaway import Servers
from services.complaints.notices.actions import ACKNOWLEDGEMENT
from tests.integration.test_sealing_of_complaints import all_logs, found_in_tables
from tests.make.complaints import SetClock, acknowledge, faulted, made, moment, objected, open_channel, timeline
from tests.make.house import migrated_servers
from tests.make.mail import SENDER, Desk, Post, Timed, at, desk, post_office, timed_complaints

MONDAY = at("2030-03-04T10:00")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FAILED = "complaints.complaint.notice_failed.v1"


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Databases on which nobody else works."""
    with migrated_servers() as own:
        yield own


@pytest.fixture(scope="module")
async def timed(servers: Servers) -> AsyncIterator[Timed]:
    async with timed_complaints(servers, SetClock(MONDAY)) as house:
        yield house


@pytest.fixture
def clock(timed: Timed) -> SetClock:
    clock = timed.clock
    assert isinstance(clock, SetClock)
    clock.now = MONDAY
    return clock


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with post_office() as post:
        yield post


@pytest.fixture
async def office(timed: Timed, clock: SetClock, post: Post) -> AsyncIterator[Desk]:
    """Complaints of one provider, with a mail server."""
    async with desk(timed, clock, post) as office:
        yield office


@pytest.fixture
async def bare(timed: Timed, clock: SetClock) -> AsyncIterator[Desk]:
    """Complaints of one provider, without a mail server."""
    async with desk(timed, clock, None) as bare:
        yield bare


async def types(office: Desk, record_id: str) -> list[str]:
    """The types of a record's entries in the journal."""
    connection = await asyncpg.connect(office.house.servers.postgres.dsn("complaints"))
    try:
        query = "SELECT type FROM journal WHERE provider_id = $1 AND subject = $2 ORDER BY version"
        return [row[0] for row in await connection.fetch(query, office.tenant.id, record_id)]
    finally:
        await connection.close()


@pytest.mark.feature("C5")
@pytest.mark.clause("8.2", "8.2-9")
async def test_a_message_is_sent_exactly_as_it_is_stored_and_acknowledges(office: Desk, post: Post) -> None:
    await open_channel(office.client, next_review_on="2031-03-04")
    complaint = await office.receive(channel="hotline")
    assert (await office.message_of(complaint))["state"] == "waiting"
    await office.turn(MINUTE)
    (taken,), stored = post.taken, await office.message_of(complaint)
    assert (taken.sender, taken.recipients) == (SENDER, ["wang.fang@customer.example"])
    assert stored["mail"].encode() == taken.content
    assert stored["sha256"] == taken.sha256
    assert (stored["state"], stored["tries"], stored["fault"]) == ("sent", 1, None)
    mail = taken.parsed
    assert mail["Subject"] == stored["subject"] == f"您的投诉（{complaint['receipt_number']}）已收悉"
    assert mail.get_content().replace("\r\n", "\n") == stored["text"]
    assert "示范供方已于2030年3月4日 10:00（中国标准时间）收到您的投诉" in stored["text"]
    told = "- 告知收悉：8 个工作小时内，即2030年3月5日 10:00（中国标准时间）之前\n"
    answered = "- 办结并答复：80 个工作小时内，即2030年3月18日 10:00（中国标准时间）之前\n"
    assert told + answered in stored["text"]
    assert "第 1 版" in stored["text"]
    assert complaint["receipt_code"] not in json.dumps(stored)
    assert complaint["words"] not in json.dumps(stored)
    assert mail["Message-ID"] == f"<{stored['id']}@provider.example>"
    assert (mail["Auto-Submitted"], mail["From"].addresses[0].display_name) == ("auto-generated", "示范供方")
    assert {"name": "Message-ID", "value": mail["Message-ID"]} in stored["headers"]


@pytest.mark.feature("C5")
@pytest.mark.clause("8.2")
async def test_what_was_sent_is_the_contact_that_acknowledges(office: Desk) -> None:
    await open_channel(office.client, next_review_on="2031-03-04")
    complaint = await office.receive(channel="hotline", language="en")
    await office.turn(MINUTE)
    stored = await office.message_of(complaint)
    entry = (await timeline(office.client, complaint["id"]))[-1]
    assert (entry["type"], entry["actor"]) == ("complaints.complaint.acknowledged.v1", "system")
    contact = entry["contact"]
    assert (contact["method"], contact["told"]) == ("email", ["limits", "receipt_number"])
    assert contact["quoted"] == {
        "channel": "hotline",
        "channel_version": 1,
        "limits": {"acknowledge": 8, "decide": 80},
        "due": {"acknowledge": "2030-03-05T02:00:00+00:00", "decide": "2030-03-18T02:00:00+00:00"},
        "calendar": 1,
    }
    assert contact["message_id"] == stored["id"]
    assert contact["party_id"] == complaint["parties"][0]["id"] == stored["person_id"]
    content = (ACKNOWLEDGEMENT.folder / "acknowledgement.en.txt").read_bytes()
    assert stored["template_version"] == hashlib.sha256(content).hexdigest()[:12]
    assert contact["template"] == f"acknowledgement-en-{stored['template_version']}"
    assert moment(contact["at"]) == moment(stored["sent_at"])
    assert (await office.read(complaint))["state"] == "acknowledged"
    assert "March 4, 2030, 10:00\u202fAM (China Standard Time)" in stored["text"]
    assert await types(office, stored["id"]) == ["complaints.message.queued.v1", "complaints.message.sent.v1"]


async def test_a_complaint_that_was_acknowledged_meanwhile_is_not_acknowledged_again(office: Desk) -> None:
    complaint = await office.receive()
    await acknowledge(office.client, complaint["id"])
    await office.turn(MINUTE)
    assert (await office.message_of(complaint))["state"] == "sent"
    assert len(await timeline(office.client, complaint["id"])) == 2


async def test_nobody_without_an_address_and_nobody_complained_about_is_written_to(office: Desk) -> None:
    subject = {"role": "subject", "name": "李雷", "email": "li.lei@provider.example"}
    for parties in ([{"telephone": "+86 138 0000 0000"}, subject], [{"email": "王@customer.example"}]):
        complaint = await office.receive(parties=parties)
        answer = await office.client.get("/v1/services/complaints/messages", params={"record_id": complaint["id"]})
        assert made(answer)["items"] == []


@pytest.mark.parametrize(
    ("received", "days", "sent"),
    [
        ("2030-03-04T12:30", {}, "2030-03-04T13:00"),
        ("2030-03-08T18:00", {}, "2030-03-11T09:00"),
        ("2030-03-08T19:00", {date(2030, 3, 9): [("09:00", "12:00")]}, "2030-03-09T09:00"),
        ("2030-03-03T23:00", {date(2030, 3, 4): []}, "2030-03-05T09:00"),
    ],
    ids=["at noon", "at the weekend", "before a make-up Saturday", "before a holiday"],
)
async def test_out_of_hours_a_message_waits_for_the_next_working_minute(
    office: Desk, post: Post, received: str, days: dict[date, list[tuple[str, str]]], sent: str
) -> None:
    office.clock.now = at(received)
    await office.keep_calendar(2, days)
    complaint = await office.receive()
    assert moment((await office.message_of(complaint))["not_before"]) == at(sent)
    office.clock.now = at(sent) - timedelta(seconds=1)
    await office.turn()
    assert post.taken == []
    await office.turn(timedelta(seconds=1))
    assert len(post.taken) == 1


async def test_a_try_that_would_fall_out_of_hours_waits_for_the_next_morning(office: Desk, post: Post) -> None:
    office.clock.now = at("2030-03-04T17:59:30")
    complaint = await office.receive()
    post.contents = ["451 try again"]
    await office.turn()
    await office.turn(MINUTE)
    assert post.taken == []
    assert moment((await office.message_of(complaint))["not_before"]) == at("2030-03-05T09:00")
    office.clock.now = at("2030-03-05T09:00")
    await office.turn()
    assert len(post.taken) == 1


async def test_what_is_not_taken_for_the_moment_is_tried_again_as_the_same_message(office: Desk, post: Post) -> None:
    complaint = await office.receive()
    post.recipients = ["450 {address} is busy"]
    await office.turn()
    first = await office.message_of(complaint)
    assert (first["state"], first["tries"], first["fault"]) == ("waiting", 1, "smtp_450")
    assert "wang.fang@customer.example is busy" in first["diagnostic"]
    assert moment(first["not_before"]) == MONDAY + MINUTE
    await office.turn(timedelta(seconds=59))
    assert post.taken == []
    await office.turn(timedelta(seconds=1))
    second = await office.message_of(complaint)
    assert (second["state"], second["tries"], second["fault"]) == ("sent", 2, None)
    assert second["mail"] == first["mail"] == post.taken[0].content.decode()


async def test_a_server_that_is_away_is_asked_ever_more_seldom_and_given_up_after_a_day(
    timed: Timed, clock: SetClock, servers: Servers
) -> None:
    nobody = Post(server=MailServer("127.0.0.1", 9, "none", None, None, SENDER))
    async with desk(timed, clock, nobody) as office:
        complaint = await office.receive()
        await office.turn()
        first = await office.message_of(complaint)
        assert (first["state"], first["fault"]) == ("waiting", "not_connected")
        waits = []
        while (seen := await office.message_of(complaint))["state"] == "waiting":
            waits.append(moment(seen["not_before"]) - clock.now)
            clock.now = moment(seen["not_before"])
            await office.turn()
        assert waits[:6] == [MINUTE * 2**n for n in range(6)]
        assert seen["tries"] == LAST_TRY
        assert (await office.read(complaint))["acknowledgement_failed"]
    whole = sum((wait_after(tries) for tries in range(1, LAST_TRY)), timedelta(0))
    assert DAY - timedelta(hours=1) < whole < DAY
    assert wait_after(LAST_TRY) == timedelta(hours=1)


@pytest.mark.clause("8.2")
@pytest.mark.parametrize("refused_at", ["recipients", "contents"])
async def test_a_refusal_is_final_and_a_fact_on_the_complaint(office: Desk, post: Post, refused_at: str) -> None:
    complaint = await office.receive()
    setattr(post, refused_at, ["550 no such person"])
    await office.turn()
    await office.turn(timedelta(hours=2))
    message, after = await office.message_of(complaint), await office.read(complaint)
    assert (message["state"], message["tries"], message["fault"]) == ("refused", 1, "smtp_550")
    assert "no such person" in message["diagnostic"]
    assert post.taken == []
    assert (after["state"], after["acknowledgement_failed"]) == ("received", True)
    entry = (await timeline(office.client, complaint["id"]))[-1]
    assert (entry["type"], entry["contact"]) == (FAILED, None)
    assert entry["data"]["message_id"] == message["id"]
    assert (entry["data"]["kind"], entry["data"]["fault"]) == ("acknowledgement", "smtp_550")
    told = await acknowledge(office.client, complaint["id"])
    assert (told["state"], told["acknowledgement_failed"]) == ("acknowledged", False)


async def test_a_login_that_is_refused_is_no_refusal_of_the_message(office: Desk, post: Post) -> None:
    assert post.server is not None
    host, port = post.server.host, post.server.port
    post.server = MailServer(host, port, "none", "user", "password", SENDER)
    complaint = await office.receive()
    await office.turn()
    message = await office.message_of(complaint)
    assert message["state"] == "waiting"
    assert message["fault"] is not None


@pytest.mark.clause("8.2")
async def test_what_came_back_does_not_count_as_told(office: Desk) -> None:
    complaint = await office.receive()
    await office.turn()
    message = await office.message_of(complaint)
    assert [one["step"] for one in message["open_steps"]] == ["bounce"]
    told = made(await office.bounce(message, code="5.1.1", diagnostic="wang.fang@customer.example: unknown user"))
    assert (told["state"], told["fault"]) == ("bounced", "5.1.1")
    assert told["diagnostic"] == "wang.fang@customer.example: unknown user"
    await office.turn()
    after = await office.read(complaint)
    assert (after["state"], after["acknowledgement_failed"]) == ("acknowledged", True), "states never move backwards"
    kinds = [entry["type"].split(".")[2] for entry in await timeline(office.client, complaint["id"])]
    assert kinds == ["received", "acknowledged", "notice_failed"]
    assert objected(await office.bounce(message)) == ["wrong_state"]


async def test_a_bounce_after_somebody_called_leaves_the_acknowledgement_whole(office: Desk) -> None:
    complaint = await office.receive()
    await acknowledge(office.client, complaint["id"])
    await office.turn()
    made(await office.bounce(await office.message_of(complaint)))
    await office.turn()
    assert not (await office.read(complaint))["acknowledgement_failed"]
    assert (await timeline(office.client, complaint["id"]))[-1]["type"] == FAILED


async def test_a_bounce_that_is_known_before_the_complaint_heard_of_the_sending_does_not_acknowledge(
    office: Desk,
) -> None:
    complaint = await office.receive()
    await office.dispatch().send_due()
    made(await office.bounce(await office.message_of(complaint)))
    await office.turn()
    after = await office.read(complaint)
    assert (after["state"], after["acknowledgement_failed"]) == ("received", True)


async def test_what_was_never_handed_over_cannot_come_back(office: Desk) -> None:
    message = await office.message_of(await office.receive())
    assert objected(await office.bounce(message)) == ["never_tried"]
    assert faulted(await office.bounce(message, code="unknown")) == [("/code", "pattern")]


async def test_two_workers_send_once(office: Desk, post: Post) -> None:
    complaints = [await office.receive() for _ in range(8)]
    while sum(await asyncio.gather(*(office.dispatch().send_due() for _ in range(2)))):
        pass
    assert len(post.taken) == len(complaints)
    assert len({taken.parsed["Message-ID"] for taken in post.taken}) == len(complaints)


async def test_a_worker_that_dies_after_the_servers_yes_has_it_sent_again_as_the_same_message(
    office: Desk, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = await office.receive()
    dying = office.dispatch()

    async def die(*_: object) -> None:
        raise RuntimeError("the worker dies here")

    monkeypatch.setattr(dying, "_settle", die)
    await dying.send_due()
    assert (await office.message_of(complaint))["tries"] == 1
    await office.turn(timedelta(seconds=59))
    assert len(post.taken) == 1
    await office.turn(timedelta(seconds=1))
    first, second = post.taken
    assert first.content == second.content
    assert (await office.message_of(complaint))["state"] == "sent"


async def test_without_a_mail_server_a_message_is_kept_and_acknowledges_nothing(bare: Desk) -> None:
    complaint = await bare.receive()
    await bare.turn(DAY)
    message = await bare.message_of(complaint)
    assert (message["state"], message["tries"]) == ("kept", 0)
    assert (message["mail"], message["headers"], message["sha256"]) == (None, None, None)
    assert complaint["receipt_number"] in message["subject"]
    assert message["recipient"] == "wang.fang@customer.example"
    after = await bare.read(complaint)
    assert (after["state"], after["acknowledgement_failed"]) == ("received", False)


async def test_a_list_shows_no_recipient(office: Desk) -> None:
    complaint = await office.receive()
    await office.turn()
    address = "/v1/services/complaints/messages"
    for filters in ({"state": "sent"}, {"kind": "acknowledgement"}, {"record_id": complaint["id"]}):
        (item,) = made(await office.client.get(address, params=filters))["items"]
        assert item["recipient"] == "w***@customer.example"
        assert not {"subject", "text", "mail"} & item.keys()
    assert made(await office.client.get(address, params={"state": "kept"}))["items"] == []


async def test_what_was_sent_to_an_erased_person_cannot_be_read_but_happened(office: Desk, post: Post) -> None:
    complaint = await office.receive()
    await office.turn()
    before = await office.message_of(complaint)
    await office.forget(before["person_id"])
    after = await office.message_of(complaint)
    gone = {"recipient", "subject", "text", "mail", "headers", "diagnostic"}
    assert {name for name in gone if after[name] is not None} == set()
    assert {name for name in after if name not in gone and after[name] != before[name]} == set()
    assert after["sha256"] == post.taken[0].sha256


async def test_nothing_is_sent_to_a_person_who_was_erased_before(office: Desk, post: Post) -> None:
    complaint = await office.receive()
    await office.forget(complaint["parties"][0]["id"])
    await office.turn()
    message = await office.message_of(complaint)
    assert (message["state"], message["fault"], post.taken) == ("failed", "recipient_erased", [])


async def test_neither_words_nor_addresses_leave_the_sealed_rows(office: Desk, post: Post) -> None:
    canary = f"canary{secrets.token_hex(12)}"
    party = {"name": canary, "email": f"{canary}@customer.example"}
    with all_logs() as logged:
        post.recipients = ["450 {address} is busy", "550 {address} is unknown"]
        for _ in range(2):
            await office.receive(parties=[party], words=canary)
            await office.turn()
        await office.turn(MINUTE)
        sent = await office.receive(parties=[party], words=canary)
        await office.turn()
        made(await office.bounce(await office.message_of(sent), diagnostic=f"{canary} is unknown"))
        await office.turn()
    assert [taken.recipients for taken in post.taken] == [[party["email"]]] * 2
    assert "a message was not taken" in logged.getvalue()
    assert canary not in logged.getvalue()
    subject = (await office.message_of(sent))["subject"]
    forms = {"canary": canary, "as bytes": canary.encode().hex(), "subject": subject}
    assert await found_in_tables(office.house, "complaints", forms) == []
