"""Reads of cases at authorities."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, literal_column, not_, or_, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.persons.rules import masked_text
from chassis.provider_keys import provider_vault
from chassis.rows import Read
from chassis.tasks.rules import PERSON
from services.complaints.complaints.models import Complaint, Party
from services.complaints.complaints.queries import merged_into_one
from services.complaints.complaints.rules import sees_persons
from services.complaints.external_cases.models import ExternalCase
from services.complaints.external_cases.rules import State
from services.complaints.external_cases.schemas import ExternalCaseQuery

_READER = bindparam("reader", type_=Party.account_id.type)
_NAMES_READER = exists().where(
    Party.provider_id == bindparam("provider_id"),
    Party.complaint_id == ExternalCase.complaint_id,
    Party.account_id == _READER,
)
_IS_ABOUT_READER = exists().where(
    Complaint.provider_id == bindparam("provider_id"),
    Complaint.id == ExternalCase.complaint_id,
    Complaint.subject_account_id == _READER,
)
_OPEN = ExternalCase.state == literal_column(f"'{State.OPEN}'")
EXTERNAL_CASES = Listing(
    ExternalCase,
    filters={
        "complaint_id": ExternalCase.complaint_id,
        "state": ExternalCase.state,
        "body": ExternalCase.body,
        "overdue": {
            True: and_(_OPEN, ExternalCase.due_at < bindparam("now")),
            False: or_(not_(_OPEN), ExternalCase.due_at.is_(None), ExternalCase.due_at >= bindparam("now")),
        },
    },
    sorts={
        "-received_at": ExternalCase.received_at,
        "received_at": ExternalCase.received_at,
        "-updated_at": ExternalCase.updated_at,
        "updated_at": ExternalCase.updated_at,
    },
    updated_at=ExternalCase.updated_at,
    where=(~_NAMES_READER, ~_IS_ABOUT_READER),
)
_OF_COMPLAINT = (
    select(ExternalCase)
    .where(
        ExternalCase.provider_id == bindparam("provider_id"),
        or_(
            ExternalCase.complaint_id == bindparam("id"),
            ExternalCase.complaint_id.in_(select(merged_into_one().c.id)),
        ),
    )
    .order_by(ExternalCase.received_at, ExternalCase.id)
)
CASES_OF = Read(_OF_COMPLAINT, ExternalCase)
"""The cases of a complaint and of those merged into it, the first received first."""
OPEN_CASES = Read(_OF_COMPLAINT.where(_OPEN), ExternalCase)


class Summary(NamedTuple):
    """The words of a ruling, readable, or masked for who need not know whom they name."""

    words: str | None
    masked: bool


async def list_external_cases(work: UnitOfWork, asked: ExternalCaseQuery) -> Rows[ExternalCase]:
    """A page of the provider's cases, without those about complaints that are about the reader."""
    return await EXTERNAL_CASES.page(work, asked, now=work.now, reader=_account(work.actor.name))


async def open_cases(work: UnitOfWork, complaint_id: UUID) -> Sequence[ExternalCase]:
    """The cases of a complaint and of those merged into it that wait for our reply, the first received first."""
    return await work.read(OPEN_CASES, id=complaint_id)


async def summary_of(work: UnitOfWork, case: ExternalCase, subjects: Collection[UUID] = ()) -> Summary:
    """The words of a case's ruling as the caller may see them; None once the person whose key sealed them is erased.

    `subjects` are whom the complaint is about, where they come so far.
    """
    masked = not sees_persons(work.actor, subjects)
    if case.party_id is None:
        return Summary(None, masked)
    party = await work.session.get_one(Party, (work.provider_id, case.party_id))
    if party.wrapped_key is None:
        return Summary(None, masked)
    key = (await provider_vault(work)).person(party.id, party.wrapped_key)
    words = key.open(case.summary_sealed, summary_field(case.id))
    return Summary(masked_text(words) if masked else words, masked)


def summary_field(external_case_id: UUID) -> str:
    """What the words of a ruling are sealed for."""
    return f"ruling of {external_case_id}"


def shared(case: ExternalCase) -> dict[str, Any]:
    """The whole shared state of a case, as every event of it carries it."""
    names = (
        "complaint_id", "body", "reference", "state", "received_at", "due_at", "replied_at", "ruled_at", "outcome",
    )  # fmt: skip
    same = {name: getattr(case, name) for name in names}
    return {"external_case_id": case.id, "registered_at": case.created_at, **same}


def columns_of(case: ExternalCase, now: datetime) -> dict[str, Any]:
    """A case as it is listed."""
    late = case.state == State.OPEN and case.due_at is not None and case.due_at < now
    return {**vars(case), "registered_at": case.created_at, "overdue": late}


def task_parameters(case: ExternalCase) -> dict[str, Any]:
    """What the titles of a case's tasks tell of it."""
    return {"body": case.body, "reference": case.reference}


def _account(name: str) -> UUID | None:
    """The account of a person who acts; None of a machine."""
    return UUID(name.removeprefix(PERSON)) if name.startswith(PERSON) else None
