"""What must be there to ask, to propose a decision, and to communicate it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from chassis.actors import Who
from chassis.errors import Objection
from contracts.base import Text
from services.complaints.complaints.rules import Facts, Noted, handled_by, is_person, person_of

if TYPE_CHECKING:
    from services.complaints.complaints.models import Complaint
    from services.complaints.endings.schemas import ResolveIn
    from services.complaints.investigations.schemas import (
        AnswerIn,
        ApproveIn,
        AskIn,
        ConfirmIn,
        DeliverIn,
        ProposeIn,
        SendBackIn,
    )

NO_QUESTION = Text("The question and the reason for it are missing.", "缺少需补充的问题和理由。")
NO_BUDGET = Text("The longest pause that the policy allows is used up.", "政策允许的最长暂停时间已用完。")
TIME = Text("The answer must lie between the question and now.", "答复时间须在提出问题之后且不晚于当前时间。")
NO_ANSWER = Text("The answer is missing.", "缺少答复内容。")
NO_PROPOSAL = Text(
    "Finding, cause, evidence or a statement why there is none, and a decision are missing.",
    "缺少调查结论、原因、证据（或无证据的说明）和处理决定。",
)
UNKNOWN_CAUSE = Text(
    "The policy that holds for this complaint has no such cause; it has: {codes}.",
    "本投诉适用的处理规则中没有该原因，现有原因：{codes}。",
)
OWN_DECISION = Text(
    "From severity major on, nobody approves the answer who has handled the complaint or proposed an answer.",
    "重大及以上投诉的答复须由未处理过本投诉、也未拟办过答复的人员审批。",
)
NO_PERSON = Text(
    "From severity major on, a person approves the answer, no machine.",
    "重大及以上投诉的答复须由人员审批，不得由系统客户端审批。",
)
SUBJECT = Text("The complaint is about who is to approve.", "审批人是被投诉人。")
LATE = Text("A limit was missed: the reason for it is missing.", "已超出时限，须说明原因。")
NO_NOTICE = Text("How the complainant is told of the decision is missing.", "缺少告知投诉人处理决定的方式。")
ANSWER_ERASED = Text(
    "The text of the answer went with a person who was erased: send the proposal back, and have it proposed again.",
    "答复内容已随个人信息的删除而删除：请退回并重新拟办。",
)
NO_FILE = Text(
    "The complaint has no such file, or it was erased: {fields}.", "该投诉没有此附件，或附件已删除：{fields}。"
)
PAST = Text("A remedy cannot be due before today.", "补救措施的期限不得早于今日。")
NO_COMMENT = Text("A comment is missing.", "缺少退回意见。")
NO_REMEDY = Text("There is no such remedy that is still to be delivered.", "没有该项待落实的补救措施。")
ANOTHERS = Text("Somebody else is to deliver this remedy.", "该项补救措施由他人负责落实。")
DELIVERY_TIME = Text("The delivery must lie between the decision and now.", "落实时间须在办结之后且不晚于当前时间。")
NOT_DELIVERED = Text("There is no such remedy that was delivered.", "没有该项已落实的补救措施。")
CONFIRMATION_TIME = Text("The contact must lie between the delivery and now.", "联系时间须在落实之后且不晚于当前时间。")


def has_question(
    complaint: "Complaint", facts: Facts, *, body: "AskIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The question is on record."""
    return None if body is not None else Objection("question_missing", NO_QUESTION, "8.2-11")


def may_pause(
    complaint: "Complaint", facts: Facts, *, body: "AskIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The longest pause is not used up."""
    left = timedelta(days=facts.policy.longest_pause_days) - paused(facts.records, now)
    return None if left > timedelta(0) else Objection("pause_used_up", NO_BUDGET, "8.2-10")


def has_answer(
    complaint: "Complaint", facts: Facts, *, body: "AnswerIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The answer is on record, between its question and now."""
    if body is None:
        return Objection("answer_missing", NO_ANSWER, "8.2-11")
    at, asked = body.at or now, facts.last("ask")
    since = complaint.received_at if asked is None else asked.at
    return None if since <= at <= now else Objection("contact_time", TIME, "8.2-11")


def has_proposal(
    complaint: "Complaint", facts: Facts, *, body: "ProposeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Finding, cause, evidence, remedies and decision are on record."""
    return None if body is not None else Objection("proposal_missing", NO_PROPOSAL, "8.2-11")


def cause_is_known(
    complaint: "Complaint", facts: Facts, *, body: "ProposeIn | ResolveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The cause is one of the policy that holds for the complaint."""
    if body is None or body.cause in facts.causes:
        return None
    return Objection("cause_unknown", UNKNOWN_CAUSE.filled(codes=", ".join(facts.causes)), "8.2-11")


def evidence_is_there(
    complaint: "Complaint", facts: Facts, *, body: "ProposeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What is named as evidence is a file of the complaint."""
    named = [] if body is None else body.evidence
    return file_unknown(facts, {f"/evidence/{place}": one for place, one in enumerate(named)})


def remedies_lie_ahead(
    complaint: "Complaint", facts: Facts, *, body: "ProposeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """No remedy is promised for a day that is over where the provider is."""
    due = [] if body is None else [one.due_on for one in body.remedies if one.due_on is not None]
    late = facts.today is not None and any(day < facts.today for day in due)
    return Objection("remedy_due_before", PAST, "8.2-11") if late else None


def approver_is_not_handler(
    complaint: "Complaint", facts: Facts, *, body: "ApproveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """From severity major on, two people decide: who has ever handled it does not approve, nor who proposed."""
    proposed = {one.made_by for one in facts.of("propose", complaint.round)}
    own = handled_by(facts.records) | {person_of(complaint.handler_id)} | proposed
    alone = complaint.severity in SEVERE and actor.name in own
    return Objection("approver_is_handler", OWN_DECISION, "8.2") if alone else None


def approver_is_a_person(
    complaint: "Complaint", facts: Facts, *, body: "ApproveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """From severity major on a person approves: behind a machine the one who proposed could be."""
    machine = complaint.severity in SEVERE and not is_person(actor)
    return Objection("approver_is_machine", NO_PERSON, "8.2") if machine else None


def approver_is_not_subject(
    complaint: "Complaint", facts: Facts, *, body: "ApproveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody decides on a complaint about themselves (回避)."""
    same = actor.name in {person_of(subject) for subject in facts.subjects}
    return Objection("approver_is_subject", SUBJECT, "8.2") if same else None


def lateness_is_explained(
    complaint: "Complaint", facts: Facts, *, body: "ApproveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What was late is explained."""
    explained = body is not None and body.lateness_reason is not None
    return Objection("lateness_unexplained", LATE, "8.2-10") if facts.missed and not explained else None


def decision_is_told(
    complaint: "Complaint", facts: Facts, *, body: "ApproveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The complainant is told of the decision, with the routes open to them."""
    return None if body is not None else Objection("notice_missing", NO_NOTICE, "8.2-11")


def answer_is_there(
    complaint: "Complaint", facts: Facts, *, body: "ApproveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """There is an answer to tell, where there is anybody left to be told."""
    lost = facts.answer_erased and bool(facts.complaining)
    return Objection("answer_erased", ANSWER_ERASED, "8.2-11") if lost else None


def has_comment(
    complaint: "Complaint", facts: Facts, *, body: "SendBackIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What is to be mended is said."""
    return None if body is not None else Objection("comment_missing", NO_COMMENT, "8.2-11")


def has_remedy(
    complaint: "Complaint", facts: Facts, *, body: "DeliverIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The remedy was decided on and not delivered before; its delivery lies between the decision and now."""
    if body is None or body.remedy not in {one.number for one in undelivered(facts.records)}:
        return Objection("remedy_unknown", NO_REMEDY, "8.2-11")
    at = body.at or now
    decided = complaint.decided_at is None or complaint.decided_at <= at
    return None if decided and at <= now else Objection("delivery_time", DELIVERY_TIME, "8.2-11")


def has_confirmation(
    complaint: "Complaint", facts: Facts, *, body: "ConfirmIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The complainant was asked of a remedy of the last decision, between its delivery and now."""
    came = (
        None
        if body is None
        else next((one for one in delivered(facts.records) if one.data["remedy"] == body.remedy), None)
    )
    if body is None or came is None:
        return Objection("remedy_undelivered", NOT_DELIVERED, "8.2-11")
    return None if came.at <= (body.at or now) <= now else Objection("contact_time", CONFIRMATION_TIME, "8.2-11")


def remedy_is_own(
    complaint: "Complaint", facts: Facts, *, body: "DeliverIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Whoever handles no complaints delivers the remedies that they own, and no other."""
    if body is None or actor.may(HANDLE):
        return None
    others = {one.number for one in undelivered(facts.records) if person_of(one.owner_id) != actor.name}
    return Objection("remedy_of_another", ANOTHERS, "8.2-11") if body.remedy in others else None


PROPOSING = (has_proposal, cause_is_known, evidence_is_there, remedies_lie_ahead)
HANDLE = "complaints.complaint.propose"
"""What whoever handles complaints may do."""
SEVERE = frozenset({"major", "critical"})
"""The severities from which on two people decide."""
ASKING = (has_question, may_pause)
APPROVING = (
    approver_is_not_handler,
    approver_is_a_person,
    approver_is_not_subject,
    lateness_is_explained,
    decision_is_told,
    answer_is_there,
)


class Remedy(NamedTuple):
    """What was decided to be done for the complainant: its number in the proposal, its owner, and until when."""

    number: int
    kind: str
    due_on: date | None
    owner_id: UUID | None

    def lies_ahead(self, today: date | None) -> bool:
        """Whether it is due on a day that is not over."""
        return self.due_on is not None and (today is None or today <= self.due_on)


def paused(records: Sequence[Noted], now: datetime) -> timedelta:
    """How long the complaint has waited for answers in all, on the clock of every day."""
    whole, since = timedelta(0), None
    for one in records:
        if one.step == "ask":
            since = one.at
        elif one.step in {"answer", "time_out"} and since is not None:
            whole, since = whole + (one.at - since), None
    return whole + (now - since if since is not None else timedelta(0))


def file_unknown(facts: Facts, named: Mapping[str, UUID]) -> Objection | None:
    """The objection against files that the complaint does not have, by the fields that name them."""
    lacking = [field for field, one in named.items() if one not in facts.files]
    return Objection("file_unknown", NO_FILE.filled(fields=", ".join(lacking)), "8.2-11") if lacking else None


def remedies(records: Sequence[Noted]) -> list[Remedy]:
    """The remedies of the last decision."""
    proposed = next((one for one in reversed(records) if one.step in {"propose", "resolve_at_once"}), None)
    if proposed is None:
        return []
    return [
        Remedy(
            place,
            one["kind"],
            None if one["due_on"] is None else date.fromisoformat(one["due_on"]),
            None if one["owner_id"] is None else UUID(one["owner_id"]),
        )
        for place, one in enumerate(proposed.data["remedies"], 1)
    ]


def awaited(records: Sequence[Noted], until: date) -> list[Remedy]:
    """The remedies still to be delivered that the follow-up waits for: those due on a day or before."""
    return [one for one in undelivered(records) if one.due_on is not None and one.due_on <= until]


def undelivered(records: Sequence[Noted]) -> list[Remedy]:
    """The remedies of the last decision that are still to be delivered."""
    done = {one.data["remedy"] for one in delivered(records)}
    at_once = any(one.step == "resolve_at_once" for one in _of_last_proposal(records))
    return [] if at_once else [one for one in remedies(records) if one.number not in done]


def delivered(records: Sequence[Noted]) -> list[Noted]:
    """The deliveries of remedies of the last decision."""
    return [one for one in _of_last_proposal(records) if one.step == "deliver_remedy"]


def _of_last_proposal(records: Sequence[Noted]) -> Sequence[Noted]:
    return records[max((place for place, one in enumerate(records) if one.step == "propose"), default=0) :]
