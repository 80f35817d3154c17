"""Who acts: callers with a token, and the system itself."""

from dataclasses import dataclass
from typing import Protocol


class Who(Protocol):
    """What actions and rules may know of the one who acts."""

    @property
    def name(self) -> str:
        """Kind and id as the journal writes them: `client:<id>`, `person:<id>`, `public`, `system`."""

    @property
    def roles(self) -> frozenset[str]:
        """The roles in which the one who acts has come."""

    def may(self, permission: str) -> bool:
        """Whether the one who acts has a permission."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """One who acts without a token: the public at an open entry point, or the system in reactions and sweeps."""

    name: str
    roles: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        """Nobody has permissions; what they may do is what the entry point lets them."""
        return False


PUBLIC, SYSTEM = Nobody("public"), Nobody("system")
