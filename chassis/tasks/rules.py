"""What a task is: its kind as a slice names it, and whom it is given to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.base import Text

PERSON, ROLE = "person:", "role:"


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A kind of task: why it is given, on which kind of record, its title, and the clause that asks for it.

    `reminder` is the title where a clock gives it to a further level, with `{percent}` of the limit passed. Both titles
    may have places for the parameters that the task is given with: codes and numbers only.
    """

    why: str
    record: str
    title: Text
    reminder: Text
    clause: str | None = None

    def titled(self, level: int, parameters: Mapping[str, object]) -> Text:
        """The title of a task of this kind at a level; 0 is the first."""
        return self.reminder.filled(percent=level, **parameters) if level else self.title.filled(**parameters)


def to_person(account_id: UUID) -> str:
    """Whom a task is given to: one person."""
    return f"{PERSON}{account_id}"


def to_role(role: str) -> str:
    """Whom a task is given to: whoever has a role."""
    return f"{ROLE}{role}"


def listed_at(due_at: datetime | None, made_at: datetime) -> datetime:
    """Where a task stands among others: by its due time; one without is as old as it is."""
    return made_at if due_at is None else due_at
