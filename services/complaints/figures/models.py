"""Tables of figures: what complaints count for, how often that occurs, and up to when it was counted."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Date, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, OfProvider, tenant

PROMISE_MISSED = "promised_on IS NOT NULL AND NOT promised_met"
FOLLOW_UP_MISSED = "follow_up_on IS NOT NULL AND NOT follow_up_met"
INCOMPLETE = "incomplete"
WAIVED = "waivers > 0"
"""What the standard has listed, as partial indexes have it: there should be few of them."""


class ComplaintFigure(OfProvider, Base):
    """What one round of a complaint counts for: codes, days of the provider, times and minutes, no word and no person.

    It is reckoned anew whenever the complaint has changed. `version` is that of the complaint, `latest` marks the round
    with its latest decision, `present` the round it is in. Minutes are from receipt, without pauses: `…_work` are of
    working time on the version `calendar` of the calendar. A limit that a complaint did not live to see (it was
    withdrawn, refused, merged or handed on before) is none. `incomplete` says whether the dossier of a complaint that
    is closed lacks a mandatory record; of any other, an archived past case too, it is none.
    """

    __tablename__ = "complaint_figure"

    complaint_id: Mapped[UUID]
    round: Mapped[int] = mapped_column(SmallInteger())
    version: Mapped[int]
    channel: Mapped[str]
    service: Mapped[str | None]
    customer_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    origin: Mapped[str]
    calendar: Mapped[int] = mapped_column(Integer())
    again: Mapped[bool] = mapped_column(Boolean())
    present: Mapped[bool] = mapped_column(Boolean())
    latest: Mapped[bool] = mapped_column(Boolean())
    open: Mapped[bool] = mapped_column(Boolean())
    accepted: Mapped[bool] = mapped_column(Boolean())
    received_at: Mapped[datetime]
    received_on: Mapped[date] = mapped_column(Date())
    acknowledged_minutes: Mapped[int | None] = mapped_column(Integer())
    acknowledged_work: Mapped[int | None] = mapped_column(Integer())
    responded_minutes: Mapped[int | None] = mapped_column(Integer())
    responded_work: Mapped[int | None] = mapped_column(Integer())
    decided_at: Mapped[datetime | None]
    decided_on: Mapped[date | None] = mapped_column(Date())
    decided_minutes: Mapped[int | None] = mapped_column(Integer())
    decided_work: Mapped[int | None] = mapped_column(Integer())
    decision: Mapped[str | None]
    cause: Mapped[str | None]
    repeated: Mapped[bool] = mapped_column(Boolean())
    first_time: Mapped[bool] = mapped_column(Boolean())
    promised_due_at: Mapped[datetime | None]
    promised_on: Mapped[date | None] = mapped_column(Date())
    promised_met: Mapped[bool] = mapped_column(Boolean())
    agreed_due_at: Mapped[datetime | None]
    agreed_on: Mapped[date | None] = mapped_column(Date())
    agreed_met: Mapped[bool] = mapped_column(Boolean())
    follow_up_due_at: Mapped[datetime | None]
    follow_up_on: Mapped[date | None] = mapped_column(Date())
    follow_up_met: Mapped[bool] = mapped_column(Boolean())
    followed_up_at: Mapped[datetime | None]
    followed_up_on: Mapped[date | None] = mapped_column(Date())
    reached: Mapped[bool] = mapped_column(Boolean())
    satisfaction: Mapped[str | None]
    returned: Mapped[bool] = mapped_column(Boolean())
    closed_on: Mapped[date | None] = mapped_column(Date())
    reopened: Mapped[bool] = mapped_column(Boolean())
    refused_on: Mapped[date | None] = mapped_column(Date())
    overturned: Mapped[bool] = mapped_column(Boolean())
    incomplete: Mapped[bool | None] = mapped_column(Boolean())
    waivers: Mapped[int] = mapped_column(SmallInteger())

    __table_args__ = tenant(
        "complaints",
        UniqueConstraint("provider_id", "complaint_id", "round"),
        Index(None, "provider_id", "received_at", "id"),
        Index(None, "provider_id", "received_on"),
        Index(None, "provider_id", "decided_on", postgresql_where=text("decided_on IS NOT NULL")),
        Index(None, "provider_id", "promised_on", postgresql_where=text("promised_on IS NOT NULL")),
        Index(None, "provider_id", "agreed_on", postgresql_where=text("agreed_on IS NOT NULL")),
        Index(None, "provider_id", "follow_up_on", postgresql_where=text("follow_up_on IS NOT NULL")),
        Index(None, "provider_id", "followed_up_on", postgresql_where=text("followed_up_on IS NOT NULL")),
        Index(None, "provider_id", "closed_on", postgresql_where=text("closed_on IS NOT NULL")),
        Index(None, "provider_id", "refused_on", postgresql_where=text("refused_on IS NOT NULL")),
        Index(None, "provider_id", "customer_id", postgresql_where=text("customer_id IS NOT NULL")),
        Index(None, "provider_id", "agreed_due_at", "id", postgresql_where=text("open AND decided_at IS NULL")),
        Index(None, "provider_id", "promised_on", "id", postgresql_where=text(PROMISE_MISSED)),
        Index(None, "provider_id", "follow_up_on", "id", postgresql_where=text(FOLLOW_UP_MISSED)),
        Index(
            "ix_complaint_figure_provider_id_closed_on_id_incomplete",
            "provider_id",
            "closed_on",
            "id",
            postgresql_where=text(INCOMPLETE),
        ),
        Index(
            "ix_complaint_figure_provider_id_closed_on_id_waived",
            "provider_id",
            "closed_on",
            "id",
            postgresql_where=text(WAIVED),
        ),
    )


class FigureCount(Base):
    """How often something occurs within a day or a month of the provider, which `starts_on` is the first day of.

    A day's counts are by channel, a month's by customer, or by service and cause; what a count is not by is empty. They
    follow from the figures, and are checked against them.
    """

    __tablename__ = "figure_count"
    __table_args__ = tenant("complaints")

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    starts_on: Mapped[date] = mapped_column(Date(), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class FigureProgress(Base):
    """How far a provider's complaints were counted: all that changed before `as_of` are in, whole.

    Counting goes on after the complaint that changed at `through_at` and has `through_id`. `checked_at` says when the
    counts were last held against the figures, `faults` how many of them were wrong then, and were put right.
    """

    __tablename__ = "figure_progress"
    __table_args__ = tenant("complaints")

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    through_at: Mapped[datetime]
    through_id: Mapped[UUID]
    as_of: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    faults: Mapped[int] = mapped_column(Integer())
