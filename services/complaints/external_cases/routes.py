"""Cases at authorities over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.schemas import open_steps_out, tag
from services.complaints.complaints.queries import admit
from services.complaints.external_cases import actions, queries
from services.complaints.external_cases.models import ExternalCase
from services.complaints.external_cases.rules import LIFECYCLE, Facts
from services.complaints.external_cases.schemas import (
    CorrectExternalCaseEntryIn,
    ExternalCaseItem,
    ExternalCaseOut,
    ExternalCaseQuery,
    RegisterExternalCaseIn,
    ReplyExternalCaseIn,
    RuleExternalCaseIn,
    WithdrawExternalCaseIn,
)

router = APIRouter(prefix="/v1", tags=["external-cases"], route_class=IdempotentRoute)


@router.post("/external-cases", status_code=201)
async def register_external_case(
    body: RegisterExternalCaseIn,
    work: Annotated[UnitOfWork, permitted("complaints.external_case.register")],
    response: Response,
    language: Language,
) -> ExternalCaseOut:
    """Attaches a case at an authority to a complaint, in whatever state that is (登记外部案件)."""
    case = await actions.register(work, body)
    tag(response, case.version, f"/v1/external-cases/{case.id}")
    return await _out(work, case, language)


@router.get("/external-cases")
async def list_external_cases(
    asked: Annotated[ExternalCaseQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.external_case.read")],
) -> Page[ExternalCaseItem]:
    """Cases at authorities, without the words of rulings, and without those about complaints about the caller."""
    rows = await queries.list_external_cases(work, asked)
    items = [ExternalCaseItem.model_validate(queries.columns_of(case, work.now)) for case in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/external-cases/{external_case_id}")
async def read_external_case(
    external_case_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.external_case.read")],
    response: Response,
    language: Language,
) -> ExternalCaseOut:
    """A case at an authority with the words of its ruling; not for whom the complaint is about."""
    case = await work.find(ExternalCase, external_case_id)
    await admit(work, case.complaint_id)
    tag(response, case.version)
    return await _out(work, case, language)


@router.post("/external-cases/{external_case_id}/reply")
async def reply_external_case(
    external_case_id: UUID,
    body: ReplyExternalCaseIn,
    work: Annotated[UnitOfWork, permitted("complaints.external_case.reply")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ExternalCaseOut:
    """Records our reply to the authority (答复)."""
    case = await actions.reply(work, external_case_id, body, expected)
    tag(response, case.version)
    return await _out(work, case, language)


@router.post("/external-cases/{external_case_id}/rule")
async def rule_external_case(
    external_case_id: UUID,
    body: RuleExternalCaseIn,
    work: Annotated[UnitOfWork, permitted("complaints.external_case.rule")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ExternalCaseOut:
    """Records what the authority has ruled (裁决)."""
    case = await actions.rule(work, external_case_id, body, expected)
    tag(response, case.version)
    return await _out(work, case, language)


@router.post("/external-cases/{external_case_id}/withdraw")
async def withdraw_external_case(
    external_case_id: UUID,
    body: WithdrawExternalCaseIn,
    work: Annotated[UnitOfWork, permitted("complaints.external_case.withdraw")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ExternalCaseOut:
    """Records that the case was withdrawn there (撤回)."""
    case = await actions.withdraw(work, external_case_id, body, expected)
    tag(response, case.version)
    return await _out(work, case, language)


@router.post("/external-cases/{external_case_id}/correct-entry")
async def correct_external_case_entry(
    external_case_id: UUID,
    body: CorrectExternalCaseEntryIn,
    work: Annotated[UnitOfWork, permitted("complaints.external_case.correct_entry")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> ExternalCaseOut:
    """Takes an entry for an error; it stays, with the reason (误登更正)."""
    case = await actions.correct_entry(work, external_case_id, body, expected)
    tag(response, case.version)
    return await _out(work, case, language)


async def _out(work: UnitOfWork, case: ExternalCase, language: str) -> ExternalCaseOut:
    summary = await queries.summary_of(work, case)
    steps = LIFECYCLE.open_steps(case, Facts(), actor=work.actor, now=work.now)
    own = {"summary": summary.words, "masked": summary.masked, "open_steps": open_steps_out(steps, language)}
    return ExternalCaseOut.model_validate(queries.columns_of(case, work.now) | own)
