"""The journal of a transaction and its outbox, as parts of the statement that writes everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from chassis.rows import Statement
from contracts.base import Event

# The entries of one transaction come as columns.
WRITE_JOURNAL = """
INSERT INTO journal (provider_id, id, type, subject, version, actor, at, correlation, causation, clause, data)
SELECT $1, id, type, subject, version, $2, $3, $4, $5, clause, data::jsonb
FROM unnest($6::uuid[], $7::text[], $8::uuid[], $9::bigint[], $10::text[], $11::text[])
    AS entry (id, type, subject, version, clause, data){beside}
RETURNING seq, provider_id
"""
JOURNALLED, JOURNALLED_HELD = WRITE_JOURNAL.format(beside=""), WRITE_JOURNAL.format(beside=", held")
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
    rows = [(one.id, one.event.TYPE, one.subject, one.version, one.event.CLAUSE, _data(one.event)) for one in entries]
    columns = [list(column) for column in zip(*rows, strict=True)]
    heads = (provider_id, actor, at, correlation, causation)
    entry = Statement(JOURNALLED, (*heads, *columns), "entry", held=JOURNALLED_HELD)
    return [entry], [Statement(WRITE_OUTBOX, (), held=WRITE_OUTBOX)]


def _data(happened: Event) -> str:
    return orjson.dumps(happened.model_dump(mode="json")).decode()
