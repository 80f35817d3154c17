"""A bound on tries at a code that people are told: so many an hour for each thing it opens."""

import hashlib
from datetime import timedelta

from sqlalchemy import case, delete, func
from sqlalchemy.dialects.postgresql import insert

from chassis import errors
from chassis.database import Database
from chassis.db import UnitOfWork
from chassis.tables import Attempt
from contracts.base import Text

TRIES, WINDOW = 5, timedelta(hours=1)
SPENT = Text("Too many wrong codes; try again within the hour.", "验证码错误次数过多，请一小时后再试。")


async def count_attempt(database: Database, what: str) -> None:
    """Counts a try at `what`, in a transaction of its own that no refusal undoes; raises 429 after five in an hour."""
    now = database.clock()
    row = {"key_hash": _hash(what), "tries": 1, "expires_at": now + WINDOW}
    over = Attempt.expires_at < now
    statement = insert(Attempt).values(row)
    again = statement.on_conflict_do_update(
        index_elements=["key_hash"],
        set_={
            "tries": case((over, 1), else_=func.least(Attempt.tries + 1, TRIES + 1)),
            "expires_at": case((over, row["expires_at"]), else_=Attempt.expires_at),
        },
    )
    async with database.connection() as (connection, _):
        tries, end = (await connection.execute(again.returning(Attempt.tries, Attempt.expires_at))).one()
    if tries > TRIES:
        wait = str(max(1, int((end - now).total_seconds())))
        raise errors.Problem(errors.TOO_MANY, SPENT, headers={"Retry-After": wait})


async def forget_attempts(work: UnitOfWork, what: str) -> None:
    """Forgets the tries after a right code."""
    await work.session.execute(delete(Attempt).where(Attempt.key_hash == _hash(what)))


def _hash(what: str) -> bytes:
    return hashlib.sha256(what.encode()).digest()
