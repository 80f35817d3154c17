"""Events of the handling of complaints, from assessment to closing (clause 8.2)."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import registry
from contracts.complaint_state import AttemptOutcome, ComplaintState, ContactMethod, HandlingClock, ReviewOutcome


class ComplaintAssessed(ComplaintState):
    """What it is about, how severe and how urgent, was assessed (评估)."""

    TYPE: ClassVar[str] = "complaints.complaint.assessed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintReassessed(ComplaintState):
    """An assessment was corrected; the clocks keep their credit (重新评估)."""

    TYPE: ClassVar[str] = "complaints.complaint.reassessed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    ground: str


class ComplaintRefused(ComplaintState):
    """It is not accepted (不予受理), with a reason, one internal appeal and the external routes."""

    TYPE: ClassVar[str] = "complaints.complaint.refused.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    ground: str


class ComplaintRefusalOverturned(ComplaintState):
    """A refusal was overturned on appeal: it is accepted after all (申诉成立)."""

    TYPE: ClassVar[str] = "complaints.complaint.refusal_overturned.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintRefusalUpheld(ComplaintState):
    """A refusal was appealed against, and stays (申诉驳回)."""

    TYPE: ClassVar[str] = "complaints.complaint.refusal_upheld.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintRedirected(ComplaintState):
    """It is no complaint, and was handed to where it belongs (转办)."""

    TYPE: ClassVar[str] = "complaints.complaint.redirected.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    ground: str
    destination: str


class ComplaintDiscarded(ComplaintState):
    """What was registered is no complaint at all (无效登记)."""

    TYPE: ClassVar[str] = "complaints.complaint.discarded.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    ground: str


class ComplaintAssigned(ComplaintState):
    """It was accepted and given to a handler (受理, 分派)."""

    TYPE: ClassVar[str] = "complaints.complaint.assigned.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintReassigned(ComplaintState):
    """Another handler took over, with a hand-over note (改派)."""

    TYPE: ClassVar[str] = "complaints.complaint.reassigned.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    ground: str
    former_handler_id: UUID | None


class ComplaintInvestigationStarted(ComplaintState):
    """The investigation began (调查)."""

    TYPE: ClassVar[str] = "complaints.complaint.investigation_started.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintInformed(ComplaintState):
    """The complainant was told how far it has come (告知进展)."""

    TYPE: ClassVar[str] = "complaints.complaint.informed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    method: ContactMethod


class ComplaintExtended(ComplaintState):
    """The agreed limit was extended; the promised one stays (延期)."""

    TYPE: ClassVar[str] = "complaints.complaint.extended.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    ground: str
    working_hours: int


class ComplaintEscalated(ComplaintState):
    """The next level was called in (督办)."""

    TYPE: ClassVar[str] = "complaints.complaint.escalated.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    ground: str


class ComplaintMerged(ComplaintState):
    """It is handled with another one of the same matter; its parties keep their follow-up (并案)."""

    TYPE: ClassVar[str] = "complaints.complaint.merged.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintAsked(ComplaintState):
    """A question was put to the complainant or a third party, and the clock of the decision pauses (待补充)."""

    TYPE: ClassVar[str] = "complaints.complaint.asked.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    ground: str
    awaited: str


class ComplaintAnswered(ComplaintState):
    """The answer is there, and the clock goes on."""

    TYPE: ClassVar[str] = "complaints.complaint.answered.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintTimedOut(ComplaintState):
    """The longest pause is over without an answer, and the clock goes on."""

    TYPE: ClassVar[str] = "complaints.complaint.timed_out.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintProposed(ComplaintState):
    """Finding, cause, remedies and decision were proposed (拟办)."""

    TYPE: ClassVar[str] = "complaints.complaint.proposed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintSentBack(ComplaintState):
    """A proposal was sent back with a comment (退回)."""

    TYPE: ClassVar[str] = "complaints.complaint.sent_back.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintDecided(ComplaintState):
    """The decision was communicated to the complainant (办结, 答复).

    `repeats` counts the decisions for its cause and service within the days of the policy, this one included;
    `repeated`: they are as many as the policy asks an improvement for.
    """

    TYPE: ClassVar[str] = "complaints.complaint.decided.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    at_once: bool
    late: bool
    repeats: int
    repeated: bool = False


class ComplaintRemedyDelivered(ComplaintState):
    """A remedy was delivered."""

    TYPE: ClassVar[str] = "complaints.complaint.remedy_delivered.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    remedy: int


class ComplaintRemedyConfirmed(ComplaintState):
    """The complainant was asked whether a remedy had come."""

    TYPE: ClassVar[str] = "complaints.complaint.remedy_confirmed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    remedy: int
    method: ContactMethod


class ComplaintFollowUpPlanned(ComplaintState):
    """A caller for the follow-up was named (回访)."""

    TYPE: ClassVar[str] = "complaints.complaint.follow_up_planned.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintFollowedUp(ComplaintState):
    """A follow-up was tried, with its outcome (回访)."""

    TYPE: ClassVar[str] = "complaints.complaint.followed_up.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    outcome: AttemptOutcome
    method: ContactMethod


class ComplaintFollowUpNotified(ComplaintState):
    """A written notice went to a party whom nobody reached, or who would not talk."""

    TYPE: ClassVar[str] = "complaints.complaint.follow_up_notified.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    method: ContactMethod


class ComplaintMailboxUnanswered(ComplaintState):
    """Who can be reached in the mailbox alone has not answered there within its days (信箱期满未复)."""

    TYPE: ClassVar[str] = "complaints.complaint.mailbox_unanswered.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintClosed(ComplaintState):
    """It is closed, after the follow-up (结案, 归档)."""

    TYPE: ClassVar[str] = "complaints.complaint.closed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintDissatisfied(ComplaintState):
    """The complainant is less than satisfied and wants more: it is investigated again by another handler."""

    TYPE: ClassVar[str] = "complaints.complaint.dissatisfied.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintFinalPositionTaken(ComplaintState):
    """It is closed with the provider's final position; what the complainant said stays."""

    TYPE: ClassVar[str] = "complaints.complaint.final_position_taken.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintReopened(ComplaintState):
    """A closed complaint is investigated again."""

    TYPE: ClassVar[str] = "complaints.complaint.reopened.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    ground: str


class ComplaintObjected(ComplaintState):
    """The complainant objects to the refusal or to the outcome (提出异议)."""

    TYPE: ClassVar[str] = "complaints.complaint.objected.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    method: ContactMethod


class ComplaintObjectionAnswered(ComplaintState):
    """An objection was answered, and the complaint stays closed (答复异议)."""

    TYPE: ClassVar[str] = "complaints.complaint.objection_answered.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintWithdrawn(ComplaintState):
    """The complainant withdrew it (撤诉); it stays in the volume."""

    TYPE: ClassVar[str] = "complaints.complaint.withdrawn.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    method: ContactMethod


class ComplaintPartyWithdrawn(ComplaintState):
    """One of those who complain of the same matter withdrew (部分撤诉); it goes on for the others."""

    TYPE: ClassVar[str] = "complaints.complaint.party_withdrawn.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    method: ContactMethod


class ComplaintWaived(ComplaintState):
    """A rule was waived for this complaint, with a substitute control (豁免)."""

    TYPE: ClassVar[str] = "complaints.complaint.waived.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    objection: str
    control: str
    review_due: AwareDatetime


class ComplaintWaiverReviewed(ComplaintState):
    """The substitute control of a waiver took place (豁免复核)."""

    TYPE: ClassVar[str] = "complaints.complaint.waiver_reviewed.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    outcome: ReviewOutcome


class ComplaintImprovementLinked(ComplaintState):
    """An improvement follows from it."""

    TYPE: ClassVar[str] = "complaints.complaint.improvement_linked.v1"
    CLAUSE: ClassVar[str | None] = "8.2"


class ComplaintLimitReached(ComplaintState):
    """So much of a clock's limit has passed, and the next level was told."""

    TYPE: ClassVar[str] = "complaints.complaint.limit_reached.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    clock: HandlingClock
    percent: int
    due_at: AwareDatetime


class ComplaintNoticeUnreached(ComplaintState):
    """A notice after the acknowledgement reached nobody; `fault` and `kind` are codes of reason and notice."""

    TYPE: ClassVar[str] = "complaints.complaint.notice_unreached.v1"
    CLAUSE: ClassVar[str | None] = "8.2"

    message_id: UUID
    kind: str
    fault: str | None


HANDLING = registry(
    ComplaintAssessed,
    ComplaintReassessed,
    ComplaintRefused,
    ComplaintRefusalOverturned,
    ComplaintRefusalUpheld,
    ComplaintRedirected,
    ComplaintDiscarded,
    ComplaintAssigned,
    ComplaintReassigned,
    ComplaintInvestigationStarted,
    ComplaintInformed,
    ComplaintExtended,
    ComplaintEscalated,
    ComplaintMerged,
    ComplaintAsked,
    ComplaintAnswered,
    ComplaintTimedOut,
    ComplaintProposed,
    ComplaintSentBack,
    ComplaintDecided,
    ComplaintRemedyDelivered,
    ComplaintRemedyConfirmed,
    ComplaintFollowUpPlanned,
    ComplaintFollowedUp,
    ComplaintFollowUpNotified,
    ComplaintMailboxUnanswered,
    ComplaintClosed,
    ComplaintDissatisfied,
    ComplaintFinalPositionTaken,
    ComplaintReopened,
    ComplaintObjected,
    ComplaintObjectionAnswered,
    ComplaintWithdrawn,
    ComplaintPartyWithdrawn,
    ComplaintWaived,
    ComplaintWaiverReviewed,
    ComplaintImprovementLinked,
    ComplaintLimitReached,
    ComplaintNoticeUnreached,
)
