"""The life of an API key."""

from enum import StrEnum
from typing import TYPE_CHECKING

from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text

if TYPE_CHECKING:
    from gateway.keys.models import ApiKey


class State(StrEnum):
    """States of an API key; that its time is over is no state, but a time."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


STATES = {State.ACTIVE: Text("active", "有效"), State.WITHDRAWN: Text("withdrawn", "已撤销")}

LIFECYCLE: "Lifecycle[ApiKey]" = Lifecycle(
    STATES,
    create=Step((), State.ACTIVE, permission="gateway.key.create"),
    withdraw=Step({State.ACTIVE}, State.WITHDRAWN, permission="gateway.key.withdraw"),
)
