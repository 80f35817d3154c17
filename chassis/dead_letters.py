"""Dead letters: deliveries that a service could not act upon, kept until an operator has them tried again."""

import hashlib
import traceback
from pathlib import PurePath
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from chassis import errors
from chassis.database import Database
from chassis.deliveries import Delivery
from chassis.envelopes import UnknownTypeError, UnreadableError, read_envelope
from chassis.logs import log
from chassis.metrics import DEAD_LETTERS
from chassis.reactions import Reactor
from chassis.tables import DeadLetter
from contracts.base import Text

NO_LETTER = Text("There is no such dead letter.", "没有该死信。")


def reason_of(error: Exception) -> str:
    """What failed and where, without the error's own words, which may quote a person's."""
    if isinstance(error, UnreadableError):
        return f"unreadable: {error}"
    if isinstance(error, UnknownTypeError):
        return f"nothing here reacts to {error}"
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "site-packages" not in one.filename]
    where = f" in {frames[-1].name} ({PurePath(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{where}"


async def bury(database: Database, connection: AsyncConnection, delivery: Delivery, reason: str, failures: int) -> None:
    """Keep a delivery as a dead letter; the same message is kept once, however often it comes."""
    row: dict[str, Any] = {
        "id": _letter_id(delivery),
        "event_id": _event_id(delivery),
        "producer": delivery.producer,
        "sequence": delivery.sequence,
        "payload": delivery.payload,
        "reason": reason,
        "failures": failures,
        "died_at": database.clock(),
    }
    kept = insert(DeadLetter).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
    await connection.execute(kept)
    DEAD_LETTERS.labels(delivery.producer).inc()
    log.error("a delivery was given up", producer=delivery.producer, event_id=str(row["event_id"]), reason=reason)


async def requeue(database: Database, reactor: Reactor, letter_id: UUID) -> str | None:
    """Read a dead letter once more and have its reactions take effect, on the way that every event takes.

    Returns None when they have, now or before; the letter is gone then. Else the reason why it stays. Raises a 404
    problem for an unknown letter.
    """
    letter = await _find(database, letter_id)
    this = DeadLetter.id == letter_id
    try:
        received = read_envelope(letter.payload, reactor.contracts.get(letter.producer, {}))
        await reactor.react(received)
    except Exception as error:
        reason = reason_of(error)
        changed = update(DeadLetter).where(this).values(failures=DeadLetter.failures + 1, reason=reason)
        async with database.connection() as (connection, _):
            await connection.execute(changed)
        log.warning("a dead letter failed again", letter=str(letter_id), reason=reason, exc_info=True)
        return reason
    async with database.connection() as (connection, _):
        await connection.execute(delete(DeadLetter).where(this))
    return None


async def _find(database: Database, letter_id: UUID) -> DeadLetter:
    async with database.connection() as (connection, _), AsyncSession(connection, expire_on_commit=False) as session:
        letter = await session.get(DeadLetter, letter_id)
    if letter is None:
        raise errors.not_found(NO_LETTER)
    return letter


def _letter_id(delivery: Delivery) -> UUID:
    """Follows from producer and payload: a stream that was lost and declared again numbers its messages anew."""
    return uuid5(NAMESPACE_OID, f"{delivery.producer} {hashlib.sha256(delivery.payload).hexdigest()}")


def _event_id(delivery: Delivery) -> UUID | None:
    try:
        return UUID(delivery.message_id or "")
    except ValueError:
        return None
