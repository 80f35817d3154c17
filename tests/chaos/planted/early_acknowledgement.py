"""The bug: an event is acknowledged before what it brings about is committed."""

from typing import Any

from chassis.consumers import Consumers
from chassis.deliveries import Delivery
from chassis.envelopes import Received


def plant() -> None:
    """Acknowledge first, then react."""
    handle = Consumers._handle

    async def too_early(consumers: Consumers, delivery: Delivery, received: Received[Any]) -> bool:
        await delivery.ack()
        return await handle(consumers, delivery, received)

    Consumers._handle = too_early  # type: ignore[assignment, method-assign]
