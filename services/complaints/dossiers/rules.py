"""What a dossier must hold before a complaint counts as handled, and the record that its hash is of (clause 8.2-11)."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chassis.canonical import canonical
from chassis.errors import Objection
from contracts.base import Text
from contracts.complaints import ComplaintAttachmentAdded
from contracts.handling import ComplaintClosed, ComplaintFinalPositionTaken
from services.complaints.complaints.rules import Noted, State, without_case

if TYPE_CHECKING:
    from services.complaints.complaints.models import Complaint

FORM = 1
"""How the record is put together; a change of it is another form, for hashes that stand must be found again."""
CLAUSE = "8.2-11"
HASH = "dossier_sha256"
CLOSINGS = frozenset({ComplaintClosed.TYPE, ComplaintFinalPositionTaken.TYPE})
"""The entries with which a complaint is closed."""
ATTACHED = ComplaintAttachmentAdded.TYPE
ENDINGS: Mapping[State, str] = {
    State.REFUSED: "refuse",
    State.WITHDRAWN: "withdraw",
    State.REDIRECTED: "redirect",
    State.DISCARDED: "discard",
    State.MERGED: "merge",
}
"""The step that leads to an end, whose record a dossier holds then."""
HANDLED = ("assess", "assign", "start", "propose", "approve")
ATTEMPTS = 3

ACKNOWLEDGEMENT = Text("The record that the complainant was told is missing.", "缺少告知收悉的记录。")
LACKS_STEP = {
    "assess": Text("The assessment is missing.", "缺少评估记录。"),
    "assign": Text("The assignment to a handler is missing.", "缺少分派记录。"),
    "start": Text("The plan of the investigation is missing.", "缺少调查计划记录。"),
    "propose": Text("Finding, cause and proposal are missing.", "缺少调查结论和拟办意见。"),
    "approve": Text("The approval of the answer is missing.", "缺少答复审批记录。"),
    "plan_follow_up": Text("The plan of the follow-up is missing.", "缺少回访安排记录。"),
    "refuse": Text("Reason and notice of the refusal are missing.", "缺少不予受理的理由和告知记录。"),
    "withdraw": Text("The statement of withdrawal is missing.", "缺少撤诉声明记录。"),
    "redirect": Text("The record of where it was handed to is missing.", "缺少转办记录。"),
    "discard": Text("The reason for discarding it is missing.", "缺少作废理由记录。"),
    "merge": Text("The record of what it was merged into is missing.", "缺少并案记录。"),
    "waive": Text("The waiver of the follow-up is missing.", "缺少免于回访的豁免记录。"),
    "final_position": Text("The final letter is missing.", "缺少最终答复函。"),
    "notify_follow_up": Text("The written notice of the follow-up is missing.", "缺少回访的书面告知记录。"),
}
NO_FOLLOW_UP = Text("The follow-up in which the complainant was asked is missing.", "缺少已联系到投诉人的回访记录。")
NOT_TALKED = Text("The follow-up that the complainant refused is missing.", "缺少投诉人拒绝交谈的回访记录。")
FEW_ATTEMPTS = Text("There are fewer than three attempts at a follow-up.", "回访尝试不足三次。")
NO_MAILBOX = Text("The message in the mailbox of the receipt is missing.", "缺少信箱消息记录。")
NOT_AGAIN = Text("The renewed investigation is missing.", "缺少复核记录。")
NO_HASH = Text("The dossier was not frozen when the complaint was closed.", "结案时卷宗未固化。")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a complaint's dossier holds, as far as its completeness goes; `closing_way` is how its follow-up ended."""

    state: str
    closing_way: str | None
    acknowledged: bool
    round: int
    frozen: bool
    records: Sequence[Noted]

    def has(self, step: str) -> bool:
        """Whether a step left a record."""
        return any(one.step == step for one in self.records)

    def attempts(self) -> list[Noted]:
        """The tries of a follow-up in the last round."""
        return [one for one in self.records if one.step == "record_follow_up" and one.round == self.round]


def kept_of(complaint: "Complaint", records: Sequence[Noted]) -> Kept:
    """What completeness asks of a complaint."""
    return Kept(
        state=complaint.state,
        closing_way=complaint.closing_way,
        acknowledged=complaint.acknowledged_at is not None,
        round=complaint.round,
        frozen=complaint.dossier_sha256 is not None,
        records=records,
    )


def missing(kept: Kept) -> list[Objection]:
    """The mandatory records that a complaint lacks, by the way in which it ended; of an open one nothing is missing.

    A past case that was imported as `archived` has the records of its source, and none is asked for here.
    """
    state = State(kept.state)
    if state in ENDINGS:
        return [] if kept.has(ENDINGS[state]) else [_lack(ENDINGS[state])]
    return [*_of_handling(kept), *_of_closing(kept)] if state == State.CLOSED else []


def _of_handling(kept: Kept) -> list[Objection]:
    found = [] if kept.acknowledged else [Objection("acknowledgement_not_recorded", ACKNOWLEDGEMENT, CLAUSE)]
    steps: Collection[str] = () if kept.has("resolve_at_once") and kept.round == 1 else HANDLED
    if kept.has("resolve_at_once") and kept.round > 1:
        steps = ("propose", "approve")
    found += [_lack(step) for step in (*steps, "plan_follow_up") if not kept.has(step)]
    return found if kept.frozen else [*found, Objection("dossier_not_frozen", NO_HASH, CLAUSE)]


def _of_closing(kept: Kept) -> list[Objection]:
    closed = next((one for one in reversed(kept.records) if one.step == "close"), None)
    if closed is not None and closed.data.get("ways") == []:  # everybody who complained was erased before
        return []
    outcomes = [one.data["outcome"] for one in kept.attempts()]
    match kept.closing_way:
        case "refused_to_talk":
            heard = "refused_to_talk" in outcomes
            notice = [] if kept.has("notify_follow_up") else [_lack("notify_follow_up")]
            return notice if heard else [Objection("follow_up_not_recorded", NOT_TALKED, CLAUSE), *notice]
        case "unreachable":
            few = [] if len(outcomes) >= ATTEMPTS else [Objection("attempts_not_recorded", FEW_ATTEMPTS, CLAUSE)]
            return few if kept.has("notify_follow_up") else [*few, _lack("notify_follow_up")]
        case "mailbox":
            told = any(kept.has(step) for step in ("notify_follow_up", "approve", "resolve_at_once"))
            return [] if told else [Objection("mailbox_not_recorded", NO_MAILBOX, CLAUSE)]
        case "waived":
            return [] if kept.has("waive") else [_lack("waive")]
        case "final_position":
            again = [] if kept.round > 1 else [Objection("renewed_investigation_not_recorded", NOT_AGAIN, CLAUSE)]
            return again if kept.has("final_position") else [*again, _lack("final_position")]
        case _:
            return [] if "reached" in outcomes else [Objection("follow_up_not_recorded", NO_FOLLOW_UP, CLAUSE)]


def _lack(step: str) -> Objection:
    return Objection(f"{step}_not_recorded", LACKS_STEP[step], CLAUSE)


def record_of(state: Mapping[str, Any], parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """The record: a complaint's shared state and all that was entered before it, without words and persons."""
    own = {name: value for name, value in state.items() if name != HASH}
    return {"form": FORM, "complaint": own, **parts}


def without_cases(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record as whoever the complaint is about reads it: with nothing of its cases at authorities."""
    rows = [row | {"data": without_case(row["data"])} for row in record["records"]]
    return {name: part for name, part in record.items() if name != "cases"} | {"records": rows}


def hash_of(record: Mapping[str, Any]) -> str:
    """SHA-256 of a record as canonical JSON."""
    return hashlib.sha256(canonical(record).encode()).hexdigest()
