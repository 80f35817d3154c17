"""What a complaint holds of persons stands nowhere in plain text, and ends with a person's key."""

import hashlib
import io
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis.logs import configure_logs
from tests.make.broker import until, until_async
from tests.make.complaints import acknowledge, complain, complaint, contact, made, receive, timeline
from tests.make.house import House, Tenant

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"


@dataclass
class Canaries:
    """A value for each personal field that can stand nowhere by chance."""

    planted: dict[str, str] = field(default_factory=dict)

    def plant(self, name: str) -> str:
        value = f"canary{secrets.token_hex(12)}"
        self.planted[name] = value
        return value

    def telephone(self, name: str) -> str:
        digits = f"+86 139{secrets.randbelow(10**14):014d}"
        self.planted[name] = digits.removeprefix("+86 ")
        return digits

    def party(self, who: str, role: str) -> dict[str, str]:
        return {
            "role": role,
            "name": f"王{self.plant(f'{who} name')}",
            "telephone": self.telephone(f"{who} telephone"),
            "email": f"{self.plant(f'{who} email')}@customer.example",
            "address": f"上海市\n{self.plant(f'{who} address')}",
        }

    def forms(self) -> dict[str, str]:
        """What must be found nowhere: the values, as bytes are shown, and as a hash that anybody can make."""
        found = {}
        for name, value in self.planted.items():
            found[name] = value
            found[f"{name}, as bytes"] = value.encode().hex()
            for whole in (value, f"86{value}", f"{value}@customer.example"):
                found[f"{name}, hash of {whole}"] = hashlib.sha256(whole.encode()).hexdigest()
        return found


@pytest.fixture
async def handler(house: House, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client("complaints", tenant, "complaint_handler") as client:
        yield client


@asynccontextmanager
async def superuser(house: House, service: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(house.servers.postgres.dsn(service))
    try:
        yield connection
    finally:
        await connection.close()


async def found_in_tables(house: House, service: str, forms: dict[str, str]) -> list[str]:
    """Which of the values stand in any column of any table of a service, and where."""
    hits = []
    async with superuser(house, service) as connection:
        for table in [row[0] for row in await connection.fetch(TABLES)]:
            query = (
                f'SELECT DISTINCT value FROM "{table}" AS t, unnest($1::text[]) value WHERE strpos(t::text, value) > 0'
            )
            there = {row[0] for row in await connection.fetch(query, list(forms.values()))}
            hits += [f"{name} in {service}.{table}" for name, value in forms.items() if value in there]
    return hits


def found_in_messages(store: Path, value: str) -> bool:
    """Whether a value stands in any message that the broker keeps."""
    return any(value.encode() in block.read_bytes() for block in store.rglob("*.blk"))


@contextmanager
def all_logs() -> Iterator[io.StringIO]:
    """Everything that the process logs at its most talkative."""
    logged = io.StringIO()
    with redirect_stdout(logged):
        configure_logs("complaints", "debug")
        try:
            yield logged
        finally:
            configure_logs("complaints", "error")
    configure_logs("complaints", "error")


async def until_published(house: House, tenant: Tenant) -> None:
    """Wait until the broker has all events of a provider."""
    async with superuser(house, "complaints") as connection:

        async def published() -> bool:
            waiting = await connection.fetchval("SELECT count(*) FROM outbox WHERE provider_id = $1", tenant.id)
            return bool(waiting == 0)

        await until_async(published)


async def file_everything(house: House, tenant: Tenant, planted: Canaries) -> list[str]:
    """Complaints with a canary in every personal field, by staff and by the public; returns their receipt numbers."""
    key = {"Idempotency-Key": str(uuid4())}
    body = complaint(
        title=planted.plant("title"),
        words=f"两天了\n{planted.plant('words')}",
        parties=[planted.party("complainant", "complainant"), planted.party("subject", "subject")],
        external_reference={"system": "servicenow", "id": "INC1"},
        concerns=["security"],
    )
    async with house.client("complaints", tenant, "complaint_handler") as handler, house.client("complaints") as public:
        by_staff = made(await handler.post("/v1/complaints", json=body, headers=key), 201)
        told = contact(words=planted.plant("words of the contact"))
        step = f"/v1/complaints/{by_staff['id']}/acknowledge"
        made(await handler.post(step, json=told, headers={"Idempotency-Key": str(uuid4())}))
        open_body = {name: body[name] for name in ("title", "words", "parties")}
        address = f"/v1/public/{tenant.slug}/complaints"
        receipt = made(await public.post(address, json=open_body, headers={"Idempotency-Key": str(uuid4())}), 201)
        headers = {"Receipt-Code": receipt["receipt_code"]}
        made(await public.get(f"{address}/{receipt['receipt_number']}", headers=headers))
        made(await handler.get(f"/v1/complaints/{by_staff['id']}"))
        await timeline(handler, by_staff["id"])
    for number, registered in enumerate((by_staff, receipt)):
        planted.planted[f"receipt code {number}"] = registered["receipt_code"]
    return [by_staff["receipt_number"], receipt["receipt_number"]]


async def be_refused(house: House, tenant: Tenant, planted: Canaries, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Requests with canaries that end in every way but well; returns all that was answered."""
    reference = {"system": "servicenow", "id": "INC1"}
    party = planted.party("refused", "complainant")
    words = planted.plant("refused words")
    async with house.client("complaints", tenant, "complaint_handler") as handler:
        taken = await handler.post(
            "/v1/complaints", json=complaint(words=words, parties=[party], external_reference=reference)
        )
        bodies = [
            complaint(words=words, parties=[party], anonymous=True),
            complaint(words=words, parties=[party | {"telephone": f"{party['telephone']} at home"}]),
            complaint(words=f"{words}\u0000", parties=[party], urgency=words),
            complaint(words=words, parties=[party | {words: "extra"}]),
            complaint(words=words, parties=[party], channel="fax"),
        ]
        refused = [await handler.post("/v1/complaints", json=body) for body in bodies]
        monkeypatch.setattr("services.complaints.complaints.actions.new_code", lambda: "0123456789")
        await receive(handler)
        broken = await handler.post("/v1/complaints", json=complaint(words=words, parties=[party]))
        monkeypatch.undo()
    statuses = [answer.status_code for answer in (taken, *refused, broken)]
    assert statuses == [409, 409, 422, 422, 422, 422, 500]
    return [answer.text for answer in (taken, *refused[:-2], *refused[-1:], broken)]


async def test_personal_data_stand_nowhere_in_plain_text(
    house: House, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Canaries()
    with all_logs() as logged:
        numbers = await file_everything(house, tenant, planted)
        answers = await be_refused(house, tenant, planted, monkeypatch)
        await until_published(house, tenant)
    forms = planted.forms()
    store = house.servers.folder / "nats"

    assert not await found_in_tables(house, "complaints", forms)
    assert not await found_in_tables(house, "risk", forms)
    assert [name for name, value in forms.items() if value in logged.getvalue()] == []
    assert [name for name, value in forms.items() for answer in answers if value in answer] == []
    await until(lambda: all(found_in_messages(store, number) for number in numbers))
    assert [name for name, value in forms.items() if found_in_messages(store, value)] == []

    seen = await found_in_tables(house, "complaints", dict.fromkeys(["number"], numbers[0]))
    assert set(seen) >= {"number in complaints.complaint", "number in complaints.journal"}, (
        "the search finds what is there"
    )
    assert "a request failed" in logged.getvalue()
    assert '"operation":"receive_complaint"' in logged.getvalue()


async def erase(house: House, tenant: Tenant, *roles: str) -> None:
    """What the erasure of persons comes to: their keys are gone."""
    async with superuser(house, "complaints") as connection:
        query = "UPDATE complaint_party SET wrapped_key = NULL WHERE provider_id = $1 AND role = ANY ($2)"
        await connection.execute(query, tenant.id, roles)


async def test_without_the_key_the_words_are_gone_and_the_record_stays(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    async with house.client("complaints") as public:
        receipt = await complain(public, tenant, title="Portal", parties=[{"name": "王芳", "email": "a@b.example"}])
        (listed,) = made(await handler.get("/v1/complaints"))["items"]
        before = await acknowledge(handler, listed["id"], words="Told her.")
        history = await timeline(handler, listed["id"])
        await erase(house, tenant, "complainant")

        after = made(await handler.get(f"/v1/complaints/{listed['id']}"))
        personal = {"title": None, "words": None, "parties": after["parties"]}
        assert after == before | personal
        (party,) = after["parties"]
        assert {party[name] for name in ("name", "telephone", "email", "address")} == {None}
        (first, second) = await timeline(handler, listed["id"])
        assert first == history[0]
        assert second == history[1] | {"contact": history[1]["contact"] | {"words": None}}
        headers = {"Receipt-Code": receipt["receipt_code"]}
        address = f"/v1/public/{tenant.slug}/complaints/{receipt['receipt_number']}"
        assert made(await public.get(address, headers=headers))["state"] == "acknowledged"


async def test_a_complaint_goes_on_after_the_complainant_was_erased(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    received = await receive(handler)
    await erase(house, tenant, "complainant")
    after = await acknowledge(handler, received["id"], words="These words have nobody any more.")
    assert (after["state"], after["words"]) == ("acknowledged", None)
    assert (await timeline(handler, received["id"]))[-1]["contact"]["words"] is None


async def test_erasing_one_person_leaves_the_others(house: House, tenant: Tenant, handler: httpx.AsyncClient) -> None:
    parties = [{"role": "subject", "name": "李雷"}, {"name": "王芳", "telephone": "010-55550100"}]
    received = await receive(handler, parties=parties)
    await erase(house, tenant, "subject")
    after = made(await handler.get(f"/v1/complaints/{received['id']}"))
    assert after["words"] == received["words"]
    assert [party["name"] for party in after["parties"]] == ["王芳", None]


async def test_equal_words_of_two_people_are_not_seen_to_be_equal(
    house: House, tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await receive(handler)
    async with superuser(house, "complaints") as connection:
        query = "SELECT words_sealed FROM complaint WHERE provider_id = $1"
        words = {row[0] for row in await connection.fetch(query, tenant.id)}
    assert len(words) == 2


async def test_equal_telephone_numbers_are_found_within_a_provider_and_not_across(
    house: House, tenant: Tenant, other_tenant: Tenant, handler: httpx.AsyncClient
) -> None:
    async with house.client("complaints", other_tenant, "complaint_handler") as other:
        for client, number in ((handler, "010 5555 0100"), (handler, "(010) 5555-0100"), (other, "010 5555 0100")):
            await receive(client, parties=[{"telephone": number}])

    async def hashes(provider: UUID) -> set[bytes]:
        async with superuser(house, "complaints") as connection:
            query = "SELECT telephone_hash FROM complaint_party WHERE provider_id = $1"
            return {row[0] for row in await connection.fetch(query, provider)}

    mine, theirs = await hashes(tenant.id), await hashes(other_tenant.id)
    assert len(mine) == len(theirs) == 1
    assert not mine & theirs
