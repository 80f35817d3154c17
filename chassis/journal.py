"""The journal of a transaction and its outbox, as parts of the statement that writes everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.rows import Statement
from contracts.base import Event

_INTO = "INSERT INTO journal (provider_id, actor, at, correlation, causation, id, type, subject, version, clause, data)"
_ONE = "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb"
# More entries than one come as columns.
_MANY = """
SELECT $1, $2, $3, $4, $5, id, type, subject, version, clause, data::jsonb
FROM unnest($6::uuid[], $7::text[], $8::uuid[], $9::bigint[], $10::text[], $11::text[])
    AS entry (id, type, subject, version, clause, data)
"""
_TELLING = "RETURNING seq, provider_id"
ENTRY, ENTRY_HELD = (f"{_INTO} {_ONE} {beside} {_TELLING}" for beside in ("", "FROM held"))
ENTRIES, ENTRIES_HELD = (f"{_INTO} {_MANY} {beside} {_TELLING}" for beside in ("", ", held"))
WRITE_OUTBOX = "INSERT INTO outbox (seq, provider_id) SELECT seq, provider_id FROM entry"


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry to be written when the unit of work is committed."""

    id: UUID
    subject: UUID
    version: int
    event: Event


def journalled(
    entries: Sequence[Entry],
    provider_id: UUID,
    actor: str,
    at: datetime,
    correlation: UUID,
    causation: UUID | None,
) -> tuple[list[Statement], list[Statement]]:
    """What writes the entries, and what after it the outbox."""
    if not entries:
        return [], []
    rows = [
        (one.id, one.event.TYPE, one.subject, one.version, one.event.CLAUSE, one.event.model_dump_json())
        for one in entries
    ]
    heads = (provider_id, actor, at, correlation, causation)
    if len(rows) == 1:
        entry = Statement(ENTRY, (*heads, *rows[0]), "entry", held=ENTRY_HELD)
    else:
        columns = map(list, zip(*rows, strict=True))
        entry = Statement(ENTRIES, (*heads, *columns), "entry", held=ENTRIES_HELD)
    return [entry], [Statement(WRITE_OUTBOX, (), held=WRITE_OUTBOX)]
