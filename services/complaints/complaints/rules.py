"""What a complaint is: its states, clocks and tasks, and what the guards of its steps know (clause 8.2; ISO 10002)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, get_args
from uuid import UUID

from chassis.actors import Who
from chassis.clocks.rules import ClockRule
from chassis.tasks.rules import PERSON
from chassis.worktime import Calendar
from contracts.base import Text
from contracts.complaint_state import AttachmentPurpose, Level, Priority
from services.complaints.policies.rules import Policy
from services.complaints.tasks.rules import ACKNOWLEDGING, ASSESSING, CLOSING, DECIDING, FOLLOWING_UP, INFORMING, LEVELS


class State(StrEnum):
    """States of a complaint."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ASSESSED = "assessed"
    ASSIGNED = "assigned"
    INVESTIGATING = "investigating"
    WAITING_COMPLAINANT = "waiting_complainant"
    RESPONSE_READY = "response_ready"
    DECIDED = "decided"
    REINVESTIGATING = "reinvestigating"
    FOLLOW_UP_PENDING = "follow_up_pending"
    CLOSED = "closed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REDIRECTED = "redirected"
    DISCARDED = "discarded"
    MERGED = "merged"
    ARCHIVED = "archived"


STATES = {
    State.RECEIVED: Text("registered", "已登记"),
    State.ACKNOWLEDGED: Text("acknowledged", "已告知收悉"),
    State.ASSESSED: Text("assessed", "已评估"),
    State.ASSIGNED: Text("assigned", "已受理"),
    State.INVESTIGATING: Text("under investigation", "调查处理中"),
    State.WAITING_COMPLAINANT: Text("waiting for the complainant", "待补充材料"),
    State.RESPONSE_READY: Text("answer awaiting approval", "答复待审批"),
    State.DECIDED: Text("decided", "已办结"),
    State.REINVESTIGATING: Text("under renewed investigation", "复核中"),
    State.FOLLOW_UP_PENDING: Text("follow-up pending", "待回访"),
    State.CLOSED: Text("closed", "已结案"),
    State.REFUSED: Text("not accepted", "不予受理"),
    State.WITHDRAWN: Text("withdrawn", "已撤诉"),
    State.REDIRECTED: Text("redirected", "已转办"),
    State.DISCARDED: Text("discarded", "无效登记"),
    State.MERGED: Text("merged into another complaint", "已并案"),
    State.ARCHIVED: Text("archived", "历史归档"),
}
ENDED: frozenset[State] = frozenset({
    State.CLOSED, State.REFUSED, State.WITHDRAWN, State.REDIRECTED, State.DISCARDED, State.MERGED, State.ARCHIVED,
})  # fmt: skip
"""States in which nothing is done any more; personal data are kept for so long from then on."""
OPEN: frozenset[State] = frozenset(State) - ENDED
"""“Any open” of the steps."""
TOLD: frozenset[State] = OPEN | {State.REFUSED, State.CLOSED}
"""States in which it is noted that the complainant was told something: after these two ends too they are written to."""
HANDLED: frozenset[State] = frozenset({
    State.ASSIGNED, State.INVESTIGATING, State.WAITING_COMPLAINANT, State.RESPONSE_READY, State.REINVESTIGATING,
})  # fmt: skip
"""States in which a handler works on it."""
WORKING: frozenset[State] = frozenset({State.INVESTIGATING, State.REINVESTIGATING})
"""States in which it is investigated."""

NEXT_STEPS = {
    State.RECEIVED: Text("We will tell you that your complaint has arrived.", "我们将告知您投诉已收悉。"),
    State.ACKNOWLEDGED: Text("We will assess your complaint.", "我们将评估您的投诉。"),
    State.ASSESSED: Text("We will give your complaint to a handler.", "我们将为您的投诉指定处理人员。"),
    State.ASSIGNED: Text("We will investigate your complaint.", "我们将调查您的投诉。"),
    State.INVESTIGATING: Text("We will send you our answer.", "我们将向您答复处理结果。"),
    State.WAITING_COMPLAINANT: Text("We need your answer to our question.", "请您答复我们提出的问题。"),
    State.RESPONSE_READY: Text("We will send you our answer.", "我们将向您答复处理结果。"),
    State.DECIDED: Text("We will ask you whether you are satisfied.", "我们将回访您是否满意。"),
    State.REINVESTIGATING: Text("We will look into it again and answer.", "我们将复核并再次答复。"),
    State.FOLLOW_UP_PENDING: Text(
        "We will ask you whether you are satisfied; you can tell us here too.",
        "我们将回访您是否满意，您也可以在此告知。",
    ),
    State.CLOSED: Text(
        "The complaint is closed. You can object within the time that we told you.",
        "该投诉已结案。您可在告知的期限内提出异议。",
    ),
    State.REFUSED: Text(
        "We do not accept the complaint. You can object once, within the time that we told you.",
        "该投诉不予受理。您可在告知的期限内提出一次异议。",
    ),
    State.WITHDRAWN: Text("The complaint was withdrawn.", "该投诉已撤回。"),
    State.REDIRECTED: Text("The matter was handed to where it belongs.", "该事项已转交相关方办理。"),
    State.DISCARDED: Text("The entry was no complaint.", "该登记不属于投诉。"),
    State.MERGED: Text(
        "The complaint is handled together with another one of the same matter; we will contact you.",
        "该投诉已与同一事项的投诉合并办理，我们仍会与您联系。",
    ),
    State.ARCHIVED: Text("The case is closed.", "该投诉已结案。"),
}
"""What the complainant is told comes next, by state."""

RECEIPT = "receipt"
"""The contact of an anonymous complainant, who is told by the receipt that is shown or handed over."""

PURPOSES: tuple[str, ...] = get_args(AttachmentPurpose)
"""What files of a complaint are for; `recording` is one of a call at intake or afterwards."""

EVIDENCE: AttachmentPurpose = "evidence"
RECORDING: AttachmentPurpose = "recording"
MOST_PUBLIC_FILES = 5
"""Files that one who holds the receipt may send."""

LIVE = frozenset({"telephone", "visit"})
"""Contacts in which both sides speak, so that an acknowledgement can be told in the same breath."""

ACKNOWLEDGE = ClockRule("complaint", "acknowledge", ACKNOWLEDGING, LEVELS)
ASSESS = ClockRule("complaint", "assess", ASSESSING, LEVELS)
PROGRESS = ClockRule("complaint", "progress", INFORMING, LEVELS)
DECIDE = ClockRule("complaint", "decide", DECIDING, LEVELS)
FOLLOW_UP = ClockRule("complaint", "follow_up", FOLLOWING_UP, LEVELS)
CLOSE = ClockRule("complaint", "close", CLOSING, LEVELS)
PROMISED = (ACKNOWLEDGE, DECIDE)
"""The clocks that start at receipt; each has the limit that the channel promised under its name, in working hours."""
CLOCKS = (ACKNOWLEDGE, ASSESS, PROGRESS, DECIDE, FOLLOW_UP, CLOSE)

# Impact and urgency give the priority, as the incident matrix of ITIL does it; ours has four levels.
PRIORITIES: dict[tuple[Level, Level], Priority] = {
    ("high", "high"): "critical",
    ("high", "medium"): "high",
    ("medium", "high"): "high",
    ("high", "low"): "moderate",
    ("medium", "medium"): "moderate",
    ("low", "high"): "moderate",
    ("medium", "low"): "low",
    ("low", "medium"): "low",
    ("low", "low"): "low",
}
"""(impact, urgency) → priority, where none is given."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What the guards of receive know: whether the channel takes complaints without a name, and a recording comes."""

    anonymous_allowed: bool
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """What a step left on record: its codes and times, in whose round, by whom and about which party."""

    step: str
    at: datetime
    made_by: str
    round: int
    data: Mapping[str, Any]
    party_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A member of staff whom a step names, as it stands on that day."""

    account_id: UUID
    employed: bool
    qualified: bool
    appointed: bool
    absent: bool
    is_subject: bool
    in_subjects_team: bool
    above_former: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards of later steps know beside the record.

    `records` are in their order; `complaining` the parties who complain and are not erased, those of merged complaints
    too, and have not withdrawn, each with whether there is a way to reach them; `withdrawn` those who have; `leaving`
    whom a withdrawal speaks for: all who complained under one receipt; `answer_erased` whether the answer that was
    proposed last is gone with the person whose key sealed it; `missed` the clocks beyond what was promised or agreed;
    `waived` the codes of objections that a waiver meets; `named` whom the step names, `backup` who steps in for them;
    `repeats` how often the cause was decided before, for the same service; `unanswered_cases` the external cases
    without our reply; `target` the state of the complaint to merge into, `target_about` the accounts and the unit that
    it is about; `others_merged` whether another complaint was merged into it whose parties have not withdrawn;
    `merged_about` the accounts and units that those are about which were merged into it, but for its own parties;
    `decide_limit` the limit to decide in working time that is agreed now; `subjects` the members of staff whom it is
    about, `about_head` whether one of them is the head of the provider, `head_unknown` whether one of them could be, as
    nobody knows who that is; `outside_reviewer_id` who then decides by the policy of the day, unless employed here;
    `files` the files of the complaint among those that the step names, without the erased ones; `today` the day where
    the provider is, when days count; `causes` the codes of the policy in force for it, where the step names one.
    """

    limits_promised: bool
    policy: Policy = field(default_factory=Policy)
    records: Sequence[Noted] = ()
    complaining: Mapping[UUID, bool] = field(default_factory=dict)
    withdrawn: Collection[UUID] = ()
    leaving: Collection[UUID] = ()
    answer_erased: bool = False
    missed: frozenset[str] = frozenset()
    waived: frozenset[str] = frozenset()
    named: Named | None = None
    backup: Named | None = None
    repeats: int = 0
    unanswered_cases: int = 0
    target: str | None = None
    target_about: Collection[UUID | None] = ()
    others_merged: bool = False
    merged_about: Collection[UUID | None] = ()
    decide_limit: timedelta | None = None
    calendar: Calendar | None = None
    subjects: Collection[UUID] = ()
    about_head: bool = False
    head_unknown: bool = False
    outside_reviewer_id: UUID | None = None
    files: Collection[UUID] = ()
    today: date | None = None
    causes: Sequence[str] = ()

    def last(self, step: str) -> Noted | None:
        """The last record of a step."""
        return next((one for one in reversed(self.records) if one.step == step), None)

    def of(self, step: str, round: int | None = None) -> list[Noted]:  # noqa: A002 - what it is called on the record
        """The records of a step, of one round if given."""
        return [one for one in self.records if one.step == step and round in {None, one.round}]

    @property
    def waiting(self) -> dict[UUID | None, Noted]:
        """The objections that nobody has answered, by the party that objected."""
        found = dict[UUID | None, Noted]()
        for one in self.records:
            if one.step == "object":
                found[one.party_id] = one
            elif one.step == "answer_objection":
                found.pop(one.party_id, None)
            elif one.step in HEARD:
                found.clear()
        return found


HEARD = frozenset({"appeal", "uphold_refusal", "admit_by_ruling", "reopen", "reopen_by_ruling"})
"""The steps that answer every objection."""


def person_of(account_id: UUID | None) -> str:
    """A member of staff as the journal names them."""
    return f"{PERSON}{account_id}"


def handled_by(records: Iterable[Noted]) -> set[str]:
    """Who has handled a complaint, as the journal names them: each handler, and who settled it at once."""
    handled = set[str]()
    for one in records:
        if "handler_id" in one.data:
            handled.add(person_of(UUID(one.data["handler_id"])))
        elif one.step == "resolve_at_once":
            handled.add(one.made_by)
    return handled


def is_person(actor: Who) -> bool:
    """Whether somebody acts, and no machine."""
    return actor.name.startswith(PERSON)


BEFORE_ASSESSMENT: Mapping[str, Any] = {"safety": False, "legal": False, "round": 1}
"""What of a complaint has a value before anybody has assessed it."""
SEE_PERSONS = "complaints.person.read"


def is_subject(actor: Who, subjects: Collection[UUID | None]) -> bool:
    """Whether this is a member of staff whom the complaint is about (回避)."""
    return any(subject is not None and actor.name == person_of(subject) for subject in subjects)


CASE = "external_case_id"
"""Under this name a record says which case at an authority it follows from."""


def without_case(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a step left on record, as it is told to whoever the complaint is about: they see nothing of its cases."""
    return {name: value for name, value in data.items() if name != CASE}


def sees_persons(actor: Who, subjects: Collection[UUID | None]) -> bool:
    """Whether persons are shown to this reader as they are: never to the member of staff whom a complaint is about."""
    return actor.may(SEE_PERSONS) and not is_subject(actor, subjects)
