"""Follows the withdrawals in the gateway's own database: any number of gateways learn of them in two seconds."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.database import Database
from chassis.faults import problem_of
from chassis.logs import log
from chassis.loops import wanted
from chassis.revocations import EVERY_SECONDS, SILENCE_SECONDS
from chassis.tokens import Revocations
from gateway.credentials.actions import KEPT
from gateway.credentials.models import Withdrawal


class WithdrawalFeed:
    """Keeps this process's revocations up to date, and knows the list that the services ask for.

    `withdrawn` is None until the list was read once: an empty list would bring withdrawn tokens back to life.
    """

    def __init__(self, database: Database, revocations: Revocations) -> None:
        self._database, self._revocations = database, revocations
        self._woken = asyncio.Event()
        self._read_at = time.monotonic()
        self.withdrawn: Mapping[UUID, datetime] | None = None

    def wake(self) -> None:
        """Has the list read now: this process has changed something."""
        self._woken.set()

    async def run(self) -> None:
        """Works until cancelled."""
        while wanted():
            self._woken.clear()
            try:
                await self.read()
            except Exception as error:
                log.warning("the withdrawals could not be read", exc_info=problem_of(error, {}) is None)
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._woken.wait()

    async def read(self) -> None:
        """Reads the list once."""
        recent = select(Withdrawal.id, Withdrawal.withdrawn_at).where(
            Withdrawal.withdrawn_at > self._database.clock() - KEPT
        )
        async with self._database.connection() as (connection, _):
            withdrawn = {row.id: row.withdrawn_at for row in await connection.execute(recent)}
        self._revocations.replace(withdrawn)
        self.withdrawn, self._read_at = withdrawn, time.monotonic()

    def fault(self) -> str | None:
        """What is wrong, once the list could not be read for 30 seconds."""
        return "the withdrawals are not read" if time.monotonic() - self._read_at > SILENCE_SECONDS else None
