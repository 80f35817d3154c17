"""The bare reference: FastAPI on asyncpg, one statement a request, no gateway, no rules, a table of its own."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from fastapi import FastAPI, Response
from pydantic import BaseModel

DSN = "BENCH_REFERENCE_DSN"
TABLE = """
CREATE TABLE note (
    id uuid PRIMARY KEY, received_at timestamptz NOT NULL, state text NOT NULL, category text NOT NULL,
    title text NOT NULL, words text NOT NULL
);
CREATE INDEX ON note (received_at, id);
"""
FILL = """
INSERT INTO note SELECT gen_random_uuid(), now() - make_interval(secs => n), 'received', 'outage', 'Portal down',
    'The portal was down for two days, and nobody answered the telephone. Case ' || n
FROM generate_series(1, $1::int) AS n
"""
INSERT = "INSERT INTO note VALUES ($1, $2, 'received', $3, $4, $5)"
READ = "SELECT * FROM note WHERE id = $1"
LIST = "SELECT * FROM note ORDER BY received_at DESC, id DESC LIMIT $1"


class NoteIn(BaseModel):
    """What is written down."""

    category: str
    title: str
    words: str


class NoteOut(NoteIn):
    """What was written down."""

    id: UUID
    received_at: datetime
    state: str


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ[DSN], min_size=10, max_size=10) as app.state.pool:
        yield


def application() -> FastAPI:
    """The reference as a process starts it."""
    app = FastAPI(lifespan=_lifespan)

    @app.post("/notes", status_code=201)
    async def create_note(body: NoteIn, response: Response) -> NoteOut:
        note = NoteOut(id=uuid4(), received_at=datetime.now(UTC), state="received", **body.model_dump())
        await app.state.pool.execute(INSERT, note.id, note.received_at, note.category, note.title, note.words)
        response.headers["Location"] = f"/notes/{note.id}"
        return note

    @app.get("/notes/{note_id}")
    async def read_note(note_id: UUID) -> NoteOut:
        row: Any = await app.state.pool.fetchrow(READ, note_id)
        return NoteOut(**row)

    @app.get("/notes")
    async def list_notes(limit: int) -> list[NoteOut]:
        return [NoteOut(**row) for row in await app.state.pool.fetch(LIST, limit)]

    return app
