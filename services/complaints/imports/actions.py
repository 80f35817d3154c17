"""How rows of a file become complaints, or the reasons why they do not."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from chassis.errors import Objection, Problem
from chassis.faults import field_errors
from chassis.ids import new_code, new_id
from chassis.imports.fields import NotRead, fields_of, read_field
from chassis.imports.importer import Importer, Refusal, Row, Taken
from chassis.imports.models import ImportJob
from chassis.imports.reading import Values
from chassis.provider_keys import provider_vault
from chassis.sealing import ProviderVault
from contracts.base import Text
from contracts.complaints import ComplaintImported
from services.complaints.channels.rules import OTHER
from services.complaints.complaints.models import Complaint, Party
from services.complaints.complaints.queries import shared
from services.complaints.complaints.rules import BEFORE_ASSESSMENT, PRIORITIES, Intake, State
from services.complaints.complaints.schemas import ExternalId
from services.complaints.imports.queries import channels_by_code, numbers_here
from services.complaints.imports.schemas import Case, CaseMappingIn
from services.complaints.parties.actions import seal_parties
from services.complaints.search.actions import ask_for_many_terms
from services.complaints.steps.rules import LIFECYCLE

STILL_OPEN = Text(
    "The case has no time of closing; open_cases in the mapping says what becomes of such.",
    "该投诉没有结案时间；请在映射的 open_cases 中注明如何处理。",
)
UNKNOWN_CHANNEL = Text("There is no channel with this code.", "没有使用该代码的渠道。")
STEPS = {State.ARCHIVED: "archive", State.RECEIVED: "take_over", State.ACKNOWLEDGED: "take_over_acknowledged"}
# Which field an objection is about, where it is about one.
FIELD_OF = {
    "received_in_future": "received_at",
    "received_too_early": "received_at",
    "words_missing": "words",
    "still_open": "closed_at",
    "unknown_channel": "channel",
    "anonymous_but_named": "anonymous",
}
_NUMBER: TypeAdapter[str] = TypeAdapter(ExternalId)


def number_of(mapping: CaseMappingIn, values: Values) -> str | None:
    """The number of a row's case in the other system; None for none that can be one."""
    try:
        given = read_field(mapping.fields.external_reference.id, values, mapping.file.unknown)
        return _NUMBER.validate_python(given)
    except (NotRead, ValidationError):
        return None


async def take_cases(work: UnitOfWork, job: ImportJob, mapping: CaseMappingIn, rows: Sequence[Row]) -> Taken:
    """Makes complaints of past cases; one whose number is here already is left as it is."""
    taken, cases = Taken(), list[tuple[Row, Case]]()
    for place, row in enumerate(rows):
        await _let_others(place)
        try:
            cases.append((row, read_case(mapping, row.values)))
        except CaseRefused as refused:
            taken.refusals += refused.of(mapping, row.line)
    here = await numbers_here(work, mapping.fields.external_reference.system, (_number(case) for _, case in cases))
    channels = await channels_by_code(work, {case.channel for _, case in cases} - {OTHER})
    fresh = list[Case]()
    for row, case in cases:
        if _number(case) in here:
            taken.unchanged += 1
        elif objections := _objections(work, mapping, case, channels):
            taken.refusals += CaseRefused(objections=objections).of(mapping, row.line)
        else:
            fresh.append(case)
    added = len(fresh) if job.dry_run else await _add(work, job, mapping, fresh, channels)
    taken.created += added
    taken.unchanged += len(fresh) - added  # another import brought them at the same moment
    return taken


class CaseRefused(Exception):
    """Why a row is no case that can be imported: what cannot be read of it, or what stands against it."""

    def __init__(
        self, found: Iterable[tuple[tuple[str, ...], str, Text]] = (), objections: Iterable[Objection] = ()
    ) -> None:
        super().__init__()
        self._found = [*found, *((_field(one), one.code, one.message) for one in objections)]

    def of(self, mapping: CaseMappingIn, line: int) -> list[Refusal]:
        """The refusals of a line, each with the column that its field comes from."""
        columns = {path: ", ".join(field.columns) or None for path, field in fields_of(mapping.fields)}
        return [Refusal(line, columns.get(path), code, message) for path, code, message in self._found]


def read_case(mapping: CaseMappingIn, values: Values) -> Case:
    """The case that a row tells; raises CaseRefused with all that is wrong in it."""
    read: dict[str, Any] = {"external_reference": {"system": mapping.fields.external_reference.system}}
    wrong: list[tuple[tuple[str, ...], str, Text]] = []
    for path, field in fields_of(mapping.fields):
        try:
            value = read_field(field, values, mapping.file.unknown)
        except NotRead as fault:
            wrong.append((path, fault.code, fault.said))
            continue
        if value is not None:
            *within, name = path
            (read.setdefault(within[0], {}) if within else read)[name] = value
    try:
        case: Case | None = Case.model_validate(read)
    except ValidationError as error:
        case, seen = None, {path for path, _, _ in wrong}
        wrong += [one for one in _faults(error) if one[0] not in seen]
    if case is None or wrong:
        raise CaseRefused(wrong)
    return case


def _faults(error: ValidationError) -> list[tuple[tuple[str, ...], str, Text]]:
    found = error.errors(include_input=False, include_url=False)
    paths = [tuple(str(part) for part in one["loc"]) for one in found]
    in_body: list[Any] = [{**one, "loc": ("body", *one["loc"])} for one in found]
    return [(path, one.code, one.detail) for path, one in zip(paths, field_errors(in_body), strict=True)]


def _field(objection: Objection) -> tuple[str, ...]:
    return (FIELD_OF[objection.code],) if objection.code in FIELD_OF else ()


def _number(case: Case) -> str:
    return case.external_reference.id


def _state(mapping: CaseMappingIn, case: Case) -> State | None:
    """In which state a case begins here; None for one that the mapping leaves open."""
    if case.state is not None:
        return State(case.state)
    if case.closed_at is not None or mapping.open_cases == "archive":
        return State.ARCHIVED
    if mapping.open_cases == "refuse":
        return None
    return State.RECEIVED if case.acknowledged_at is None else State.ACKNOWLEDGED


def _objections(work: UnitOfWork, mapping: CaseMappingIn, case: Case, channels: Mapping[str, UUID]) -> list[Objection]:
    """All that stands against a case: its state, its channel, and the guards of the step that brings it in."""
    state = _state(mapping, case)
    if state is None:
        return [Objection("still_open", STILL_OPEN)]
    found = [] if case.channel == OTHER or case.channel in channels else [Objection("unknown_channel", UNKNOWN_CHANNEL)]
    body = case.model_copy(update={"state": state})
    try:
        LIFECYCLE.begin(STEPS[state], Intake(anonymous_allowed=True), body=body, actor=work.actor, now=work.now)
    except Problem as refused:
        found += refused.objections
    return found


async def _add(
    work: UnitOfWork, job: ImportJob, mapping: CaseMappingIn, cases: Sequence[Case], channels: Mapping[str, UUID]
) -> int:
    """Writes cases with their parties and journal entries; how many, for of the same number another may be faster."""
    if not cases:
        return 0
    vault = await provider_vault(work)
    made = list[tuple[Complaint, list[Party]]]()
    for place, case in enumerate(sorted(cases, key=_number)):  # in one order, so that two imports wait, and do not lock
        await _let_others(place)
        made.append(_complaint(work, vault, job, mapping, case, channels))
    columns = Complaint.__table__.columns.keys()
    rows = [{column: getattr(complaint, column) for column in columns} for complaint, _ in made]
    number = ("provider_id", "external_system", "external_id")
    statement = insert(Complaint).on_conflict_do_nothing(index_elements=number).returning(Complaint.id)
    written = set((await work.session.execute(statement, rows)).scalars())
    added = [(complaint, parties) for complaint, parties in made if complaint.id in written]
    for complaint, parties in added:
        work.add(*parties)
        complaint.version = 0  # it was written as what it is after its first entry
        work.record(complaint, ComplaintImported(**shared(complaint, ())))
    if written:
        ask_for_many_terms(work, UUID(int=min(written).int - 1), max(written))
    return len(added)


async def _let_others(place: int) -> None:
    """Requests that the same process serves do not wait for hundreds of rows."""
    if place % 25 == 0:
        await asyncio.sleep(0)


def _complaint(
    work: UnitOfWork,
    vault: ProviderVault,
    job: ImportJob,
    mapping: CaseMappingIn,
    case: Case,
    channels: Mapping[str, UUID],
) -> tuple[Complaint, list[Party]]:
    """A complaint with the case's own times. No code that tracks it is handed out, and nothing was promised."""
    complaint_id = new_id()
    parties, (key, *_) = seal_parties(work, vault, complaint_id, case.parties)
    complaint = Complaint(
        provider_id=work.provider_id,
        id=complaint_id,
        version=1,
        created_at=work.now,
        updated_at=work.now,
        receipt_number=f"{work.now.year % 100:02}-{new_code()}",
        receipt_code_hash=secrets.token_bytes(32),
        state=_state(mapping, case),
        channel=case.channel,
        channel_id=channels.get(case.channel),
        channel_version=None,
        promised={},
        received_at=case.received_at,
        registered_at=work.now,
        registered_by=job.created_by,
        acknowledged_at=case.acknowledged_at,
        acknowledgement_failed=False,
        privacy_notice=None,
        decided_at=case.decided_at,
        closed_at=case.closed_at,
        origin="import",
        imported_by_job=job.id,
        anonymous=case.anonymous,
        language=case.language,
        category=case.category,
        urgency=case.urgency,
        impact=case.impact,
        priority=case.priority or PRIORITIES[case.impact, case.urgency],
        concerns=[],
        customer_id=case.customer_id,
        external_system=case.external_reference.system,
        external_id=case.external_reference.id,
        title_sealed=key.seal(case.title, "title"),
        words_sealed=key.seal(case.words or "", "words"),
        **BEFORE_ASSESSMENT,
    )
    return complaint, parties


CASES = Importer("complaint", CaseMappingIn, number_of, take_cases)
