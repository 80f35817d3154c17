"""The life of a proposed complaint: it is confirmed, and then registered, or dismissed with a reason (clause 8.2)."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from chassis.tasks.rules import TaskKind
from contracts.base import Text

if TYPE_CHECKING:
    from services.complaints.proposals.models import ProposedComplaint
    from services.complaints.proposals.schemas import ConfirmIn, DismissIn


class State(StrEnum):
    """States of a proposed complaint."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


STATES = {
    State.PROPOSED: Text("proposed", "待确认"),
    State.CONFIRMED: Text("confirmed", "已确认"),
    State.DISMISSED: Text("dismissed", "已排除"),
}
SURVEY = "survey"
"""The kind of channel on which a confirmed one is received."""
NO_COMPLAINT = Text("Who complains, and about what, is missing.", "缺少投诉人和投诉内容。")
NO_CAUSE = Text("A reason is missing.", "缺少理由。")
CONFIRMING = TaskKind(
    "confirm_proposed_complaint",
    "proposed_complaint",
    Text("Say whether a low answer to a survey is a complaint", "确认低分调查答复是否属于投诉"),
    Text(
        "A low answer to a survey waits: {percent} % of the time has passed", "低分调查答复待确认：时限已过 {percent}%"
    ),
    "8.2",
)


def has_complaint(
    proposal: "ProposedComplaint", facts: None, *, body: "ConfirmIn | None", actor: Who, now: datetime
) -> Objection | None:
    """What is registered is given; what it lacks itself, the guards of intake say."""
    return None if body is not None else Objection("complaint_missing", NO_COMPLAINT, "8.2")


def has_cause(
    proposal: "ProposedComplaint", facts: None, *, body: "DismissIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Why it is no complaint of its own is said."""
    return None if body is not None else Objection("cause_missing", NO_CAUSE, "8.2")


LIFECYCLE: "Lifecycle[ProposedComplaint]" = Lifecycle(
    STATES,
    confirm=Step(
        {State.PROPOSED},
        State.CONFIRMED,
        permission="complaints.proposed_complaint.confirm",
        guards=(has_complaint,),
        clause="8.2",
    ),
    dismiss=Step(
        {State.PROPOSED},
        State.DISMISSED,
        permission="complaints.proposed_complaint.dismiss",
        guards=(has_cause,),
        clause="8.2",
    ),
)
