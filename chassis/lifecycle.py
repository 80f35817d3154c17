"""State machines as tables: states, steps and guards, refused with all that is missing at once."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from chassis.actors import Who
from chassis.errors import REFUSED, Objection, Problem
from contracts.base import Text


class HasState(Protocol):
    """A record with a state."""

    state: Any


T = TypeVar("T", bound=HasState)
Guard = Callable[..., Objection | None]
"""`guard(record, facts, *, body, actor, now)` says what is missing, or None. `body` is None when a caller only asks.

Where facts have `waived`, objections of these codes do not count.
"""


Target = StrEnum | Callable[[Any, Any], StrEnum] | None
"""A state, what tells it of the record and the facts (back to where it came from), or None: it stays."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step: from which states, to which, under which guards, for which clause, for whom."""

    sources: frozenset[StrEnum]
    target: Target
    permission: str
    guards: tuple[Guard, ...] = ()
    clause: str | None = None

    def __init__(
        self,
        sources: Collection[StrEnum],
        target: Target,
        *,
        permission: str,
        guards: Iterable[Guard] = (),
        clause: str | None = None,
    ) -> None:
        object.__setattr__(self, "sources", frozenset(sources))
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "permission", permission)
        object.__setattr__(self, "guards", tuple(guards))
        object.__setattr__(self, "clause", clause)


class OpenStep(NamedTuple):
    """A step that the record's state allows, and what it still lacks for the one who asks."""

    step: str
    lacks: tuple[Objection, ...]


class Lifecycle(Generic[T]):
    """The steps of one kind of record, by their bare verbs.

    `titles` names each state for people, in both languages.
    """

    def __init__(self, titles: Mapping[Any, Text], **steps: Step) -> None:
        self.titles = {str(state): title for state, title in titles.items()}
        self.steps = steps
        self._from: dict[str, tuple[dict[str, Step], tuple[Guard, ...]]] = {}
        for state in self.titles:
            possible = {name: step for name, step in steps.items() if state in step.sources}
            guards = dict.fromkeys(guard for step in possible.values() for guard in step.guards)
            self._from[state] = (possible, tuple(guards))

    def objections(
        self, record: T, name: str, facts: object, *, body: object | None, actor: Who, now: datetime
    ) -> list[Objection]:
        """All that stands against a step: the state, or every guard that is not met and that nothing waives."""
        step = self.steps[name]
        if record.state not in step.sources:
            return [self._wrong_state(record.state, step)]
        return list(_standing(step.guards, record, facts, body=body, actor=actor, now=now).values())

    def advance(self, record: T, name: str, facts: object, *, body: object | None, actor: Who, now: datetime) -> None:
        """Takes a step; raises a 409 problem that names everything that stands against it."""
        objections = self.objections(record, name, facts, body=body, actor=actor, now=now)
        if objections:
            raise Problem(REFUSED, objections=objections)
        target = self.steps[name].target
        if target is not None:
            record.state = target if isinstance(target, StrEnum) else target(record, facts)

    def begin(self, name: str, facts: object, *, body: object, actor: Who, now: datetime) -> StrEnum:
        """The state that a record begins in by its first step; raises a 409 problem when a guard is not met."""
        step = self.steps[name]
        found = (guard(None, facts, body=body, actor=actor, now=now) for guard in step.guards)
        objections = [objection for objection in found if objection is not None]
        if objections:
            raise Problem(REFUSED, objections=objections)
        assert isinstance(step.target, StrEnum)
        return step.target

    def open_steps(self, record: T, facts: object, *, actor: Who, now: datetime) -> list[OpenStep]:
        """Each step possible from the record's state, with what it still lacks for this caller.

        A guard of several steps is asked once: without a body it says the same of each.
        """
        steps, guards = self._from[record.state]
        standing = _standing(guards, record, facts, body=None, actor=actor, now=now)
        opened = []
        for name, step in steps.items():
            lacks = [standing[guard] for guard in step.guards if guard in standing] if standing else []
            if not actor.may(step.permission):
                lacks.insert(0, _lacking(step.permission))
            opened.append(OpenStep(name, tuple(lacks)))
        return opened

    def _wrong_state(self, state: str, step: Step) -> Objection:
        here = self.titles[state]
        allowed = [self.titles[str(source)] for source in sorted(step.sources)]
        message = Text(
            f"The state is “{here.en}”; the step needs {' or '.join(f'“{one.en}”' for one in allowed)}.",
            f"当前状态为“{here.zh}”；该步骤要求状态为{'或'.join(f'“{one.zh}”' for one in allowed)}。",
        )
        return Objection("wrong_state", message, step.clause)


def _standing(guards: Iterable[Guard], record: object, facts: object, **asked: Any) -> dict[Guard, Objection]:
    """The guards that are not met, with their objections, but for those that something waives."""
    waived: Collection[str] = getattr(facts, "waived", ())
    standing: dict[Guard, Objection] = {}
    for guard in guards:
        objection = guard(record, facts, **asked)
        if objection is not None and objection.code not in waived:
            standing[guard] = objection
    return standing


@cache
def _lacking(permission: str) -> Objection:
    text = Text("Your token lacks the permission {permission}.", "您的令牌缺少权限 {permission}。")
    return Objection("not_permitted", text.filled(permission=permission))
