"""Events of the yearly register of complaints (clause 8.2)."""

from typing import ClassVar
from uuid import UUID

from contracts.base import Event


class RegisterState(Event):
    """The whole shared state of a year's register: how many complaints it numbers, and its hash.

    `complaints` counts those that had been registered when it was signed, `supplements` those that came later.
    `sha256` is the hash of the former, null until all have a number; `last_sha256` that of all.
    """

    register_id: UUID
    year: int
    state: str
    complaints: int
    supplements: int
    sha256: str | None
    last_sha256: str


class RegisterSigned(RegisterState):
    """The complaint lead signed the register of a year; its complaints are numbered from then on (封账)."""

    TYPE: ClassVar[str] = "complaints.register.signed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class RegisterClosed(RegisterState):
    """Every complaint of the year has its number, and the register its hash."""

    TYPE: ClassVar[str] = "complaints.register.closed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class RegisterSupplemented(RegisterState):
    """Complaints of the year that were registered after it was signed were added at its end (补录)."""

    TYPE: ClassVar[str] = "complaints.register.supplemented.v1"
    CLAUSE: ClassVar[str | None] = "8.2"
