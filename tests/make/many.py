"""Many complaints in real sentences, sealed as if each had been registered, past the routes."""

import random
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from chassis.actors import SYSTEM
from chassis.ids import new_id
from chassis.provider_keys import provider_vault
from chassis.sealing import ProviderVault
from tests.make.complaints import receive
from tests.make.house import House, Tenant
from tests.make.sentences import Said, said

CHUNK = 10_000
MINUTE = timedelta(minutes=1)
STAGE = """
CREATE TEMP TABLE staged (
    id uuid, party_id uuid, number text, received_at timestamptz, wrapped_key bytea, title_sealed bytea,
    words_sealed bytea
)
"""
COMPLAINTS = """
INSERT INTO complaint SELECT (jsonb_populate_record(pattern, jsonb_build_object(
    'id', s.id, 'receipt_number', s.number, 'received_at', s.received_at, 'title_sealed', s.title_sealed,
    'words_sealed', s.words_sealed
))).* FROM staged s, complaint pattern WHERE pattern.id = $1
"""
PARTIES = """
INSERT INTO complaint_party SELECT (jsonb_populate_record(pattern, jsonb_build_object(
    'id', s.party_id, 'complaint_id', s.id, 'wrapped_key', s.wrapped_key
))).* FROM staged s, complaint_party pattern WHERE pattern.complaint_id = $1
"""


async def many_complaints(house: House, tenant: Tenant, many: int, seed: int = 7) -> dict[UUID, Said]:
    """What so many complaints say, by their ids, the first received first; copies of one in all but that."""
    async with house.client("complaints", tenant, "administrator") as client:
        pattern = UUID((await receive(client))["id"])
    async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        vault = await provider_vault(work)
    chance = random.Random(seed)
    told = {new_id(): said(chance) for _ in range(many)}
    first = datetime.now(UTC) - (many + 1) * MINUTE
    rows = [_row(vault, id_, one, first + place * MINUTE) for place, (id_, one) in enumerate(told.items())]
    connection = await asyncpg.connect(house.servers.postgres.dsn("complaints"))
    try:
        await connection.execute(STAGE)
        for begin in range(0, many, CHUNK):
            await connection.execute("TRUNCATE staged")
            await connection.copy_records_to_table("staged", records=rows[begin : begin + CHUNK])
            await connection.execute(COMPLAINTS, pattern)
            await connection.execute(PARTIES, pattern)
        await connection.execute("ANALYZE complaint, complaint_party")
    finally:
        await connection.close()
    return told


def _row(vault: ProviderVault, complaint_id: UUID, one: Said, received_at: datetime) -> tuple[Any, ...]:
    party_id = new_id()
    key = vault.new_person(party_id)
    sealed = (key.seal(one.title, "title"), key.seal(one.words, "words"))
    return (complaint_id, party_id, secrets.token_hex(8), received_at, key.wrapped, *sealed)
