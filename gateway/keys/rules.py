"""The life of an API key."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text

if TYPE_CHECKING:
    from gateway.keys.models import ApiKey

PERSONS_KEY, PERSONS_KEY_AT_MOST = timedelta(days=90), timedelta(days=365)
"""How long a person's key lives: unless told otherwise, and at most."""
PERSONS_KEYS = 20
"""So many keys of one person may be valid at a time."""


class State(StrEnum):
    """States of an API key; that its time is over is no state, but a time."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


STATES = {State.ACTIVE: Text("active", "有效"), State.WITHDRAWN: Text("withdrawn", "已撤销")}


@dataclass(frozen=True, slots=True)
class Owner:
    """A person before a key of their own, which is theirs to withdraw without a permission."""

    person: Who

    @property
    def name(self) -> str:
        """As the journal names who acts."""
        return self.person.name

    @property
    def roles(self) -> frozenset[str]:
        """The roles in which the person has come."""
        return self.person.roles

    def may(self, permission: str) -> bool:
        """Whatever can be done to the key."""
        return True


LIFECYCLE: "Lifecycle[ApiKey]" = Lifecycle(
    STATES,
    create=Step((), State.ACTIVE, permission="gateway.key.create"),
    withdraw=Step({State.ACTIVE}, State.WITHDRAWN, permission="gateway.key.withdraw"),
)
