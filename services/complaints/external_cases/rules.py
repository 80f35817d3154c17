"""The life of a case at an authority: states, steps and guards (外部案件)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chassis.actors import Who
from chassis.clocks.rules import ClockRule
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from chassis.tasks.rules import TaskKind
from contracts.base import Text
from services.complaints.tasks.rules import LEVELS

if TYPE_CHECKING:
    from services.complaints.external_cases.models import ExternalCase
    from services.complaints.external_cases.schemas import (
        RegisterExternalCaseIn,
        ReplyExternalCaseIn,
        RuleExternalCaseIn,
        WithdrawExternalCaseIn,
    )


class State(StrEnum):
    """States of a case at an authority."""

    OPEN = "open"
    REPLIED = "replied"
    RULED = "ruled"
    WITHDRAWN = "withdrawn"
    ENTERED_IN_ERROR = "entered_in_error"


STATES = {
    State.OPEN: Text("open", "待答复"),
    State.REPLIED: Text("replied", "已答复"),
    State.RULED: Text("ruled", "已裁决"),
    State.WITHDRAWN: Text("withdrawn", "已撤回"),
    State.ENTERED_IN_ERROR: Text("entered in error", "误登"),
}
PENDING: frozenset[State] = frozenset({State.OPEN, State.REPLIED})
"""States in which the authority may still rule."""

REPLYING = TaskKind(
    "reply_external_case",
    "external_case",
    Text("Reply to {body} about their case {reference}", "答复外部案件 {reference}（{body}）"),
    Text(
        "The case {reference} of {body} has no reply: {percent} % of their time has passed",
        "外部案件 {reference}（{body}）尚未答复：其时限已过 {percent}%",
    ),
    clause="8.2",
)
REPLY = ClockRule("external_case", "reply", REPLYING, LEVELS)
"""The ladder of the time that an authority gives: plain time, whatever the provider's calendar says."""

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST: Final = timedelta(days=3653)
"""Ten years: what is due later has a slip of the pen in its year."""

TOO_EARLY = Text("A case cannot have been received before 1970.", "收到时间不得早于 1970 年。")
IN_FUTURE = Text("It cannot have been in the future.", "该时间不得晚于当前时间。")
BEFORE_RECEIPT = Text("It cannot have been before the case was received.", "该时间不得早于收到外部案件的时间。")
DUE_BEFORE_RECEIPT = Text("Their limit must end after the case was received.", "其时限须晚于收到外部案件的时间。")
DUE_TOO_LATE = Text("Their limit cannot end more than ten years after receipt.", "其时限不得晚于收到后十年。")
PROOF_UNKNOWN = Text("The complaint has no such file.", "该投诉没有此附件。")
NOBODY_LEFT = Text(
    "All who complained are erased: no words are kept about them any more; give the outcome alone.",
    "投诉人的个人信息均已删除，不再保存相关文字；请仅填写裁决结果。",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside the record: whether the complaint has the file that is named, and a key for words."""

    proof_known: bool = True
    words_kept: bool = True


def received_by_now(
    case: None, facts: Facts, *, body: "RegisterExternalCaseIn", actor: Who, now: datetime
) -> Objection | None:
    """It was not received in the future."""
    late = body.received_at is not None and body.received_at > now
    return Objection("received_in_future", IN_FUTURE, "8.2") if late else None


def received_since_1970(
    case: None, facts: Facts, *, body: "RegisterExternalCaseIn", actor: Who, now: datetime
) -> Objection | None:
    """The year of receipt has no slip of the pen."""
    ancient = body.received_at is not None and body.received_at < EARLIEST
    return Objection("received_too_early", TOO_EARLY, "8.2") if ancient else None


def due_after_receipt(
    case: None, facts: Facts, *, body: "RegisterExternalCaseIn", actor: Who, now: datetime
) -> Objection | None:
    """Their limit ends after receipt, and within ten years of it."""
    received_at = body.received_at or now
    if body.due_at is None:
        return None
    if body.due_at <= received_at:
        return Objection("due_before_receipt", DUE_BEFORE_RECEIPT, "8.2")
    late = body.due_at - received_at > LONGEST
    return Objection("due_too_late", DUE_TOO_LATE, "8.2") if late else None


def happened_since_receipt(
    case: "ExternalCase",
    facts: Facts,
    *,
    body: "ReplyExternalCaseIn | RuleExternalCaseIn | WithdrawExternalCaseIn | None",
    actor: Who,
    now: datetime,
) -> Objection | None:
    """What is told happened between receipt and now."""
    at = now if body is None or body.at is None else body.at
    if at > now:
        return Objection("in_future", IN_FUTURE, "8.2")
    return Objection("before_receipt", BEFORE_RECEIPT, "8.2") if at < case.received_at else None


def proof_is_of_complaint(
    case: "ExternalCase", facts: Facts, *, body: "ReplyExternalCaseIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The file that shows the reply, if one is named, is one of the complaint's."""
    return None if facts.proof_known else Objection("proof_unknown", PROOF_UNKNOWN, "8.2")


def words_can_be_kept(
    case: "ExternalCase", facts: Facts, *, body: "RuleExternalCaseIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The words of the ruling, if there are any, can be sealed with the key of somebody who complains."""
    lost = body is not None and body.summary and not facts.words_kept
    return Objection("nobody_left", NOBODY_LEFT, "8.2") if lost else None


LIFECYCLE: "Lifecycle[ExternalCase]" = Lifecycle(
    STATES,
    register=Step(
        (),
        State.OPEN,
        permission="complaints.external_case.register",
        guards=(received_by_now, received_since_1970, due_after_receipt),
        clause="8.2",
    ),
    reply=Step(
        {State.OPEN},
        State.REPLIED,
        permission="complaints.external_case.reply",
        guards=(happened_since_receipt, proof_is_of_complaint),
        clause="8.2",
    ),
    rule=Step(
        PENDING,
        State.RULED,
        permission="complaints.external_case.rule",
        guards=(happened_since_receipt, words_can_be_kept),
        clause="8.2",
    ),
    withdraw=Step(
        PENDING,
        State.WITHDRAWN,
        permission="complaints.external_case.withdraw",
        guards=(happened_since_receipt,),
        clause="8.2",
    ),
    correct_entry=Step(
        {*PENDING, State.RULED, State.WITHDRAWN},
        State.ENTERED_IN_ERROR,
        permission="complaints.external_case.correct_entry",
        clause="8.2",
    ),
)
