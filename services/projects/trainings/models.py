"""The table of trainings."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, Record, tenant, within_provider


class Training(Record, Base):
    """The training of a member of staff in a competence: course, result by an assessor, and until when it holds.

    `score` is of 100, of which `pass_mark` is needed; what earlier attempts came to stands in the journal. The
    qualification holds from `valid_from` to `valid_until`, both days included; `evidence` is the document behind it.
    """

    __tablename__ = "training"

    account_id: Mapped[UUID]
    competence: Mapped[str]
    kind: Mapped[str]
    course: Mapped[str]
    pass_mark: Mapped[int] = mapped_column(Integer())
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(Integer())
    planned_on: Mapped[date] = mapped_column(Date())
    taken_on: Mapped[date | None] = mapped_column(Date())
    score: Mapped[int | None] = mapped_column(Integer())
    assessor_id: Mapped[UUID | None]
    valid_from: Mapped[date | None] = mapped_column(Date())
    valid_until: Mapped[date | None] = mapped_column(Date())
    evidence: Mapped[str | None]
    cause: Mapped[str | None]

    __table_args__ = tenant(
        "projects",
        within_provider(["account_id"], "staff"),
        Index(None, "provider_id", "updated_at", "id"),
        Index(None, "provider_id", "account_id"),
        CheckConstraint(
            "state IN ('planned', 'taken', 'passed', 'failed', 'valid', 'expired', 'withdrawn')", name="state"
        ),
        CheckConstraint("kind IN ('business', 'law', 'skill')", name="kind"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("pass_mark BETWEEN 1 AND 100", name="pass_mark"),
        CheckConstraint("valid_until >= valid_from", name="validity_in_order"),
        CheckConstraint("(valid_from IS NULL) = (valid_until IS NULL)", name="validity_whole"),
        CheckConstraint("state NOT IN ('valid', 'expired') OR valid_until IS NOT NULL", name="validity_known"),
    )
