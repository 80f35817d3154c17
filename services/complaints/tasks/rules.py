"""What people are asked to do about a complaint, and whom a clock tells."""

from chassis.clocks.rules import Rung
from chassis.tasks.rules import TaskKind
from contracts.base import Text

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
NAMING = _kind(
    "name_handler",
    Text("Name a handler for complaint {receipt_number}", "为投诉 {receipt_number} 指定处理人员"),
    Text("has nobody who can handle it", "没有可以办理的处理人员"),
)
_INSTEAD = Text("waits for management", "等待管理者代表处理")
APPROVING = _kind(
    "approve_decision",
    Text("Approve the answer to complaint {receipt_number}", "审批投诉 {receipt_number} 的答复"),
    Text("waits for the approval of its answer", "答复等待审批"),
)
APPROVING_INSTEAD = _kind("approve_decision_instead", APPROVING.title, _INSTEAD)
ESCALATED = _kind(
    "look_into_complaint",
    Text("Complaint {receipt_number} was escalated to you", "投诉 {receipt_number} 已提请您督办"),
    Text("was escalated", "已督办"),
)
MOST_WAIVERS = 100
CONTROLLING = tuple(
    _kind(
        f"review_waiver_{number}",
        Text(
            f"Review waiver {number} in complaint {{receipt_number}}",
            f"复核投诉 {{receipt_number}} 中的第 {number} 项豁免",
        ),
        Text("has a waiver that nobody reviewed", "有豁免尚未复核"),
    )
    for number in range(1, MOST_WAIVERS + 1)
)
"""The review of each waiver of a complaint, by its number; it outlives the closing."""
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
HEARING_INSTEAD = _kind("hear_objection_instead", HEARING.title, _INSTEAD)
INSTEAD = {APPROVING: APPROVING_INSTEAD, HEARING: HEARING_INSTEAD}
"""What management is asked for beside the lead, where the lead may be one who cannot decide."""
HEARING_AGAIN = _kind(
    "hear_again",
    Text("Have complaint {receipt_number} investigated again", "安排复核投诉 {receipt_number}"),
    Text("has a complainant who wants more", "有投诉人要求继续处理"),
)
CONCLUDING = _kind(
    "close_follow_up",
    Text("The follow-up of complaint {receipt_number} is done: close it", "投诉 {receipt_number} 回访已完成，请结案"),
    Text("is followed up and not closed", "回访已完成尚未结案"),
)
RECORDING_IMPROVEMENT = _kind(
    "record_improvement",
    Text("Record what is improved after complaint {receipt_number}", "登记投诉 {receipt_number} 的改进措施"),
    Text("has no improvement linked", "尚未关联改进措施"),
)
TASKS = (
    HANDLING, APPROVING, APPROVING_INSTEAD, ESCALATED, NAMING, PLANNING_FOLLOW_UP, HEARING_AGAIN, CONCLUDING,
    REACHING, RECORDING_IMPROVEMENT,
)  # fmt: skip
"""What is asked of people without a clock of its own, and ends with the complaint; the review of a waiver does not.

Nor does the hearing of an objection, which comes after the end."""
