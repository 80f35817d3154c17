"""What a complaint is: its states, clocks and tasks, and what the guards of its steps know (clause 8.2; ISO 10002)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, get_args
from uuid import UUID

from chassis.actors import Who
from chassis.clocks.rules import ClockRule, Rung
from chassis.tasks.rules import PERSON, TaskKind
from chassis.worktime import Calendar
from contracts.base import Text
from contracts.complaint_state import AttachmentPurpose, Level, Priority
from services.complaints.policies.rules import Policy


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
MOST_PUBLIC_FILES = 5
"""Files that one who holds the receipt may send."""

LIVE = frozenset({"telephone", "visit"})
"""Contacts in which both sides speak, so that an acknowledgement can be told in the same breath."""

HANDLER, LEAD, MANAGEMENT = "complaint_handler", "complaint_lead", "management"
LEVELS = (Rung(50, HANDLER), Rung(75, HANDLER), Rung(100, LEAD), Rung(150, MANAGEMENT))
"""Who is told when so much of a limit has passed: at first those who handle complaints, then those above them."""


def _kind(why: str, title: Text, overdue: Text) -> TaskKind:
    after = Text("Complaint {receipt_number} ", "投诉 {receipt_number} ")
    return TaskKind(
        why, "complaint", title, Text(after.en + overdue.en + PASSED.en, after.zh + overdue.zh + PASSED.zh), "8.2"
    )


PASSED = Text(": {percent} % of the time has passed", "：时限已过 {percent}%")
ACKNOWLEDGING = _kind(
    "acknowledge_complaint",
    Text("Acknowledge complaint {receipt_number}", "告知投诉人：投诉 {receipt_number} 已收悉"),
    Text("is not acknowledged", "尚未告知收悉"),
)
ASSESSING = _kind(
    "assess_complaint",
    Text("Assess complaint {receipt_number}", "评估投诉 {receipt_number}"),
    Text("is not assessed", "尚未评估"),
)
INFORMING = _kind(
    "inform_complainant",
    Text("Tell the complainant of {receipt_number} how far it has come", "告知投诉 {receipt_number} 的办理进展"),
    Text("has had no word of progress", "尚未告知进展"),
)
DECIDING = _kind(
    "decide_complaint",
    Text("Decide on complaint {receipt_number}", "办结投诉 {receipt_number}"),
    Text("is not decided", "尚未办结"),
)
FOLLOWING_UP = _kind(
    "follow_up_complaint",
    Text("Call the complainant of {receipt_number} back", "回访投诉 {receipt_number} 的投诉人"),
    Text("has had no follow-up", "尚未回访"),
)
CLOSING = _kind(
    "close_complaint",
    Text("Close complaint {receipt_number}", "将投诉 {receipt_number} 结案"),
    Text("is not closed", "尚未结案"),
)
HANDLING = _kind(
    "handle_complaint",
    Text("Handle complaint {receipt_number}", "处理投诉 {receipt_number}"),
    Text("waits for its handler", "等待处理"),
)
APPROVING = _kind(
    "approve_decision",
    Text("Approve the answer to complaint {receipt_number}", "审批投诉 {receipt_number} 的答复"),
    Text("waits for the approval of its answer", "答复等待审批"),
)
ESCALATED = _kind(
    "look_into_complaint",
    Text("Complaint {receipt_number} was escalated to you", "投诉 {receipt_number} 已提请您督办"),
    Text("was escalated", "已督办"),
)
CONTROLLING = _kind(
    "review_waiver",
    Text("Review the waiver in complaint {receipt_number}", "复核投诉 {receipt_number} 中的豁免"),
    Text("has a waiver that nobody reviewed", "有豁免尚未复核"),
)
PLANNING_FOLLOW_UP = _kind(
    "plan_follow_up",
    Text("Plan the follow-up of complaint {receipt_number}", "安排投诉 {receipt_number} 的回访"),
    Text("has no caller for its follow-up", "尚未安排回访人员"),
)
MOST_REMEDIES = 20
DELIVERING = tuple(
    _kind(
        f"deliver_remedy_{number}",
        Text(
            f"Deliver remedy {number} of complaint {{receipt_number}}",
            f"落实投诉 {{receipt_number}} 的第 {number} 项补救措施",
        ),
        Text("has a remedy that is not delivered", "有补救措施尚未落实"),
    )
    for number in range(1, MOST_REMEDIES + 1)
)
"""What the owner of each remedy of a decision is asked for, by its number; it outlives the closing."""
CONFIRMING = tuple(
    _kind(
        f"confirm_remedy_{number}",
        Text(
            f"Ask the complainant of {{receipt_number}} whether remedy {number} has come",
            f"向投诉 {{receipt_number}} 的投诉人确认第 {number} 项补救措施已落实",
        ),
        Text("has a remedy that nobody has confirmed", "有补救措施尚未确认"),
    )
    for number in range(1, MOST_REMEDIES + 1)
)
"""What each remedy asks for, by its number, that the follow-up did not wait for; it outlives the closing too."""
REACHING = _kind(
    "reach_complainant",
    Text("A notice on complaint {receipt_number} reached nobody", "投诉 {receipt_number} 的通知未能送达"),
    Text("has a notice that reached nobody", "有通知未能送达"),
)
HEARING = _kind(
    "hear_objection",
    Text("Hear the objection in complaint {receipt_number}", "处理投诉 {receipt_number} 的异议"),
    Text("has an objection that nobody has answered", "有异议尚未答复"),
)
RECORDING_IMPROVEMENT = _kind(
    "record_improvement",
    Text("Record what is improved after complaint {receipt_number}", "登记投诉 {receipt_number} 的改进措施"),
    Text("has no improvement linked", "尚未关联改进措施"),
)
TASKS = (HANDLING, APPROVING, ESCALATED, PLANNING_FOLLOW_UP, REACHING, RECORDING_IMPROVEMENT)
"""What is asked of people without a clock of its own, and ends with the complaint; the review of a waiver does not.

Nor does the hearing of an objection, which comes after the end."""
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
    """What the guards of receive know: whether the channel takes complaints without a name."""

    anonymous_allowed: bool


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
    too, each with whether there is a way to reach them; `answer_erased` whether the answer that was proposed last is
    gone with the person whose key sealed it; `missed` the clocks beyond what was promised or agreed; `waived` the codes
    of objections that a waiver meets; `named` whom the step names, `backup` who steps in for them; `repeats` how often
    the cause was decided before, for the same service; `unanswered_cases` the external cases without our reply;
    `target` the state of the complaint to merge into, `target_about` the accounts and the unit that it is about;
    `others_merged` whether another complaint was merged into it; `merged_about` the accounts and units that those are
    about which were merged into it, but for its own parties; `decide_limit` the limit to decide in working time that is
    agreed now; `subjects` the members of staff whom it is about, `about_head` whether one of them is the head of the
    provider, `outside_reviewer_id` who decides then by the policy of the day; `files` the files of the complaint among
    those that the step names, without the erased ones; `today` the day where the provider is, when days count; `causes`
    the codes of the policy in force for it, where the step names one.
    """

    limits_promised: bool
    policy: Policy = field(default_factory=Policy)
    records: Sequence[Noted] = ()
    complaining: Mapping[UUID, bool] = field(default_factory=dict)
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


def is_person(actor: Who) -> bool:
    """Whether somebody acts, and no machine."""
    return actor.name.startswith(PERSON)


BEFORE_ASSESSMENT: Mapping[str, Any] = {"safety": False, "legal": False, "round": 1}
"""What of a complaint has a value before anybody has assessed it."""
SEE_PERSONS = "complaints.person.read"


def is_subject(actor: Who, subjects: Collection[UUID | None]) -> bool:
    """Whether this is a member of staff whom the complaint is about (回避)."""
    return actor.name in {person_of(subject) for subject in subjects if subject}


def sees_persons(actor: Who, subjects: Collection[UUID | None]) -> bool:
    """Whether persons are shown to this reader as they are: never to the member of staff whom a complaint is about."""
    return actor.may(SEE_PERSONS) and not is_subject(actor, subjects)
