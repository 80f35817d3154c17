"""What must be there for a complaint to end on another way than by a decision after an investigation."""

from datetime import datetime
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from contracts.base import Text
from services.complaints.complaints.rules import OPEN, Facts, State
from services.complaints.investigations.rules import undelivered

if TYPE_CHECKING:
    from services.complaints.complaints.models import Complaint
    from services.complaints.endings.schemas import DiscardIn, MergeIn, RedirectIn, ResolveIn, WithdrawalIn

NO_REASON = Text("A reason is missing.", "缺少理由。")
SENDER_UNTOLD = Text(
    "The sender must be told that it is no complaint, and where it goes if it goes anywhere.",
    "须告知来件人该事项不属于投诉；如有转办，一并告知去向。",
)
NOISE = frozenset({"spam", "test", "double_entry"})
"""Why an entry is discarded without a word to its sender: nobody waits to hear of it."""
NOT_MINOR = Text(
    "Only a minor matter without safety or legal concern is resolved at once.",
    "仅轻微且不涉及安全或法律的投诉可当场办结。",
)
NOT_AGREED = Text("The complainant's agreement in the same contact is missing.", "缺少投诉人在同一次联系中的同意。")
NOT_DONE = Text("What was done for the complainant is missing.", "缺少已为投诉人采取的措施。")
NO_TARGET = Text("There is no open complaint to merge into.", "没有可并入的未结投诉。")
ITSELF = Text("A complaint cannot be merged into itself.", "投诉不能并入自身。")
ABOUT_OTHERS = Text(
    "The complaint is about somebody whom the other one is not about, and who could handle it there.",
    "目标投诉的被投诉对象不包括本投诉的被投诉对象，并案后其可能办理本投诉。",
)
PROMISED = Text(
    "A remedy that was promised in the decision is not delivered: deliver it before the complaint is merged.",
    "处理决定中承诺的补救措施尚未落实，须先落实后方可并案。",
)
OTHERS = Text(
    "Another complaint was merged into this one: it ends with a decision and a follow-up.",
    "已有其他投诉并入本投诉，须办结并回访后方可结束。",
)
NO_STATEMENT = Text(
    "The complainant's statement, with its way and time, is missing.", "缺少投诉人撤诉的表示及其方式和时间。"
)
TIME = Text("The contact must lie between receipt and now.", "联系时间须在收到投诉之后且不晚于当前时间。")
NOT_A_PARTY = Text("It names nobody who complains here.", "所指对象不是本投诉的投诉人。")
WITHDRAWN = Text("Whoever complained under this receipt has withdrawn before.", "使用该受理编号的投诉人此前已撤诉。")


def has_reason(
    complaint: "Complaint", facts: Facts, *, body: "RedirectIn | DiscardIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Why it is no complaint is said."""
    return None if body is not None else Objection("reason_missing", NO_REASON, "8.2")


def sender_is_told(
    complaint: "Complaint", facts: Facts, *, body: "RedirectIn | DiscardIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The sender knows that it is no complaint and where it goes, where there is a way to tell them."""
    untold = body is not None and any(facts.complaining.values()) and not body.told
    return Objection("sender_untold", SENDER_UNTOLD, "8.2") if untold else None


def sender_of_discarded_is_told(
    complaint: "Complaint", facts: Facts, *, body: "DiscardIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The sender knows that it is no complaint, where there is a way to tell them and somebody waits to hear of it."""
    noise = body is not None and body.reason in NOISE
    return None if noise else sender_is_told(complaint, facts, body=body, actor=actor, now=now)


def is_minor(
    complaint: "Complaint", facts: Facts, *, body: "ResolveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It is minor, and touches neither safety nor law."""
    light = body is not None and not body.legal and "safety" not in complaint.concerns
    return None if light else Objection("not_minor", NOT_MINOR, "8.2")


def is_agreed(
    complaint: "Complaint", facts: Facts, *, body: "ResolveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The complainant agreed in the same contact."""
    return None if body is not None and body.agreed else Objection("agreement_missing", NOT_AGREED, "8.2-11")


def is_remedied(
    complaint: "Complaint", facts: Facts, *, body: "ResolveIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What was agreed is done."""
    return None if body is not None and body.done else Objection("remedy_not_done", NOT_DONE, "8.2-11")


def target_is_open(
    complaint: "Complaint", facts: Facts, *, body: "MergeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It is merged into another complaint that is open."""
    if body is not None and body.target_id == complaint.id:
        return Objection("target_is_itself", ITSELF, "8.2")
    return None if facts.target in OPEN else Objection("target_not_open", NO_TARGET, "8.2")


def target_is_about_the_same(
    complaint: "Complaint", facts: Facts, *, body: "MergeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Whom a complaint is about stays away from it where it is merged into another one (回避)."""
    about = {*facts.subjects, complaint.subject_unit_id} - {None}
    lost = facts.target in OPEN and not about.issubset(facts.target_about)
    return Objection("target_about_others", ABOUT_OTHERS, "8.2") if lost else None


def nothing_is_promised(
    complaint: "Complaint", facts: Facts, *, body: "MergeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What a decision has promised is kept before the complaint ends in another one."""
    open_ = complaint.state in {State.DECIDED, State.FOLLOW_UP_PENDING} and undelivered(facts.records)
    return Objection("remedies_promised", PROMISED, "8.2-11") if open_ else None


def nothing_is_merged_in(
    complaint: "Complaint", facts: Facts, *, body: object | None, actor: Who, now: datetime
) -> Objection | None:
    """Nobody whose complaint was merged into it goes without an answer."""
    return Objection("others_merged", OTHERS, "8.2-4") if facts.others_merged else None


def has_statement(
    complaint: "Complaint", facts: Facts, *, body: "WithdrawalIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The complainant's own statement is on record."""
    if body is None:
        return Objection("statement_missing", NO_STATEMENT, "8.2-11")
    at = body.at or now
    return None if complaint.received_at <= at <= now else Objection("contact_time", TIME, "8.2-11")


def speaks_for_who_complains(
    complaint: "Complaint", facts: Facts, *, body: "WithdrawalIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The statement is of somebody who complains here, or did so in a complaint that was merged into this one."""
    unknown = body is not None and body.party_id is not None and body.party_id not in facts.leaving
    return Objection("party_unknown", NOT_A_PARTY, "8.2-11") if unknown else None


def has_not_withdrawn(
    complaint: "Complaint", facts: Facts, *, body: "WithdrawalIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody withdraws twice."""
    before = any(party in facts.withdrawn for party in facts.leaving)
    return Objection("withdrawn_before", WITHDRAWN, "8.2-11") if before else None


def after_withdrawal(complaint: "Complaint", facts: Facts) -> State:
    """The end, with the last of those who complain; for the others it goes on.

    Where it waits for an answer of who withdraws, it goes back to where the question came from.
    """
    if not facts.complaining.keys() - set(facts.leaving):
        return State.WITHDRAWN
    asked = facts.last("ask")
    waits = complaint.state == State.WAITING_COMPLAINANT and asked is not None and asked.party_id in facts.leaving
    return State(complaint.came_from if waits and complaint.came_from else complaint.state)


MERGING = (target_is_open, target_is_about_the_same, nothing_is_promised)
RESOLVING = (is_minor, is_agreed, is_remedied)
WITHDRAWING = (has_statement, speaks_for_who_complains, has_not_withdrawn)
