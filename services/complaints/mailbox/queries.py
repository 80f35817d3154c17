"""Reads of a receipt's mailbox."""

from typing import Literal

from services.complaints.complaints.rules import State
from services.complaints.complaints.schemas import MailOut
from services.complaints.steps.queries import Matter

KINDS: dict[str, Literal["question", "refusal", "progress", "decision", "follow_up", "final_position"]] = {
    "ask": "question",
    "refuse": "refusal",
    "uphold_refusal": "refusal",
    "inform": "progress",
    "approve": "decision",
    "notify_follow_up": "follow_up",
    "final_position": "final_position",
}
"""The steps that leave a notice, and what it is."""
AWAITED: dict[State, Literal["answer", "follow_up"]] = {
    State.WAITING_COMPLAINANT: "answer",
    State.FOLLOW_UP_PENDING: "follow_up",
}
"""What is waited for from the complainant, by state."""


async def mailbox(matter: Matter) -> list[MailOut]:
    """The notices of a complaint, in their order; without those to whom was merged into it.

    Those whose person was erased are gone.
    """
    found, own = [], {party.id for party in matter.parties} | {None}
    for record in matter.records:
        if record.step in KINDS and record.party_id in own:
            text = (await matter.words(record)).get("notice")
            found += [] if text is None else [MailOut(kind=KINDS[record.step], at=record.at, text=text)]
    return found
