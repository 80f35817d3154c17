"""Files of past cases, imported over HTTP as a client does it."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

import httpx

from tests.make.broker import until_async
from tests.make.complaints import made

Json = dict[str, Any]
ADDRESS = "/v1/complaints/imports"
COLUMNS = ("number", "opened", "told", "solved", "closed", "kind", "who", "telephone", "what")
ENDED = {"done", "failed", "cancelled"}


def field(column: str, **more: Any) -> Json:
    """A field that comes from a column."""
    return {"column": column} | more


def mapping(fields: Json | None = None, **changes: Any) -> Json:
    """A mapping of COLUMNS; a field that is None is left away."""
    whole: Json = {
        "external_reference": {"system": "oldtool", "id": field("number")},
        "received_at": field("opened"),
        "acknowledged_at": field("told"),
        "decided_at": field("solved"),
        "closed_at": field("closed"),
        "category": field("kind", code=True, default="unclassified"),
        "words": field("what"),
        "complainant": {"name": field("who"), "telephone": field("telephone")},
    } | (fields or {})
    return {"fields": {name: one for name, one in whole.items() if one is not None}} | changes


def case(number: str, **changes: str) -> Json:
    """A row of a closed case."""
    return {
        "number": number,
        "opened": "2025-03-03T09:00:00Z",
        "told": "2025-03-03T10:00:00Z",
        "solved": "2025-03-04T09:00:00Z",
        "closed": "2025-03-05T09:00:00Z",
        "kind": "Outage",
        "who": "王芳",
        "telephone": "+86 138 0000 0000",
        "what": "The portal was down.",
    } | changes


def csv_of(rows: Iterable[Json], *, columns: Iterable[str] = COLUMNS, delimiter: str = ",") -> bytes:
    """Rows as a CSV file with a header, in UTF-8."""
    written = io.StringIO()
    writer = csv.DictWriter(written, list(columns), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def form(file: bytes, declared: Json | None = None, *, dry_run: bool = False) -> Json:
    """The request's parts, as httpx takes them."""
    data = {"mapping": json.dumps(declared or mapping()), "dry_run": str(dry_run).lower()}
    return {"data": data, "files": {"file": ("cases.csv", file)}}


async def start(client: httpx.AsyncClient, file: bytes, declared: Json | None = None, **options: Any) -> Json:
    """An import that was accepted."""
    answer = await client.post(ADDRESS, **form(file, declared, **options))
    job = made(answer, 202)
    assert answer.headers["Location"] == f"{ADDRESS}/{job['id']}"
    return job


async def ended(client: httpx.AsyncClient, job: Json) -> Json:
    """An import as soon as it has ended."""
    found: Json = {}

    async def has_ended() -> bool:
        found.update(made(await client.get(f"{ADDRESS}/{job['id']}")))
        return found["state"] in ENDED

    await until_async(has_ended)
    return found


async def imported(client: httpx.AsyncClient, file: bytes, declared: Json | None = None, **options: Any) -> Json:
    """An import that has ended."""
    return await ended(client, await start(client, file, declared, **options))


async def refusals(client: httpx.AsyncClient, job: Json, **headers: str) -> list[Json]:
    """The lines that were refused."""
    items: list[Json] = made(await client.get(f"{ADDRESS}/{job['id']}/refusals", headers=headers))["items"]
    return items


async def complaints_of(client: httpx.AsyncClient) -> dict[str, Json]:
    """Imported complaints by their number in the other system."""
    items: list[Json] = made(await client.get("/v1/complaints?origin=import&limit=200"))["items"]
    return {one["external_reference"]["id"]: one for one in items}


def counts(job: Json) -> dict[str, int]:
    """What became of the records of an import."""
    names = ("records", "read", "created", "unchanged", "superseded", "refused")
    return {name: job[name] for name in names if job[name]}
