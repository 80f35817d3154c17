"""The life of a version of a document: states, steps, guards, and what its owner is asked to do."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Final, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from chassis.tasks.rules import TaskKind
from contracts.base import Text
from contracts.clauses import REQUIREMENTS
from contracts.permissions import ROLES
from contracts.risk import AttachmentPurpose

if TYPE_CHECKING:
    from services.risk.documents.models import DocumentVersion
    from services.risk.documents.schemas import ApproveDocumentIn, ReviewDocumentIn

PURPOSES: Final[tuple[str, ...]] = get_args(AttachmentPurpose)
APPROVE, CONFIRM = "risk.document.approve", "risk.document.confirm"
BINDABLE: Final = tuple(role for role, permissions in ROLES.items() if CONFIRM in permissions)
"""Roles that a document can bind: those whose people can confirm having read it."""
SYSTEM: Final = "system"
"""The kind of document that a requirement asks for (制度)."""
REQUIRED_SYSTEMS: Final = {one.id: one.system for one in REQUIREMENTS.values() if one.system is not None}
"""The title of each written system (制度) that must be in force, by the requirement that asks for it."""


class State(StrEnum):
    """States of a version of a document."""

    DRAFT = "draft"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    REPEALED = "repealed"
    WITHDRAWN = "withdrawn"


STATES = {
    State.DRAFT: Text("draft", "草稿"),
    State.APPROVED: Text("approved", "已批准"),
    State.IN_FORCE: Text("in force", "现行有效"),
    State.SUPERSEDED: Text("superseded", "已被取代"),
    State.REPEALED: Text("repealed", "已废止"),
    State.WITHDRAWN: Text("withdrawn", "已撤回"),
}
TO_BE_READ = (State.APPROVED, State.IN_FORCE)
"""States in which a version is read: also before its day comes, so that it is known on that day."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside the version: of its files, its document, the provider's days, and the caller.

    `prepared`: the document has a version that is drafted or waits for its day. `confirmed`: the caller has read it.
    """

    zone: str
    owner_id: UUID
    files: int
    prepared: bool
    confirmed: bool


def day_of(at: datetime, zone: str) -> date:
    """The day at an instant in a time zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def beginning_of(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which a day begins in a time zone."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


READING = TaskKind(
    why="have_document_read",
    record="document_version",
    title=Text(
        "See to it that all whom document {code}, version {number} binds confirm having read it",
        "督促相关人员确认已阅读文件 {code} 第 {number} 版",
    ),
    reminder=Text("Document {code}, version {number} is not read by all", "文件 {code} 第 {number} 版尚未全员阅读"),
    clause="7.7",
)
REVIEW = TaskKind(
    why="review_document",
    record="document_version",
    title=Text("Review document {code}, version {number}", "复审文件 {code} 第 {number} 版"),
    reminder=Text("The review of document {code}, version {number} is late", "文件 {code} 第 {number} 版逾期未复审"),
    clause="7.7",
)
TASKS = (READING, REVIEW)

PREPARED = Text(
    "A version of this document is drafted already, or waits for its day.", "该文件已有一个版本在起草或等待生效。"
)
OWN_WORK = Text(
    "You had a hand in this version; somebody else must approve it.", "您参与了该版本的起草，须由他人批准。"
)
CONTENT_MISSING = Text(
    "The content is missing: a file, or an address with its SHA-256.", "缺少文件内容（附件，或地址及其 SHA-256）。"
)
SUMMARY_MISSING = Text("The summary of what changes is missing.", "缺少变更摘要。")
REVIEW_MISSING = Text("The date of the next review is missing.", "缺少下次复审日期。")
REVIEW_TOO_EARLY = Text("The next review must lie after the day it is in force from.", "下次复审日期须晚于生效日期。")
REVIEW_NOT_AHEAD = Text("The next review must lie ahead.", "下次复审日期须晚于今天。")
BACKDATED = Text("A document cannot be in force from a day that has passed.", "生效日期不得早于今天。")
NOT_IN_CHARGE = Text("Only its owner, or who may approve documents, may do this.", "仅限文件负责人或有批准权限的人员。")
READING_CLOSED = Text("Nobody is to see to its reading any more.", "该版本无待督促的阅读。")
NO_PERSON = Text("Only a person can have read it.", "只有本人才能确认阅读。")
CONFIRMED = Text("You have confirmed having read this version already.", "您已确认阅读过该版本。")
NOT_YET = Text("The day from which it is in force has not come.", "尚未到生效日期。")


def account_of(actor: Who) -> UUID | None:
    """The account of a person; None for a machine and for the system."""
    kind, _, subject = actor.name.partition(":")
    return UUID(subject) if kind == "person" else None


def nothing_is_prepared(
    version: "DocumentVersion", facts: Facts, *, body: None, actor: Who, now: datetime
) -> Objection | None:
    """A document has one draft at a time, until it is in force or withdrawn."""
    return Objection("version_prepared", PREPARED, "7.7") if facts.prepared else None


def is_not_own_work(
    version: "DocumentVersion", facts: Facts, *, body: "ApproveDocumentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Who approves had no hand in what is approved."""
    return Objection("own_work", OWN_WORK, "7.7") if actor.name in version.authors else None


def has_content(
    version: "DocumentVersion", facts: Facts, *, body: "ApproveDocumentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """There is something to be approved, which can be told from anything else by its hash."""
    return Objection("content_missing", CONTENT_MISSING, "7.7") if not facts.files and version.address is None else None


def has_summary(
    version: "DocumentVersion", facts: Facts, *, body: "ApproveDocumentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Readers are told what changes."""
    return Objection("summary_missing", SUMMARY_MISSING, "7.7") if version.summary is None else None


def review_follows(
    version: "DocumentVersion", facts: Facts, *, body: "ApproveDocumentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The next review is set, for after the day from which it is in force."""
    if version.next_review_on is None:
        return Objection("next_review_on_missing", REVIEW_MISSING, "7.7")
    if version.next_review_on <= first_day(body, facts, now):
        return Objection("review_not_after_start", REVIEW_TOO_EARLY, "7.7")
    return None


def is_not_backdated(
    version: "DocumentVersion", facts: Facts, *, body: "ApproveDocumentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody was bound by what was not approved yet."""
    return Objection("backdated", BACKDATED, "7.7") if first_day(body, facts, now) < day_of(now, facts.zone) else None


def first_day(body: "ApproveDocumentIn | None", facts: Facts, now: datetime) -> date:
    """The provider's day from which a version is to be in force; today, if nothing is said."""
    return body.in_force_on if body is not None and body.in_force_on is not None else day_of(now, facts.zone)


def is_in_charge(
    version: "DocumentVersion", facts: Facts, *, body: object | None, actor: Who, now: datetime
) -> Objection | None:
    """The owner answers for a document, and who approves documents."""
    in_charge = actor.may(APPROVE) or account_of(actor) == facts.owner_id
    return None if in_charge else Objection("not_in_charge", NOT_IN_CHARGE, "7.7")


def next_review_lies_ahead(
    version: "DocumentVersion", facts: Facts, *, body: "ReviewDocumentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A review says when the next one is."""
    if body is not None and body.next_review_on <= day_of(now, facts.zone):
        return Objection("review_not_ahead", REVIEW_NOT_AHEAD, "7.7")
    return None


def reading_is_open(
    version: "DocumentVersion", facts: Facts, *, body: None, actor: Who, now: datetime
) -> Objection | None:
    """Somebody is still to see to its reading."""
    return None if version.reading_open else Objection("reading_concluded", READING_CLOSED, "7.7")


def is_a_person(version: "DocumentVersion", facts: Facts, *, body: None, actor: Who, now: datetime) -> Objection | None:
    """A machine reads nothing."""
    return Objection("no_person", NO_PERSON, "7.7") if account_of(actor) is None else None


def is_not_confirmed(
    version: "DocumentVersion", facts: Facts, *, body: None, actor: Who, now: datetime
) -> Objection | None:
    """A person confirms a version once."""
    return Objection("confirmed_before", CONFIRMED, "7.7") if facts.confirmed else None


def its_day_has_come(
    version: "DocumentVersion", facts: None, *, body: None, actor: Who, now: datetime
) -> Objection | None:
    """Nothing is in force before the time that was approved."""
    has_come = version.in_force_from is not None and version.in_force_from <= now
    return None if has_come else Objection("not_yet", NOT_YET, "7.7")


_DRAFT, _REVIEW = "risk.document.draft", "risk.document.review"
LIFECYCLE: "Lifecycle[DocumentVersion]" = Lifecycle(
    STATES,
    draft=Step((), State.DRAFT, permission=_DRAFT, clause="7.7"),
    change=Step({State.DRAFT}, None, permission=_DRAFT, clause="7.7"),
    approve=Step(
        {State.DRAFT},
        State.APPROVED,
        permission=APPROVE,
        guards=(is_not_own_work, has_content, has_summary, review_follows, is_not_backdated),
        clause="7.7",
    ),
    withdraw=Step({State.DRAFT, State.APPROVED}, State.WITHDRAWN, permission="risk.document.withdraw", clause="7.7"),
    repeal=Step({State.IN_FORCE}, State.REPEALED, permission="risk.document.repeal", clause="7.7"),
    revise=Step(
        {State.IN_FORCE, State.REPEALED, State.WITHDRAWN},
        None,
        permission=_DRAFT,
        guards=(nothing_is_prepared,),
        clause="7.7",
    ),
    review=Step(
        {State.IN_FORCE}, None, permission=_REVIEW, guards=(is_in_charge, next_review_lies_ahead), clause="7.7"
    ),
    conclude_reading=Step(
        {State.IN_FORCE}, None, permission=_REVIEW, guards=(is_in_charge, reading_is_open), clause="7.7"
    ),
    confirm_reading=Step(TO_BE_READ, None, permission=CONFIRM, guards=(is_a_person, is_not_confirmed), clause="7.7"),
)
BY_ITSELF: "Lifecycle[DocumentVersion]" = Lifecycle(
    STATES,
    come_into_force=Step(
        {State.APPROVED}, State.IN_FORCE, permission=APPROVE, guards=(its_day_has_come,), clause="7.7"
    ),
    supersede=Step({State.IN_FORCE}, State.SUPERSEDED, permission=APPROVE, clause="7.7"),
)
"""Steps that nobody takes: they follow from an approval, with the day."""


def is_overdue(state: str, next_review_on: date | None, today: date) -> bool:
    """Whether a version in force should have been reviewed on a day that has passed."""
    return state == State.IN_FORCE and next_review_on is not None and next_review_on < today
