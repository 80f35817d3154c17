"""Reads of a receipt's mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.actors import PUBLIC
from chassis.db import UnitOfWork
from chassis.provider_keys import provider_vault
from contracts.base import Text
from services.complaints.complaints.models import HandlingRecord, NoticeCopy
from services.complaints.complaints.queries import copy_text
from services.complaints.complaints.rules import NEXT_STEPS, State
from services.complaints.complaints.schemas import Awaited, MailKind, MailOut
from services.complaints.notices.queries import COPIES_TO
from services.complaints.steps.queries import Matter, matter

KINDS: dict[str, MailKind] = {
    "ask": "question",
    "refuse": "refusal",
    "uphold_refusal": "refusal",
    "inform": "progress",
    "extend": "extension",
    "approve": "decision",
    "resolve_at_once": "decision",
    "notify_follow_up": "follow_up",
    "final_position": "final_position",
    "answer_objection": "objection_answer",
}
"""The steps that leave a notice, and what it is."""
ASKING: dict[Awaited, State] = {"answer": State.WAITING_COMPLAINANT, "follow_up": State.FOLLOW_UP_PENDING}
"""The states whose next step is the complainant's, by what is waited for."""


@dataclass(frozen=True)
class Mailbox:
    """What a receipt opens: its complaint, and those that it was merged into one after the other, the last at the end.

    Of these whoever holds it sees what was written to the parties of their own.
    """

    chain: Sequence[Matter]

    @property
    def own(self) -> Matter:
        """The complaint of the receipt."""
        return self.chain[0]

    @property
    def heard(self) -> Matter:
        """The complaint in which it is handled."""
        return self.chain[-1]

    @property
    def party_id(self) -> UUID:
        """For whom whoever holds the receipt speaks: the first who complains there and is not erased."""
        return self.own.first.id

    def is_for(self, record: HandlingRecord, of: Matter) -> bool:
        """Whether a record is about a party of the receipt's complaint; about nobody in particular, in that alone."""
        mine = {party.id for party in self.own.parties}
        return record.party_id in mine if record.party_id is not None else of is self.own

    @property
    def withdrawn(self) -> bool:
        """Whether whoever holds the receipt has withdrawn, although it may go on for others."""
        return any(party.withdrawn_at is not None for party in self.own.parties)

    @property
    def state(self) -> State:
        """The state of the complaint of the receipt, as whoever holds it sees it."""
        return State.WITHDRAWN if self.withdrawn else State(self.own.complaint.state)

    @property
    def awaits(self) -> Awaited | None:
        """What is waited for from whoever holds the receipt."""
        state = State(self.heard.complaint.state)
        if self.withdrawn:
            return None
        if state == State.FOLLOW_UP_PENDING:
            return None if any(one.data["outcome"] == "reached" for one in self._followed_up()) else "follow_up"
        asked = next((one for one in reversed(self.heard.records) if one.step == "ask"), None)
        if state != State.WAITING_COMPLAINANT or asked is None or asked.data["awaited"] != "complainant":
            return None
        return "answer" if self.is_for(asked, self.heard) else None

    @property
    def said(self) -> int:
        """How often whoever holds the receipt has said in this round whether they are satisfied."""
        return sum(one.made_by == PUBLIC.name for one in self._followed_up())

    def _followed_up(self) -> list[HandlingRecord]:
        """The follow-ups of this round with whoever holds the receipt."""
        of, mine = self.heard, ("record_follow_up", self.heard.complaint.round, self.party_id)
        return [one for one in of.records if (one.step, one.round, one.party_id) == mine]

    @property
    def next_step(self) -> Text:
        """What comes next for whoever holds the receipt."""
        state = self.state
        if self.awaits is not None:
            return NEXT_STEPS[ASKING[self.awaits]]
        return NEXT_STEPS[State.INVESTIGATING if state == State.WAITING_COMPLAINANT else state]


async def mailbox_of(work: UnitOfWork, complaint_id: UUID) -> Mailbox:
    """The mailbox of a complaint's receipt."""
    chain = [await matter(work, complaint_id)]
    while chain[-1].complaint.merged_into is not None:
        chain.append(await matter(work, chain[-1].complaint.merged_into))
    return Mailbox(chain)


async def notices(box: Mailbox) -> list[MailOut]:
    """The notices to the parties of the receipt's complaint, in their order; those whose person was erased are gone."""
    told = [(one, record) for one in box.chain for record in one.records if record.step in KINDS]
    if not told:
        return []
    parties = {party.id: party for party in box.own.parties}
    copies = dict[UUID, list[NoticeCopy]]()
    for copy in await box.own.work.read(COPIES_TO, parties=list(parties)):
        copies.setdefault(copy.record_id, []).append(copy)
    vault, found = await provider_vault(box.own.work), []
    for of, record in told:
        text = (await of.words(record)).get("notice") if box.is_for(record, of) else None
        texts = [text, *(copy_text(vault, copy, parties[copy.party_id]) for copy in copies.get(record.id, ()))]
        readable = next((one for one in texts if one is not None), None)
        found += [] if readable is None else [MailOut(kind=KINDS[record.step], at=record.at, text=readable)]
    return found
