"""Guards of complaints, asked one by one: cases in which one objects, and cases in which it does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.actors import Nobody
from chassis.errors import Objection
from chassis.lifecycle import Guard
from contracts.clauses import CLAUSES, REQUIREMENTS
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import Facts, Named, Noted, person_of

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
NOW = datetime(2026, 6, 12, 2, tzinfo=UTC)
"""A Friday at ten in Shanghai, in weeks without holidays."""
RECEIVED, DECIDED = NOW - 9 * DAY, NOW - 3 * DAY
HANDLER, LEAD, OTHER, PARTY, SECOND_PARTY = (UUID(int=number) for number in range(1, 6))


MACHINE = Nobody("client:0190a000-0000-7000-8000-000000000009")
"""A machine of the provider that acts."""


def by(account_id: UUID) -> Nobody:
    """Somebody of the provider who acts."""
    return Nobody(person_of(account_id))


def noted(step: str, at: datetime = NOW - HOUR, who: UUID = LEAD, **more: Any) -> Noted:
    """What a step left on record; `round` and `party` are of the record, all else is its data."""
    return Noted(step, at, person_of(who), more.pop("round", 1), more, more.pop("party", None))


def facts(*records: Noted, **more: Any) -> Facts:
    """What guards know of a complaint with these records and one party who can be reached."""
    whole: dict[str, Any] = {"limits_promised": True, "records": records, "complaining": {PARTY: True}}
    return Facts(**whole | more)


def named(account_id: UUID = OTHER, **more: Any) -> Named:
    """Whom a step names: somebody with whom all is well."""
    well = {"employed": True, "qualified": True, "appointed": True}
    well |= {"absent": False, "is_subject": False, "in_subjects_team": False}
    return Named(account_id=account_id, **well | more)


@dataclass(frozen=True)
class Case:
    """A question to a guard, and the code of its objection; None where it has none. `record` is of the complaint."""

    guard: Guard
    code: str | None
    body: object | None = None
    facts: object = field(default_factory=facts)
    actor: Nobody = field(default_factory=lambda: by(LEAD))
    record: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.guard.__name__}-{self.code or 'met'}"

    def ask(self) -> Objection | None:
        """What the guard says."""
        whole: dict[str, Any] = {
            "id": UUID(int=9),
            "round": 1,
            "received_at": RECEIVED,
            "handler_id": HANDLER,
            "anonymous": False,
        }
        record = Complaint(**whole | {"promised": {}, "concerns": []} | dict(self.record))
        return self.guard(record, self.facts, body=self.body, actor=self.actor, now=NOW)


def check(case: Case) -> None:
    """The guard says what it must, with a text in both languages and a clause that there is."""
    found = case.ask()
    assert (None if found is None else found.code) == case.code
    if found is not None:
        assert found.message.en.isascii()
        assert not found.message.zh.isascii()
        assert found.clause in CLAUSES.keys() | REQUIREMENTS.keys()


def ids(cases: Sequence[Case]) -> list[str]:
    """Names of cases that tell them apart."""
    return [f"{place}-{case}" for place, case in enumerate(cases)]
