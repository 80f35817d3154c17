"""A complaint with all that bears on its steps, and how it is shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from chassis.attachments.models import Attachment
from chassis.calendars.queries import present_calendar
from chassis.clocks.actions import stop_clock
from chassis.clocks.queries import CLOCKS, Clocks, measured
from chassis.clocks.rules import ClockRule
from chassis.clocks.schemas import clock_out
from chassis.db import UnitOfWork
from chassis.errors import not_found
from chassis.ids import new_id
from chassis.provider_keys import provider_vault
from chassis.rows import Read
from chassis.schemas import open_steps_out
from contracts.complaint_state import ComplaintState
from services.complaints.complaints import queries
from services.complaints.complaints.models import Complaint, HandlingRecord, Party
from services.complaints.complaints.queries import (
    COMPLAINT,
    OF_MERGED,
    PARTIES,
    RECORD_WORDS,
    RECORDS,
    key_of,
    opened_words,
    shared,
    subjects_of,
    with_merged,
)
from services.complaints.complaints.rules import DECIDE, Facts, Noted, State
from services.complaints.complaints.schemas import ComplaintOut
from services.complaints.external_cases.queries import open_cases
from services.complaints.notices.actions import Notice
from services.complaints.policies.queries import NEWEST_POLICY, in_force, policy_of
from services.complaints.policies.rules import Policy
from services.complaints.staff.queries import DEPARTMENTS, HEADED_BY_ANY, PERSON
from services.complaints.staff.rules import head_of_all
from services.complaints.steps.rules import LIFECYCLE

FILES = Read(
    select(Attachment).where(
        Attachment.provider_id == bindparam("provider_id"),
        Attachment.record_id == bindparam("id"),
        Attachment.id == any_(bindparam("files", type_=ARRAY(Uuid()))),
        Attachment.file_id.is_not(None),
    ),
    Attachment,
)
"""The files of a complaint among some, without those that were erased."""
WAYS = ("telephone_sealed", "email_sealed", "address_sealed")


@dataclass
class Matter:
    """A complaint with its parties, clocks and records in their order, and the parties of those merged into it."""

    work: UnitOfWork
    complaint: Complaint
    parties: Sequence[Party]
    clocks: Clocks
    records: list[HandlingRecord]
    merged: Sequence[Party] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        """The policy that was frozen with the assessment; before it nothing but what was promised holds."""
        complaint = self.complaint
        if complaint.policy is None or complaint.policy_version is None:
            return Policy()
        return policy_of(complaint.policy_version, complaint.policy)

    @property
    def complaining(self) -> list[Party]:
        """Who complains here or did so in a complaint that was merged into this one; neither erased nor withdrawn."""
        known = [party for party in (*self.parties, *self.merged) if party.role != "subject" and party.wrapped_key]
        return [party for party in known if party.withdrawn_at is None]

    @property
    def subjects(self) -> set[UUID]:
        """The members of staff whom it is about."""
        return subjects_of(self.complaint, self.parties)

    @property
    def facts(self) -> Facts:
        """What the guards know."""
        now, decide = self.work.now, self.clocks.live(DECIDE.name)
        noted = [Noted(one.step, one.at, one.made_by, one.round, one.data, one.party_id) for one in self.records]
        decided = next((one for one in reversed(noted) if one.step in {"approve", "resolve_at_once"}), None)
        return Facts(
            limits_promised=bool(self.complaint.promised),
            policy=self.policy,
            records=noted,
            complaining={party.id: any(getattr(party, way) for way in WAYS) for party in self.complaining},
            withdrawn={party.id for party in (*self.parties, *self.merged) if party.withdrawn_at is not None},
            missed=self.missed(now),
            waived=waived_in(noted, self.complaint.round, now),
            repeats=0 if decided is None else decided.data["repeats"],
            decide_limit=None if decide is None else decide.limit,
            subjects=self.subjects,
            answer_erased=self._answer_erased(),
            **self.more,
        )

    async def stop(self, *rules: ClockRule, at: datetime | None = None) -> None:
        """Stops clocks at an instant, now if not given; one that began after it, when it began."""
        at = at or self.work.now
        for rule in rules:
            live = self.clocks.live(rule.name)
            begun = live is not None and live.clock.started_at <= self.work.now
            await stop_clock(self.work, self.clocks, rule, max(at, live.clock.started_at) if live and begun else at)

    def missed(self, now: datetime) -> frozenset[str]:
        """The clocks that ran beyond what was promised or is agreed."""
        late = (
            one
            for one in self.clocks
            if any(one.is_late(due, now) for due in (one.clock.promised_due_at, one.clock.due_at))
        )
        return frozenset(one.clock.name for one in late)

    async def note(
        self,
        step: str,
        happened: type[ComplaintState],
        *,
        told: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        words: Mapping[str, str | None] | None = None,
        party: Party | None = None,
        at: datetime | None = None,
        notice: Notice | None = None,
    ) -> HandlingRecord:
        """Journals a step with the complaint's whole state, and keeps what it left: codes, numbers, sealed words.

        `told` is what the event says beside that state; `notice` what was written, which is kept as each was told it.
        """
        work, complaint = self.work, self.complaint
        entry_id = work.record(complaint, happened(**shared(complaint, self.clocks), **(told or {})))
        said = {name: text for name, text in (words or {}).items() if text}
        said |= {} if notice is None else {"notice": notice.text}
        sealed_for = party or self.first
        record = HandlingRecord(
            provider_id=work.provider_id,
            id=new_id(),
            complaint_id=complaint.id,
            entry_id=entry_id,
            place=len(self.records) + 1,
            step=step,
            round=complaint.round,
            at=at or work.now,
            entered_at=work.now,
            made_by=work.actor.name,
            party_id=None if sealed_for is self.parties[0] and party is None else sealed_for.id,
            message_id=None if notice is None else notice.message_id,
            data=dict(data or {}),
            words_sealed=await self._sealed(said, sealed_for) if said else None,
        )
        self.records.append(record)
        work.add(record)
        for copy in () if notice is None else notice.copies:
            copy.record_id = record.id
            work.add(copy)
        return record

    @property
    def first(self) -> Party:
        """Whose key seals the words that are about nobody in particular: the first who complains and is not erased.

        Where they have withdrawn, the first for whom it goes on.
        """
        own = next((one for one in self.parties if one.role != "subject" and one.wrapped_key), self.parties[0])
        return own if own.withdrawn_at is None else next(iter(self.complaining), own)

    async def _sealed(self, said: Mapping[str, str], party: Party) -> bytes | None:
        key = key_of(await provider_vault(self.work), party)
        return None if key is None else key.seal(orjson.dumps(said).decode(), RECORD_WORDS)

    async def words(self, record: HandlingRecord) -> dict[str, str]:
        """The words that a step left, readable; nothing where the person was erased."""
        return opened_words(await provider_vault(self.work), record, self._sealed_for(record))

    def party(self, party_id: UUID | None) -> Party:
        """Who has this id; the first who complains, if none is given."""
        first = next(iter(self.complaining), self.first)
        return next((one for one in (*self.parties, *self.merged) if one.id == party_id), first)

    def under_receipt_of(self, party: Party) -> list[Party]:
        """All who complained under the same receipt as a party."""
        same = (one for one in (*self.parties, *self.merged) if one.complaint_id == party.complaint_id)
        return [one for one in same if one.role != "subject"]

    def _answer_erased(self) -> bool:
        """Whether the answer that was proposed last is gone with the person whose key sealed it."""
        proposed = next((one for one in reversed(self.records) if one.step == "propose"), None)
        return proposed is not None and self._sealed_for(proposed).wrapped_key is None

    def _sealed_for(self, record: HandlingRecord) -> Party:
        mine = record.party_id or self.parties[0].id
        return next(one for one in (*self.parties, *self.merged) if one.id == mine)


def waived_in(records: Sequence[Noted], round_: int, now: datetime) -> frozenset[str]:
    """The codes of the objections that a waiver meets now: one of this round that its review has not rejected."""
    rejected = {
        one.data["waiver"] for one in records if one.step == "review_waiver" and one.data["outcome"] != "confirmed"
    }
    waivers = enumerate((one for one in records if one.step == "waive"), 1)
    held = (one.data for place, one in waivers if one.round == round_ and place not in rejected)
    return frozenset(
        one["objection"] for one in held if one["until"] is None or datetime.fromisoformat(one["until"]) > now
    )


async def matter(work: UnitOfWork, complaint_id: UUID) -> Matter:
    """A complaint to look at, as a rule in one round trip; raises a 404 problem where there is none."""
    reads = (COMPLAINT, PARTIES, CLOCKS, RECORDS)
    found, parties, clocks, records = await work.read_together(reads, id=complaint_id)
    if not found:
        raise not_found()
    return await settled(Matter(work, found[0], parties, Clocks(complaint_id, await measured(work, clocks)), records))


async def matter_for_step(
    work: UnitOfWork, complaint_id: UUID, expected: int | None, files: Sequence[UUID] = ()
) -> Matter:
    """A complaint for a step that names files; raises a 404 problem, or 412 unless at version `expected`.

    One whose end is near is locked: cases without our reply keep it from its end, and do not count its version up. So
    is one in which nobody complains but, perhaps, who complained in others that were merged into it.
    """
    reads, kept = (PARTIES, CLOCKS, RECORDS), list[Attachment]()
    if files:
        found = await work.load_with(Complaint, complaint_id, expected, (*reads, FILES), files=files)
        complaint, parties, clocks, records, kept = found
    else:
        complaint, parties, clocks, records = await work.load_with(Complaint, complaint_id, expected, reads)
    more, known = {"files": {file.id for file in kept}}, Clocks(complaint_id, await measured(work, clocks))
    one = Matter(work, complaint, parties, known, records, more=more)
    if complaint.state == State.FOLLOW_UP_PENDING or not one.complaining:
        await work.begun()
    return await settled(one)


async def settled(one: Matter) -> Matter:
    """The same with the parties of merged ones that its records name, or its end asks for; all where none is left here.

    Its end asks for the cases without our reply, the calendar and the day too. Where it is about members of staff,
    whether one of them heads the provider is asked as well, and who outside decides then today.
    """
    pending = one.complaint.state == State.FOLLOW_UP_PENDING
    if pending or not one.complaining:
        one.merged = await one.work.read(OF_MERGED, id=one.complaint.id)
    else:
        one.merged = await with_merged(one.work, one.complaint.id, one.parties, one.records)
    if pending:
        waiting = await open_cases(one.work, one.complaint.id)
        calendar = (await present_calendar(one.work)).calendar
        today = one.work.now.astimezone(ZoneInfo(calendar.zone)).date()
        one.more = {**one.more, "calendar": calendar, "today": today, "unanswered_cases": len(waiting)}
    if one.subjects:
        one.more = {**one.more, **await _about_head(one.work, one.subjects)}
    return one


async def _about_head(work: UnitOfWork, subjects: Collection[UUID]) -> dict[str, Any]:
    """Whether a complaint about these is one about the head of the provider, and who outside decides then."""
    reads = (DEPARTMENTS, HEADED_BY_ANY, NEWEST_POLICY)
    departments, headed, newest = await work.read_together(reads, ids=list(subjects))
    policy = in_force(newest)
    head, outside = head_of_all(policy.head_id, departments), policy.outside_reviewer_id
    if head in subjects and outside is not None:
        people = await work.read(PERSON, account_id=outside)
        outside = None if any(person.employed for person in people) else outside
    unknown = head is None and bool(headed)
    return {"about_head": head in subjects, "head_unknown": unknown, "outside_reviewer_id": outside}


async def complaint_out(one: Matter, language: str) -> ComplaintOut:
    """A complaint as a caller sees it, with the steps that are possible now."""
    return ComplaintOut.model_validate(await shown(one, language))


async def shown(one: Matter, language: str) -> dict[str, Any]:
    """What a caller sees of a complaint."""
    work, complaint = one.work, one.complaint
    opened = queries.open_complaint(await provider_vault(work), complaint, one.parties, work.actor)
    steps = LIFECYCLE.open_steps(complaint, one.facts, actor=work.actor, now=work.now)
    own = {
        "promised_due": queries.promised_due(one.clocks),
        "clocks": [clock_out(clock, work.now) for clock in one.clocks],
        "registered_late_seconds": int((complaint.registered_at - complaint.received_at).total_seconds()),
        "title": opened.title,
        "words": opened.words,
        "parties": opened.parties,
        "masked": opened.masked,
        "open_steps": open_steps_out(steps, language),
    }
    return queries.columns_of(complaint) | own
