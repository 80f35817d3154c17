"""What is done to cases at authorities."""

from typing import Literal
from uuid import UUID

from chassis.attachments.queries import kept_attachment
from chassis.clocks.terms import Term, set_term
from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.ids import new_id
from chassis.jobs import clear_timers
from chassis.provider_keys import provider_vault
from chassis.rows import by_id
from chassis.tasks.actions import end_tasks, give_task
from chassis.tasks.rules import to_role
from contracts.external_cases import (
    ExternalCaseEntryCorrected,
    ExternalCaseRegistered,
    ExternalCaseReplied,
    ExternalCaseRuled,
    ExternalCaseWithdrawn,
)
from services.complaints.complaints.models import Complaint, Party
from services.complaints.complaints.queries import UNKNOWN_COMPLAINT, admit, key_of, parties_of
from services.complaints.complaints.rules import State
from services.complaints.external_cases.models import ExternalCase
from services.complaints.external_cases.queries import shared, summary_field, task_parameters
from services.complaints.external_cases.rules import LIFECYCLE, REPLY, REPLYING, Facts
from services.complaints.external_cases.schemas import (
    CorrectExternalCaseEntryIn,
    RegisterExternalCaseIn,
    ReplyExternalCaseIn,
    RuleExternalCaseIn,
    WithdrawExternalCaseIn,
)
from services.complaints.follow_ups.schemas import RulingIn
from services.complaints.steps.actions import take
from services.complaints.tasks.rules import HANDLER

OPENING = frozenset({"upheld", "partly"})
"""Outcomes that open a complaint again which was closed or refused."""
OPENED_BY = {State.CLOSED: "reopen_by_ruling", State.REFUSED: "admit_by_ruling"}


async def register(work: UnitOfWork, body: RegisterExternalCaseIn) -> ExternalCase:
    """Attaches a case at an authority to a complaint (登记外部案件), and asks for the reply until they want it.

    An unknown complaint is 422; a number that another case of the complaint has is 409.
    """
    found = await work.read(by_id(Complaint, lock=True), id=body.complaint_id)  # it is not closed meanwhile
    if not found:
        raise invalid("/complaint_id", "unknown_complaint", UNKNOWN_COMPLAINT)
    await admit(work, body.complaint_id)
    state = LIFECYCLE.begin("register", Facts(), body=body, actor=work.actor, now=work.now)
    case = ExternalCase(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        complaint_id=body.complaint_id,
        body=body.body,
        reference=body.reference,
        state=state,
        received_at=body.received_at or work.now,
        registered_by=work.actor.name,
    )
    work.add(case)
    set_term(work, case, REPLY, None if body.due_at is None else Term(case.received_at, body.due_at))
    made_by = work.record(case, ExternalCaseRegistered(**shared(case)))
    parameters, due_at = task_parameters(case), case.due_at
    give_task(work, case.id, REPLYING, to_role(HANDLER), made_by=made_by, due_at=due_at, parameters=parameters)
    return case


async def reply(
    work: UnitOfWork, external_case_id: UUID, body: ReplyExternalCaseIn, expected: int | None
) -> ExternalCase:
    """Records our reply to the authority; nobody is asked for it any more."""
    case = await _load(work, external_case_id, expected)
    known = body.proof is None or await kept_attachment(work, case.complaint_id, body.proof) is not None
    LIFECYCLE.advance(case, "reply", Facts(proof_known=known), body=body, actor=work.actor, now=work.now)
    case.replied_at, case.reply_method = body.at or work.now, body.method
    case.reply_reference, case.proof_id = body.reference, body.proof
    await _ask_no_more(work, case, "done")
    work.record(case, ExternalCaseReplied(**shared(case), method=body.method, proof_id=body.proof))
    return case


async def rule(
    work: UnitOfWork, external_case_id: UUID, body: RuleExternalCaseIn, expected: int | None
) -> ExternalCase:
    """Records what the authority has ruled; its words are sealed with the key of the first who complains."""
    case = await _load(work, external_case_id, expected)
    first = await _first_complaining(work, case.complaint_id)
    LIFECYCLE.advance(case, "rule", Facts(words_kept=first is not None), body=body, actor=work.actor, now=work.now)
    case.ruled_at, case.outcome = body.at or work.now, body.outcome
    key = None if first is None else key_of(await provider_vault(work), first)
    if body.summary and first is not None and key is not None:
        case.party_id, case.summary_sealed = first.id, key.seal(body.summary, summary_field(case.id))
    await _ask_no_more(work, case, "cancelled")
    work.record(case, ExternalCaseRuled(**shared(case)))
    if body.outcome in OPENING:
        await _open_again(work, case)
    return case


async def _open_again(work: UnitOfWork, case: ExternalCase) -> None:
    """A complaint that was closed or refused goes on when an authority has ruled for the complainant.

    Of one that was merged it is the complaint in which its matter was decided.
    """
    complaint = await work.load(Complaint, case.complaint_id)
    while complaint.merged_into is not None:
        complaint = await work.load(Complaint, complaint.merged_into)
    step = OPENED_BY.get(State(complaint.state))
    if step is not None:
        await take(work, complaint.id, step, RulingIn(external_case_id=case.id))


async def withdraw(
    work: UnitOfWork, external_case_id: UUID, body: WithdrawExternalCaseIn, expected: int | None
) -> ExternalCase:
    """Records that the case was withdrawn there."""
    case = await _load(work, external_case_id, expected)
    LIFECYCLE.advance(case, "withdraw", Facts(), body=body, actor=work.actor, now=work.now)
    case.withdrawn_at = body.at or work.now
    await _ask_no_more(work, case, "cancelled")
    work.record(case, ExternalCaseWithdrawn(**shared(case), withdrawn_at=case.withdrawn_at))
    return case


async def correct_entry(
    work: UnitOfWork, external_case_id: UUID, body: CorrectExternalCaseEntryIn, expected: int | None
) -> ExternalCase:
    """Takes an entry for an error: it stays, and counts no more."""
    case = await _load(work, external_case_id, expected)
    LIFECYCLE.advance(case, "correct_entry", Facts(), body=body, actor=work.actor, now=work.now)
    case.cause = body.cause
    await _ask_no_more(work, case, "cancelled")
    work.record(case, ExternalCaseEntryCorrected(**shared(case), cause=body.cause))
    return case


async def _load(work: UnitOfWork, external_case_id: UUID, expected: int | None) -> ExternalCase:
    """A case, locked with its complaint, which is not closed meanwhile; 403 for whom that is about."""
    case = await work.load(ExternalCase, external_case_id, expected)
    await work.load(Complaint, case.complaint_id)
    await admit(work, case.complaint_id)
    return case


async def _ask_no_more(work: UnitOfWork, case: ExternalCase, state: Literal["done", "cancelled"]) -> None:
    """Ends what was asked, if it was not before; their limit stays as they gave it."""
    await clear_timers(work, case.id, REPLY.timer)
    await end_tasks(work, case.id, REPLYING, state)


async def _first_complaining(work: UnitOfWork, complaint_id: UUID) -> Party | None:
    """The first who complains and is not erased."""
    parties = await parties_of(work, complaint_id)
    return next((one for one in parties if one.role != "subject" and one.wrapped_key is not None), None)
