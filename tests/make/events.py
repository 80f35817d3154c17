"""Events as they reach a service, without a broker between."""

from datetime import UTC, datetime
from uuid import UUID

from chassis.envelopes import Received
from chassis.ids import new_id
from contracts.base import Event
from tests.make.house import Tenant


def received(tenant: Tenant, event: Event, version: int = 1, event_id: UUID | None = None) -> Received[Event]:
    """An event of a provider's record at a version, told now by the system."""
    return Received(
        id=event_id or new_id(),
        type=event.TYPE,
        provider_id=tenant.id,
        subject=new_id(),
        version=version,
        time=datetime.now(UTC),
        correlation=new_id(),
        causation=None,
        actor="system",
        data=event,
    )
