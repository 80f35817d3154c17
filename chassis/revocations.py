"""Follows the gateway's revocation list, so that what is withdrawn ends within five seconds."""

import asyncio
import time
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from chassis.absence import absent
from chassis.logs import log
from chassis.loops import wanted
from chassis.tokens import Revocations

with absent("pygments", "rich"):  # for its command line
    import httpx

EVERY_SECONDS, TIMEOUT_SECONDS, SILENCE_SECONDS = 2.0, 2.0, 30.0
PATH = "/.well-known/revocations"


class RevocationList(BaseModel):
    """What was withdrawn within the life of a token: ids of tokens, subjects, clients or API keys, and when."""

    withdrawn: dict[UUID, AwareDatetime]


class Feed(Protocol):
    """What keeps a process's revocations up to date."""

    async def run(self) -> None:
        """Works until cancelled."""

    def fault(self) -> str | None:
        """What is wrong; None when all is well."""


class RevocationFeed:
    """Polls the list every two seconds; while the gateway is away, tokens end by themselves in five minutes."""

    def __init__(self, gateway_url: str, revocations: Revocations) -> None:
        self._url, self._revocations = gateway_url, revocations
        self._heard = time.monotonic()

    async def run(self) -> None:
        """Works until cancelled."""
        async with httpx.AsyncClient(base_url=self._url, timeout=TIMEOUT_SECONDS) as client:
            while wanted():
                await self._poll(client)
                await asyncio.sleep(EVERY_SECONDS)

    async def _poll(self, client: httpx.AsyncClient) -> None:
        try:
            answer = await client.get(PATH)
            answer.raise_for_status()
            withdrawn: dict[UUID, datetime] = RevocationList.model_validate_json(answer.content).withdrawn
        except Exception as error:  # whatever it is, the next poll may succeed
            log.debug("the revocation list could not be read", error=repr(error))
            return
        self._revocations.replace(withdrawn)
        self._heard = time.monotonic()

    def fault(self) -> str | None:
        """What is wrong, once the gateway has been silent for 30 seconds."""
        return "the revocation list is not read" if time.monotonic() - self._heard > SILENCE_SECONDS else None
