"""What is done to documents."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.attachments.actions import Attachable, attached
from chassis.attachments.models import Attachment
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.jobs import clear_timers, set_timer
from chassis.tasks.actions import end_tasks, give_task, hand_over
from chassis.tasks.rules import TaskKind, to_person
from contracts.risk import (
    AttachmentOpened,
    DocumentChanged,
    DocumentCreated,
    DocumentVersionApproved,
    DocumentVersionAttachmentAdded,
    DocumentVersionCameIntoForce,
    DocumentVersionChanged,
    DocumentVersionDrafted,
    DocumentVersionReadingConcluded,
    DocumentVersionRepealed,
    DocumentVersionReviewDue,
    DocumentVersionReviewed,
    DocumentVersionState,
    DocumentVersionSuperseded,
    DocumentVersionWithdrawn,
)
from services.risk.documents.models import Document, DocumentVersion
from services.risk.documents.queries import facts_of, in_force, newest_number, shared, task_parameters, zone_of
from services.risk.documents.rules import (
    BY_ITSELF,
    LIFECYCLE,
    PURPOSES,
    READING,
    REVIEW,
    TASKS,
    Facts,
    beginning_of,
    first_day,
)
from services.risk.documents.schemas import (
    ApproveDocumentIn,
    ChangeDocumentIn,
    ChangeDraftIn,
    CreateDocumentIn,
    DocumentContentIn,
    DocumentReasonIn,
    ReviewDocumentIn,
)

IN_FORCE_CLOCK, REVIEW_CLOCK = "document.in_force", "document.review"
"""Clocks of a version: when it comes into force, and when it is to be reviewed."""
DUE = "due"


async def create_document(work: UnitOfWork, body: CreateDocumentIn) -> Document:
    """Enters a document with the draft of its first version. 409 when the code is taken."""
    document = Document(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        code=body.code,
        kind=body.kind,
        title=body.title,
        owner_id=body.owner_id,
    )
    work.add(document)
    work.record(document, DocumentCreated(**_of_document(document)))
    version = _draft(work, document, 1, body.serves, body.binds)
    version.summary, version.next_review_on = body.summary, body.next_review_on
    _place(version, body.content)
    work.record(version, DocumentVersionDrafted(**shared(version, document)))
    return document


async def change_document(work: UnitOfWork, document_id: UUID, body: ChangeDocumentIn, expected: int) -> Document:
    """Changes title or owner; what the owner before was asked to do is the new one's. 412 unless at `expected`."""
    document = await work.load(Document, document_id, expected)
    title, owner_id = body.title or document.title, body.owner_id or document.owner_id
    if (title, owner_id) == (document.title, document.owner_id):
        return document
    before, document.title, document.owner_id = document.owner_id, title, owner_id
    made_by = work.record(document, DocumentChanged(**_of_document(document)))
    version = await in_force(work, document_id) if owner_id != before else None
    if version is not None:
        for kind in TASKS:
            await hand_over(work, version.id, kind, to_person(owner_id), made_by=made_by)
    return document


async def revise(work: UnitOfWork, version_id: UUID, expected: int | None) -> DocumentVersion:
    """Drafts the next version, for the same requirements and roles; the one in force stays so. 409 names what lacks."""
    version, document, _ = await _stepped(work, version_id, "revise", None, expected)
    number = await newest_number(work, document.id) + 1
    draft = _draft(work, document, number, version.serves, version.binds)
    work.record(draft, DocumentVersionDrafted(**shared(draft, document)))
    return draft


async def change_draft(work: UnitOfWork, version_id: UUID, body: ChangeDraftIn, expected: int) -> DocumentVersion:
    """Changes what a draft says of itself; who does so is one of its authors. 412 unless at `expected`."""
    version, document, _ = await _stepped(work, version_id, "change", body, expected)
    if body.serves is not None:
        version.serves = sorted(set(body.serves))
    if body.binds is not None:
        version.binds = sorted(set(body.binds))
    version.summary = body.summary or version.summary
    version.next_review_on = body.next_review_on or version.next_review_on
    _place(version, body.content)
    _have_a_hand(work, version)
    work.record(version, DocumentVersionChanged(**shared(version, document)))
    return version


async def approve(work: UnitOfWork, version_id: UUID, body: ApproveDocumentIn, expected: int | None) -> DocumentVersion:
    """Approves a draft, to be in force at once or from the beginning of a day. 409 names all that lacks."""
    version, document, facts = await _stepped(work, version_id, "approve", body, expected)
    version.approved_by, version.approved_at = work.actor.name, work.now
    version.in_force_from = max(work.now, beginning_of(first_day(body, facts, work.now), facts.zone))
    work.record(version, DocumentVersionApproved(**shared(version, document)))
    if version.in_force_from > work.now:
        set_timer(work, version.id, IN_FORCE_CLOCK, DUE, version.in_force_from)
    else:
        await come_into_force(work, version)
    return version


async def come_into_force(work: UnitOfWork, version: DocumentVersion) -> None:
    """Brings an approved version into force, and supersedes the one before at the same instant.

    Its owner is asked to see to its reading, if it binds anybody, and to its review when that is due.
    """
    document = await work.find(Document, version.document_id)
    assert version.in_force_from is not None  # the approval has set these
    assert version.next_review_on is not None
    before = await in_force(work, document.id)
    if before is not None:
        BY_ITSELF.advance(before, "supersede", None, body=None, actor=work.actor, now=work.now)
        await _end(work, before, document, DocumentVersionSuperseded, version.in_force_from)
        await work.flush()  # of two versions in force the database would refuse the second
    BY_ITSELF.advance(version, "come_into_force", None, body=None, actor=work.actor, now=work.now)
    version.reading_open = bool(version.binds)
    made_by = work.record(version, DocumentVersionCameIntoForce(**shared(version, document)))
    set_timer(work, version.id, REVIEW_CLOCK, DUE, beginning_of(version.next_review_on, await zone_of(work)))
    if version.reading_open:
        _ask_owner(work, version, document, READING, made_by, None)


async def withdraw(work: UnitOfWork, version_id: UUID, body: DocumentReasonIn, expected: int | None) -> DocumentVersion:
    """Withdraws a version that is not in force yet, for a reason; it stays to be seen."""
    version, document, _ = await _stepped(work, version_id, "withdraw", body, expected)
    version.reason, version.in_force_from = body.reason, None
    await clear_timers(work, version.id, IN_FORCE_CLOCK)
    work.record(version, DocumentVersionWithdrawn(**shared(version, document)))
    return version


async def repeal(work: UnitOfWork, version_id: UUID, body: DocumentReasonIn, expected: int | None) -> DocumentVersion:
    """Takes a version out of force, for a reason, with nothing in its place."""
    version, document, _ = await _stepped(work, version_id, "repeal", body, expected)
    version.reason = body.reason
    await _end(work, version, document, DocumentVersionRepealed, work.now)
    return version


async def review(work: UnitOfWork, version_id: UUID, body: ReviewDocumentIn, expected: int | None) -> DocumentVersion:
    """Keeps a version in force until its next review."""
    version, document, facts = await _stepped(work, version_id, "review", body, expected)
    version.next_review_on = body.next_review_on
    work.record(version, DocumentVersionReviewed(**shared(version, document)))
    await end_tasks(work, version.id, REVIEW)
    await clear_timers(work, version.id, REVIEW_CLOCK)
    set_timer(work, version.id, REVIEW_CLOCK, DUE, beginning_of(body.next_review_on, facts.zone))
    return version


async def ask_for_review(work: UnitOfWork, version: DocumentVersion) -> None:
    """Asks the owner for the review of a version in force whose day has come."""
    document = await work.find(Document, version.document_id)
    made_by = work.record(version, DocumentVersionReviewDue(**shared(version, document)))
    _ask_owner(work, version, document, REVIEW, made_by, work.now)


async def conclude_reading(work: UnitOfWork, version_id: UUID, expected: int | None) -> DocumentVersion:
    """Notes that the owner has seen to the reading of a version; who comes later still confirms."""
    version, document, _ = await _stepped(work, version_id, "conclude_reading", None, expected)
    version.reading_open = False
    await end_tasks(work, version.id, READING)
    work.record(version, DocumentVersionReadingConcluded(**shared(version, document)))
    return version


async def _stepped(
    work: UnitOfWork, version_id: UUID, step: str, body: object, expected: int | None
) -> tuple[DocumentVersion, Document, Facts]:
    """A version that has taken a step, with its document and the facts; 409 names all that lacks.

    The document is locked before any version of it, so that its versions change one after the other.
    """
    document = await work.load(Document, (await work.find(DocumentVersion, version_id)).document_id)
    version = await work.load(DocumentVersion, version_id, expected)
    facts = await facts_of(work, version, document)
    LIFECYCLE.advance(version, step, facts, body=body, actor=work.actor, now=work.now)
    return version, document, facts


async def _end(
    work: UnitOfWork,
    version: DocumentVersion,
    document: Document,
    ended: type[DocumentVersionState],
    at: datetime,
) -> None:
    """What else the end of a version's force means: nobody is to read or review it any more."""
    version.in_force_to, version.reading_open = at, False
    work.record(version, ended(**shared(version, document)))
    await clear_timers(work, version.id, REVIEW_CLOCK)
    for kind in TASKS:
        await end_tasks(work, version.id, kind, "cancelled")


def _ask_owner(
    work: UnitOfWork,
    version: DocumentVersion,
    document: Document,
    kind: TaskKind,
    made_by: UUID,
    due_at: datetime | None,
) -> None:
    parameters = task_parameters(version, document)
    owner = to_person(document.owner_id)
    give_task(work, version.id, kind, owner, made_by=made_by, due_at=due_at, parameters=parameters)


def _draft(
    work: UnitOfWork, document: Document, number: int, serves: Sequence[str], binds: Sequence[str]
) -> DocumentVersion:
    version = DocumentVersion(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        document_id=document.id,
        number=number,
        state=LIFECYCLE.begin("draft", None, body=None, actor=work.actor, now=work.now),
        serves=sorted(set(serves)),
        binds=sorted(set(binds)),
        authors=[work.actor.name],
        reading_open=False,
    )
    work.add(version)
    return version


def _place(version: DocumentVersion, content: DocumentContentIn | None) -> None:
    if content is not None:
        version.address, version.sha256 = str(content.address), content.sha256


def _have_a_hand(work: UnitOfWork, version: DocumentVersion) -> None:
    version.authors = sorted({*version.authors, work.actor.name})


def _of_document(document: Document) -> dict[str, object]:
    mine = {name: getattr(document, name) for name in ("code", "kind", "owner_id")}
    return {"document_id": document.id, **mine}


async def _content_added(
    work: UnitOfWork, version: DocumentVersion, attachment: Attachment
) -> DocumentVersionAttachmentAdded:
    """What was approved stays as it is: only a draft takes files."""
    document = await work.find(Document, version.document_id)
    facts = await facts_of(work, version, document)
    LIFECYCLE.advance(version, "change", facts, body=None, actor=work.actor, now=work.now)
    _have_a_hand(work, version)
    return DocumentVersionAttachmentAdded(**shared(version, document), attachment=attached(attachment))


def _content_opened(attachment: Attachment) -> AttachmentOpened:
    return AttachmentOpened(document_version_id=attachment.record_id, attachment=attached(attachment))


async def _admit(work: UnitOfWork, version_id: UUID) -> None:
    """Whoever may read documents may read their files."""


ATTACHABLE = Attachable(
    collection="document-versions",
    noun="document_version",
    kind=DocumentVersion,
    purposes=PURPOSES,
    added=_content_added,
    opened=_content_opened,
    admit=_admit,
)
"""What a version of a document says of its files."""
