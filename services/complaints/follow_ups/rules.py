"""What must be there to follow a decision up, to close a complaint, and to open it again (回访, 结案)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.actors import Who
from chassis.errors import Objection
from chassis.worktime import end_of_working_day
from contracts.base import Text
from services.complaints.complaints.rules import Facts, Noted, handled_by, person_of
from services.complaints.investigations.rules import SEVERE, file_unknown, undelivered

if TYPE_CHECKING:
    from services.complaints.complaints.models import Complaint
    from services.complaints.follow_ups.schemas import (
        AttemptIn,
        CloseIn,
        DissatisfiedIn,
        FinalPositionIn,
        FollowUpPlanIn,
        NotifyIn,
        ReopenIn,
    )

NO_NOTICE = Text("The written notice to the party is missing.", "缺少给投诉人的书面告知。")
NO_CALLER = Text("No caller is named who is employed.", "未指定在职的回访人员。")
CALLER_HANDLED = Text("Whoever handled the complaint cannot make the follow-up.", "处理人员不得担任回访人员。")
CALLER_SUBJECT = Text("The complaint is about who is to make the follow-up.", "回访人员是被投诉人。")
NO_ATTEMPT = Text("When, how and with what outcome the follow-up was tried is missing.", "缺少回访的时间、方式和结果。")
ATTEMPT_TIME = Text("The follow-up must lie between the decision and now.", "回访时间须在办结之后且不晚于当前时间。")
NOT_A_PARTY = Text("It names nobody who complains here.", "所指对象不是本投诉的投诉人。")
NO_SATISFACTION = Text(
    "Whoever was reached is asked whether they are satisfied.", "已联系到投诉人的，须记录其是否满意。"
)
SATISFIED_UNREACHED = Text("Satisfaction is known only of who was reached.", "未联系到投诉人的，不得记录满意情况。")
NOT_FOLLOWED_UP = Text(
    "A party was not followed up: reached and asked; or tried three times on two working days, or not willing to talk,"
    " with a written notice.",
    "有投诉人尚未完成回访：须联系到并记录是否满意；或在至少两个不同工作日共尝试三次，或对方拒绝交谈，并书面告知。",
)
WANTS_MORE = Text(
    "A party is not wholly satisfied and wants more: the case is investigated again, or ends with a final position.",
    "投诉人未完全满意并要求继续处理：须复核，或作出最终答复。",
)
MAILBOX = Text(
    "The question whether they are satisfied has not lain in the mailbox for {days} working days.",
    "满意度询问在信箱中尚未满 {days} 个工作日。",
)
REMEDIES = Text(
    "A remedy is neither delivered nor scheduled, with an owner and a day that is not over.",
    "有补救措施既未落实，也未安排责任人和尚未到期的期限。",
)
IMPROVEMENT = Text(
    "An improvement must be linked, because the cause repeats or the severity is critical.",
    "原因重复出现或投诉特别严重，须关联改进措施。",
)
CASES = Text("An external case has had no reply of ours.", "有外部案件尚未答复。")
LATE = Text("A limit was missed: the reason for it is missing.", "已超出时限，须说明原因。")
SATISFIED = Text(
    "Nobody was reached who is not wholly satisfied and wants more.",
    "没有已联系到、未完全满意并要求继续处理的投诉人。",
)
NOT_ABOVE = Text("The new handler must be of a higher level than the one before.", "新的处理人员须为原处理人员的上级。")
NOT_AGAIN = Text("It was not investigated again by another person.", "尚未由他人复核。")
OWN_POSITION = Text(
    "From severity major on, whoever looked into it again does not take the final position.",
    "重大及以上投诉的最终答复须由复核处理人员以外的人作出。",
)
NO_LETTER = Text("The final letter with the external routes is missing.", "缺少载明外部途径的最终答复函。")
WINDOW = Text(
    "The time for reopening is over, and there is neither new evidence nor an external ruling: a new complaint can be"
    " registered that names this one (follows).",
    "重新处理的期限已过，且没有新的证据或外部裁决：可另行登记新的投诉，并注明本投诉（follows）。",
)
NO_REASON = Text("A reason is missing.", "缺少理由。")


def has_caller(
    complaint: "Complaint", facts: Facts, *, body: "FollowUpPlanIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A caller is named, who is employed."""
    named = body is not None and facts.named is not None and facts.named.employed
    return None if named else Objection("caller_missing", NO_CALLER, "8.2-4")


def caller_is_not_handler(
    complaint: "Complaint", facts: Facts, *, body: "FollowUpPlanIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Whoever handled it does not ask whether the complainant is satisfied."""
    same = body is not None and person_of(body.caller_id) in handled_by(facts.records)
    return Objection("caller_is_handler", CALLER_HANDLED, "8.2-4") if same else None


def caller_is_not_subject(
    complaint: "Complaint", facts: Facts, *, body: "FollowUpPlanIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody is sent to ask about a complaint about themselves (回避)."""
    same = facts.named is not None and facts.named.is_subject
    return Objection("caller_is_subject", CALLER_SUBJECT, "8.2-4") if same else None


def has_attempt(
    complaint: "Complaint", facts: Facts, *, body: "AttemptIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The attempt is on record, between the decision and now."""
    if body is None:
        return Objection("attempt_missing", NO_ATTEMPT, "8.2-4")
    at = body.at or now
    decided = complaint.decided_at is None or complaint.decided_at <= at
    return None if decided and at <= now else Objection("attempt_time", ATTEMPT_TIME, "8.2-4")


def names_a_party(
    complaint: "Complaint", facts: Facts, *, body: "AttemptIn | NotifyIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It is about somebody who complains here."""
    unknown = body is not None and body.party_id is not None and body.party_id not in facts.complaining
    return Objection("party_unknown", NOT_A_PARTY, "8.2-4") if unknown else None


def attempt_is_by_another(
    complaint: "Complaint", facts: Facts, *, body: "AttemptIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The one who calls did not handle the complaint."""
    same = actor.name in handled_by(facts.records)
    return Objection("caller_is_handler", CALLER_HANDLED, "8.2-4") if same else None


def recording_is_there(
    complaint: "Complaint", facts: Facts, *, body: "AttemptIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What is named as the recording of the call is a file of the complaint."""
    return file_unknown(facts, {} if body is None or body.recording is None else {"/recording": body.recording})


def satisfaction_is_asked(
    complaint: "Complaint", facts: Facts, *, body: "AttemptIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Whoever was reached was asked; nobody else was."""
    if body is None or (body.outcome == "reached") == (body.satisfaction is not None):
        return None
    if body.outcome == "reached":
        return Objection("satisfaction_missing", NO_SATISFACTION, "8.2-4")
    return Objection("satisfaction_unreached", SATISFIED_UNREACHED, "8.2-4")


def has_notice(
    complaint: "Complaint", facts: Facts, *, body: "NotifyIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The written notice is on record, between the decision and now."""
    if body is None:
        return Objection("notice_missing", NO_NOTICE, "8.2-4")
    at = body.at or now
    decided = complaint.decided_at is None or complaint.decided_at <= at
    return None if decided and at <= now else Objection("notice_time", ATTEMPT_TIME, "8.2-4")


def everyone_is_followed_up(
    complaint: "Complaint", facts: Facts, *, body: "CloseIn | FinalPositionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Each party was reached, or could not be after what the rules ask for."""
    left = [party for party in facts.complaining if way_of(facts, complaint, party, now) is None]
    if not left:
        return None
    if not any(facts.complaining[party] for party in left):
        return Objection("mailbox_waits", MAILBOX.filled(days=facts.policy.answer_days), "8.2-4")
    return Objection("not_followed_up", NOT_FOLLOWED_UP, "8.2-4")


def nobody_wants_more(
    complaint: "Complaint", facts: Facts, *, body: "CloseIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody who was reached last is below the threshold and wants more."""
    return Objection("wants_more", WANTS_MORE, "8.2-4") if dissatisfied_parties(facts, complaint) else None


def remedies_are_settled(
    complaint: "Complaint", facts: Facts, *, body: "CloseIn | FinalPositionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Each remedy is delivered, or scheduled with an owner for a day that is not over."""
    open_ = [one for one in undelivered(facts.records) if one.owner_id is None or not one.lies_ahead(facts.today)]
    return Objection("remedies_unsettled", REMEDIES, "8.2-11") if open_ else None


def improvement_is_linked(
    complaint: "Complaint", facts: Facts, *, body: "CloseIn | FinalPositionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What repeats or is critical leads to an improvement."""
    needed = facts.policy.asks_for_improvement(complaint.severity, facts.repeats)
    return Objection("improvement_missing", IMPROVEMENT, "8.2") if needed and complaint.improvement is None else None


def external_cases_are_answered(
    complaint: "Complaint", facts: Facts, *, body: "CloseIn | FinalPositionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Each external case has had our reply."""
    return Objection("external_case_unanswered", CASES, "8.2") if facts.unanswered_cases else None


def lateness_is_explained(
    complaint: "Complaint", facts: Facts, *, body: "CloseIn | FinalPositionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What was late is explained, here or with the decision."""
    explained = body is not None and body.lateness_reason is not None
    known = facts.missed <= {missed for one in facts.records for missed in one.data.get("missed", ())}
    return None if explained or known else Objection("lateness_unexplained", LATE, "8.2-10")


def is_dissatisfied(
    complaint: "Complaint", facts: Facts, *, body: "DissatisfiedIn | FinalPositionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Somebody was reached who is below the threshold and wants more."""
    return None if dissatisfied_parties(facts, complaint) else Objection("nobody_dissatisfied", SATISFIED, "8.2-4")


def handler_is_above(
    complaint: "Complaint", facts: Facts, *, body: "DissatisfiedIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Somebody of a higher level looks into it again."""
    below = body is not None and facts.named is not None and not facts.named.above_former
    return Objection("handler_not_above", NOT_ABOVE, "8.2") if below else None


def was_investigated_again(
    complaint: "Complaint", facts: Facts, *, body: "FinalPositionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Another person has investigated it again."""
    first = handled_by(one for one in facts.records if one.round == 1)
    again = handled_by(one for one in facts.records if one.round > 1)
    return None if again - first else Objection("not_reinvestigated", NOT_AGAIN, "8.2")


def another_takes_position(
    complaint: "Complaint", facts: Facts, *, body: "FinalPositionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """From severity major on, the last word is of another person than who handled it in this round."""
    own = actor.name in handled_by(one for one in facts.records if one.round == complaint.round)
    return Objection("approver_is_handler", OWN_POSITION, "8.2") if own and complaint.severity in SEVERE else None


def has_final_letter(
    complaint: "Complaint", facts: Facts, *, body: "FinalPositionIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The final letter names the external routes."""
    return None if body is not None else Objection("final_letter_missing", NO_LETTER, "8.2-11")


def may_reopen(
    complaint: "Complaint", facts: Facts, *, body: "ReopenIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It is within the window, or an objection was, or there is new evidence or a ruling."""
    if body is None:
        return Objection("reason_missing", NO_REASON, "8.2")
    closed_at = complaint.closed_at
    asked = min([one.at for one in facts.waiting.values()], default=now)
    over = closed_at is not None and asked > closed_at + timedelta(days=facts.policy.reopen_days)
    return Objection("window_over", WINDOW, "8.2") if over and body.reason == "dissatisfied" else None


FOLLOWED_UP = (everyone_is_followed_up, nobody_wants_more)
SETTLED = (remedies_are_settled, improvement_is_linked, external_cases_are_answered, lateness_is_explained)
PLANNING = (has_caller, caller_is_not_handler, caller_is_not_subject)
ATTEMPTING = (has_attempt, names_a_party, attempt_is_by_another, satisfaction_is_asked, recording_is_there)
FINAL = (
    is_dissatisfied,
    everyone_is_followed_up,
    was_investigated_again,
    another_takes_position,
    has_final_letter,
    *SETTLED,
)
WORST_FIRST = ("not_satisfied", "partly", "satisfied")
BELOW = frozenset({"not_satisfied", "partly"})
"""Below the threshold of satisfaction: who wants more then is heard again."""
TRIES, TRY_DAYS = 3, 2
"""So many tries on so many working days, and a written notice, before somebody counts as unreachable."""


def way_of(facts: Facts, complaint: "Complaint", party: UUID, now: datetime) -> str | None:
    """How the follow-up of a party has come to its end in this round; None while it has not.

    Who left no way to be reached, as the anonymous do, has the mailbox of the receipt instead.
    """
    tried = [one for one in facts.of("record_follow_up", complaint.round) if one.party_id == party]
    if any(one.data["outcome"] == "reached" for one in tried):
        return "reached"
    if not facts.complaining[party]:
        until = mailbox_until(facts, complaint, party)
        return "mailbox" if until is not None and until <= now else None
    if not any(one.party_id == party for one in facts.of("notify_follow_up", complaint.round)):
        return None
    if any(one.data["outcome"] == "refused_to_talk" for one in tried):
        return "refused_to_talk"
    enough = len(tried) >= TRIES and len(_working_days(facts, tried)) >= TRY_DAYS
    return "unreachable" if enough else None


def dissatisfied_parties(facts: Facts, complaint: "Complaint") -> list[UUID]:
    """The parties who said last that they are less than satisfied and want more, and have not withdrawn."""
    last = {
        one.party_id: one for one in facts.of("record_follow_up", complaint.round) if one.data["outcome"] == "reached"
    }
    return [
        party
        for party, one in last.items()
        if party is not None
        and party not in facts.withdrawn
        and one.data["satisfaction"] in BELOW
        and one.data["wants_more"]
    ]


def satisfaction_of(facts: Facts, round_: int) -> str | None:
    """The worst of what those who complain said in a round; None where nobody was asked."""
    said = [one.data["satisfaction"] for one in facts.of("record_follow_up", round_)]
    return min((one for one in said if one is not None), key=WORST_FIRST.index, default=None)


def _working_days(facts: Facts, tried: list[Noted]) -> set[object]:
    assert facts.calendar is not None
    zone = ZoneInfo(facts.calendar.zone)
    days = {one.at.astimezone(zone).date() for one in tried}
    return {day for day in days if facts.calendar.is_working_day(day)}


def mailbox_until(facts: Facts, complaint: "Complaint", party: UUID) -> datetime | None:
    """Until when a party is waited for who has the mailbox only: for so many whole working days.

    They can answer from when the follow-up is first planned; a written notice to them begins the days anew.
    """
    planned = facts.of("plan_follow_up", complaint.round)[:1]
    written = [one for one in facts.of("notify_follow_up", complaint.round) if one.party_id == party]
    since = max((one.at for one in (*planned, *written)), default=None)
    if since is None or facts.calendar is None:
        return None
    return end_of_working_day(facts.calendar, since, facts.policy.answer_days)
