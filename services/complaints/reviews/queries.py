"""Reads of yearly reviews, and of the year that they are about."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text
from sqlalchemy.orm import aliased

from chassis.clocks.models import Clock, ClockInterval
from chassis.clocks.rules import RUNNING, STOPPED
from chassis.db import UnitOfWork
from chassis.paging import Listing, Rows
from chassis.providers import today_of, zone_of
from services.complaints.channels.models import Channel, ChannelVersion
from services.complaints.channels.rules import State as ChannelState
from services.complaints.complaints.models import Complaint, HandlingRecord
from services.complaints.complaints.rules import DECIDE
from services.complaints.complaints.rules import State as ComplaintState
from services.complaints.registers.queries import register_of
from services.complaints.registers.rules import State as RegisterState
from services.complaints.registers.rules import year_in
from services.complaints.reviews.models import Review
from services.complaints.reviews.rules import Facts
from services.complaints.reviews.schemas import ConcludeIn, FiguresOut, OnTime, ReviewedChannel, ReviewQuery

REVIEWS = Listing(
    Review,
    filters={"state": Review.state, "year": Review.year},
    sorts={"-updated_at": Review.updated_at, "updated_at": Review.updated_at},
    updated_at=Review.updated_at,
)
NONE, MOST_CAUSES = "none", 20
Which = Sequence[ColumnElement[bool]]


class Cell(NamedTuple):
    """Complaints that are alike in all that a review counts by, and how many they are."""

    state: str
    channel: str
    severity: str | None
    cause: str | None
    satisfaction: str | None
    round: int
    number: int


async def list_reviews(work: UnitOfWork, asked: ReviewQuery) -> Rows[Review]:
    """A page of the provider's reviews."""
    return await REVIEWS.page(work, asked)


async def facts(work: UnitOfWork, review: Review, body: ConcludeIn | None = None) -> Facts:
    """What the guards of a review know."""
    register = await register_of(work, review.year)
    closed = register is not None and register.state == RegisterState.CLOSED
    return Facts(closed, body is not None and await _followed(work, review, body))


async def _followed(work: UnitOfWork, review: Review, body: ConcludeIn) -> bool:
    """Whether the version that is named was published after the year had begun."""
    begins_at, _ = year_in((await zone_of(work)).key, review.year)
    query = select(ChannelVersion.id).where(
        ChannelVersion.provider_id == work.provider_id,
        ChannelVersion.channel_id == body.channel_id,
        ChannelVersion.number == body.channel_version,
        ChannelVersion.published_at >= begins_at,
    )
    return (await work.session.execute(query)).first() is not None


async def is_to_be_reviewed(work: UnitOfWork, year: int) -> bool:
    """Whether a year has no review yet, and there was anything here to review: a channel or a complaint."""
    begins_at, ends_at = year_in((await zone_of(work)).key, year)
    reviewed = exists().where(Review.provider_id == work.provider_id, Review.year == year)
    promised = exists().where(ChannelVersion.provider_id == work.provider_id, ChannelVersion.valid_from < ends_at)
    received = exists().where(*_of_year(work, begins_at, ends_at))
    found: bool = (await work.session.execute(select(and_(~reviewed, or_(promised, received))))).scalar_one()
    return found


async def figures_of(work: UnitOfWork, year: int) -> FiguresOut:
    """A year of complaints in numbers, as it stands now."""
    of_year = _of_year(work, *year_in((await zone_of(work)).key, year))
    cells = await _cells(work, of_year)
    causes, by_state = _counted(cells, "cause"), _counted(cells, "state")
    most = sorted(causes, key=lambda cause: (-causes[cause], cause))[:MOST_CAUSES]
    return FiguresOut(
        received=sum(by_state.values()),
        by_state=by_state,
        by_channel=_counted(cells, "channel"),
        by_severity=_counted(cells, "severity"),
        by_cause={cause: causes[cause] for cause in most},
        on_time=await _on_time(work, of_year),
        refused=by_state.get(ComplaintState.REFUSED, 0),
        investigated_again=sum(one.number for one in cells if one.round > 1),
        satisfaction=_counted((one for one in cells if one.state == ComplaintState.CLOSED), "satisfaction"),
        waivers=await _waivers(work, of_year),
        channels=await _channels(work),
    )


def _of_year(work: UnitOfWork, begins_at: datetime, ends_at: datetime) -> Which:
    return (
        Complaint.provider_id == work.provider_id,
        Complaint.received_at >= begins_at,
        Complaint.received_at < ends_at,
    )


async def _cells(work: UnitOfWork, which: Which) -> list[Cell]:
    """How many complaints are alike in all that a review counts by, in one pass over them."""
    columns = [getattr(Complaint, name) for name in Cell._fields if name != "number"]
    found = await work.session.execute(select(*columns, func.count()).where(*which).group_by(*columns))
    return [Cell._make(row) for row in found]


def _counted(cells: Iterable[Cell], name: str) -> dict[str, int]:
    """How many complaints there are by what a column says."""
    counts = Counter[str]()
    for one in cells:
        counts[getattr(one, name) or NONE] += one.number
    return dict(counts)


async def _on_time(work: UnitOfWork, of_year: Which) -> OnTime:
    """How many were decided or ended within what was promised at receipt."""
    ran = and_(
        ClockInterval.provider_id == Clock.provider_id,
        ClockInterval.clock_id == Clock.id,
        ClockInterval.kind == RUNNING,
    )
    first = and_(
        Clock.provider_id == Complaint.provider_id,
        Clock.record_id == Complaint.id,
        Clock.name == DECIDE.name,
        Clock.round == 1,
        Clock.promised_due_at.is_not(None),
    )
    late = Clock.promised_due_at < func.max(func.coalesce(ClockInterval.ended_at, work.now))
    clocks = (
        select(late.label("late"), (Clock.state == STOPPED).label("stopped"))
        .select_from(Complaint)
        .join(Clock, first)
        .outerjoin(ClockInterval, ran)
        .where(*of_year)
        .group_by(Clock.provider_id, Clock.id)
        .subquery()
    )
    ended = clocks.c.stopped
    query = select(func.count().filter(ended, ~clocks.c.late), func.count().filter(or_(ended, clocks.c.late)))
    kept, n = (await work.session.execute(query)).one()
    return OnTime(kept=kept, n=n, share=kept / n if n else None)


async def _waivers(work: UnitOfWork, of_year: Which) -> int:
    same = and_(HandlingRecord.provider_id == Complaint.provider_id, HandlingRecord.complaint_id == Complaint.id)
    query = select(func.count()).select_from(Complaint).join(HandlingRecord, same)
    waived = text("handling_record.step = 'waive'")  # as the partial index has it
    return (await work.session.execute(query.where(*of_year, waived))).scalar_one()


async def _channels(work: UnitOfWork) -> list[ReviewedChannel]:
    """The provider's channels, each with the newest version that was published."""
    other = aliased(ChannelVersion)
    of_channel = and_(other.provider_id == Channel.provider_id, other.channel_id == Channel.id)
    newest = select(func.max(other.number)).where(of_channel).scalar_subquery()
    same = and_(ChannelVersion.provider_id == Channel.provider_id, ChannelVersion.channel_id == Channel.id)
    query = (
        select(Channel.id, Channel.code, Channel.state, ChannelVersion.number, ChannelVersion.next_review_on)
        .outerjoin(ChannelVersion, and_(same, ChannelVersion.number == newest))
        .where(Channel.provider_id == work.provider_id)
        .order_by(Channel.code)
    )
    today = await today_of(work)
    return [
        ReviewedChannel(
            channel_id=channel_id,
            code=code,
            state=state,
            version=number,
            next_review_on=next_on,
            review_overdue=state == ChannelState.PUBLISHED and next_on < today,
        )
        for channel_id, code, state, number, next_on in await work.session.execute(query)
    ]
