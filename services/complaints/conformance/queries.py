"""Reads of conformance: the findings of each requirement, from the records of this service."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Date, DateTime, TextClause, column, func, literal, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute

from chassis.calendars.queries import Dated
from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.tasks.models import Task
from chassis.worktime import day_over, end_of_working_day
from contracts.base import Text
from services.complaints.channels.models import ChannelVersion
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.rules import HANDLED
from services.complaints.conformance import rules
from services.complaints.conformance.rules import Finding
from services.complaints.documents.queries import confirmed_by, systems_in_force
from services.complaints.figures.models import FOLLOW_UP_MISSED, INCOMPLETE, PROMISE_MISSED, WAIVED
from services.complaints.figures.models import ComplaintFigure as Figure
from services.complaints.figures.queries import reach, tallies
from services.complaints.indicators.schemas import cases_at
from services.complaints.policies.queries import NEWEST_POLICY, in_force
from services.complaints.policies.rules import Policy
from services.complaints.publications.queries import publication_facts
from services.complaints.registers.queries import register_of
from services.complaints.reviews.models import Review
from services.complaints.reviews.queries import is_to_be_reviewed
from services.complaints.staff.queries import DEDICATED, dedicated_days
from services.complaints.tasks.rules import CONTROLLING

Day = InstrumentedAttribute[date | None]
Which = tuple[ColumnElement[bool] | TextClause, ...]
YEAR, LATEST = timedelta(days=364), 10
"""The period ends with the day that is asked for; a follow-up may be so many working days late."""
NOT_YET = Text("Nobody knows yet whether it will be met on that day.", "尚无法得知该日是否满足要求。")
ITEMS = {"8.2-6": "telephone", "8.2-7": "web_address", "8.2-8": "procedure", "8.2-9": "limits"}


class Within(NamedTuple):
    """The day that is asked for and the year that ends with it; `over` is the last day of that which is over."""

    on: date
    first: date
    over: date
    at: datetime
    dated: Dated
    as_of: datetime | None
    policy: Policy


async def within_of(work: UnitOfWork, on: date | None) -> Within:
    """The year until a day, by default until today; 422 for a day to come."""
    known = await reach(work, None, None)
    today = known.over + timedelta(days=1)
    on = on or today
    if on > today:
        raise invalid("?on", "not_yet", NOT_YET)
    ends = day_over(on, ZoneInfo(known.dated.calendar.zone))
    policy = in_force(await work.read(NEWEST_POLICY))
    return Within(on, on - YEAR, min(on, known.over), min(work.now, ends), known.dated, known.as_of, policy)


async def findings_of(work: UnitOfWork, requirement: str, within: Within) -> list[Finding]:
    """What was found of each part of a requirement's criterion."""
    return [found for part in PARTS[requirement] for found in await part(work, within)]


async def document_in_force(requirement: str, work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether the written system of a requirement is in force."""
    versions = (await systems_in_force(work, within.on)).get(requirement, [])
    return [rules.any_there("document_in_force", rules.IN_FORCE, [(one.id, one.in_force_from) for one in versions])]


async def read_by_all(work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether all who are appointed to handle complaints, or handle one now, have read the system; for today only."""
    if within.on <= within.over:
        return [rules.not_known("read_by_all", rules.READ_BY_ALL)]
    handling = select(Complaint.handler_id).where(
        Complaint.provider_id == work.provider_id, Complaint.handler_id.is_not(None), Complaint.state.in_(HANDLED)
    )
    handlers = {one for one in (await work.session.execute(handling.distinct())).scalars() if one is not None}
    handlers |= {one.account_id for one in await work.read(DEDICATED, first=within.on, last=within.on)}
    unread = sorted(handlers - await confirmed_by(work, "8.2-2"))
    return [rules.none_lacking("read_by_all", rules.READ_BY_ALL, len(handlers), unread)]


async def inspected(work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether the desk was inspected: inspections are not held here yet."""
    return [rules.not_known("desk_inspected", rules.INSPECTED)]


async def registered(work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether the year before has its register and its review, by the day on which they are due."""
    year, zone = within.on.year - 1, ZoneInfo(within.dated.calendar.zone)
    due = day_over(date(within.on.year, *rules.REVIEWED_BY), zone)
    register = await register_of(work, year)
    mine = (Review.provider_id == work.provider_id, Review.year == year)
    review = (await work.session.execute(select(Review).where(*mine))).scalar_one_or_none()
    records = [one.id for one in (register, review) if one is not None]
    closed = register is not None and register.state == "closed"
    concluded = None if review is None else review.concluded_at
    if closed and concluded is not None and concluded <= due:
        verdict = rules.MET
    elif within.at > due and (review is not None or await is_to_be_reviewed(work, year)):
        verdict = rules.NOT_MET
    else:
        verdict = rules.UNDECIDED
    return [Finding("register_and_review", rules.REGISTERED, verdict, records, len(records), concluded, {"year": year})]


async def proved(requirement: str, work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether an item was seen as published at each place of publication of the channels in force."""
    places = [place for channel in await publication_facts(work, within.at) for place in channel.places]
    return [
        rules.seen_everywhere(
            [(one.publication_id, not one.overdue and not one.faulty, one.last_good_check_at) for one in places]
        )
    ]


async def dossiers(work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether the dossier of each complaint is complete that was closed in the year and is closed now."""
    closed = (await tallies(work, ["dossiers"], within.first, within.on))["dossiers"].number
    lacks = (*_closed(work, within), Figure.present.is_(True), text(INCOMPLETE))
    number = (await work.session.execute(select(func.count()).where(*lacks))).scalar_one()
    lacking = await _newest(work, Figure.closed_on, lacks)
    return [rules.all_complete(closed, number, lacking, counted=within.as_of is not None)]


async def stated(item: str, work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether each version of a channel that held on the day states an item."""
    held = or_(ChannelVersion.valid_to.is_(None), ChannelVersion.valid_to > within.at)
    mine = (ChannelVersion.provider_id == work.provider_id, ChannelVersion.valid_from <= within.at, held)
    query = select(ChannelVersion).where(*mine).order_by(ChannelVersion.id)
    versions = (await work.session.execute(query)).scalars().all()
    return [rules.all_state([(one.id, bool(getattr(one, item)), one.valid_from) for one in versions])]


async def in_time(work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether decisions were in time, and which were not: the newest so many, and where all are listed."""
    missed = (Figure.again.is_(False), text(PROMISE_MISSED))
    share = await _share(work, within, "promised", Figure.promised_on, missed)
    target = within.policy.on_time_target
    reached = rules.at_target("on_time_rate", rules.ON_TIME, share.met, share.due, target, share.missed, share.newest)
    overdue = rules.listing("overdue_listed", rules.OVERDUE, share.due, share.missed, share.due - share.met)
    return [one._replace(drill_down=_missed("I-C4", within)) for one in (reached, overdue)]


async def followed_up(work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether follow-ups were in time, and none later than is allowed."""
    share = await _share(work, within, "follow_up", Figure.follow_up_on, (text(FOLLOW_UP_MISSED),))
    target = within.policy.follow_up_target
    reached = rules.at_target(
        "follow_up_rate", rules.FOLLOWED_UP, share.met, share.due, target, share.missed, share.newest
    )
    number, beyond = await _too_late(work, within)
    punctual = rules.none_beyond("follow_ups_not_too_late", rules.NONE_LATE, share.due, number, beyond)
    return [one._replace(drill_down=_missed("I-C6", within)) for one in (reached, punctual)]


async def _too_late(work: UnitOfWork, within: Within) -> tuple[int, list[UUID]]:
    """How many follow-ups were, or are, later than is allowed, and those of them that fell due first.

    A follow-up may come until the end of a working day that follows from the day on which it fell due, so the year has
    no more such ends than days.
    """
    calendar = within.dated.calendar
    zone, days = ZoneInfo(calendar.zone), _days(within.first, within.over)
    ends = [end_of_working_day(calendar, datetime.combine(day, time.min, zone), LATEST) for day in days]
    until = (
        func.unnest(literal(days, ARRAY(Date())), literal(ends, ARRAY(DateTime(timezone=True))))
        .table_valued(column("due_on", Date()), column("ends_at", DateTime(timezone=True)))
        .render_derived(name="until")
    )
    at = func.least(func.coalesce(Figure.followed_up_at, within.at), within.at)
    late = (
        select(Figure.complaint_id, func.count().over())
        .join(until, until.c.due_on == Figure.follow_up_on)
        .where(*_fell_due(work, within, Figure.follow_up_on), text(FOLLOW_UP_MISSED), until.c.ends_at < at)
    )
    found = (await work.session.execute(late.order_by(Figure.follow_up_on, Figure.id).limit(rules.SHOWN))).all()
    return (found[0][1] if found else 0), [complaint_id for complaint_id, _ in found]


async def appointed(work: UnitOfWork, within: Within) -> list[Finding]:
    """Whether somebody was appointed on each working day since the first channel was published."""
    opened = select(func.min(ChannelVersion.valid_from)).where(ChannelVersion.provider_id == work.provider_id)
    since: datetime | None = (await work.session.execute(opened)).scalar_one()
    if since is None:
        return [rules.every_day([], [], [])]
    calendar = within.dated.calendar
    first = max(within.first, since.astimezone(ZoneInfo(calendar.zone)).date())
    spans = await dedicated_days(work, first, within.on)
    working = [day for day in _days(first, within.on) if calendar.is_working_day(day)]
    bare = [day for day in working if not any(span.first <= day <= span.last for span in spans)]
    appointments = await work.read(DEDICATED, first=first, last=within.on)
    return [rules.every_day(working, bare, sorted(one.id for one in appointments))]


async def exceptions(work: UnitOfWork, within: Within) -> list[Finding]:
    """What was closed with a rule waived, and how many reviews of waivers are overdue, closed or not."""
    cases = (await tallies(work, ["closed"], within.first, within.on))["closed"].number
    waived = (*_closed(work, within), text(WAIVED))
    totals = select(func.count(), func.sum(Figure.waivers))
    number, waivers = (await work.session.execute(totals.where(*waived))).one()
    ids = await _newest(work, Figure.closed_on, waived)
    overdue = select(func.count()).where(
        Task.provider_id == work.provider_id,
        text("task.state = 'open'"),  # as the partial index has it
        Task.why.in_([kind.why for kind in CONTROLLING]),
        Task.due_at < within.at,
    )
    late = (await work.session.execute(overdue)).scalar_one()
    figures = {"waivers": int(waivers or 0), "reviews_overdue": late}
    return [rules.listing("exceptions_listed", rules.EXCEPTIONS, cases, ids, number, **figures)]


Part = Callable[[UnitOfWork, Within], Awaitable[list[Finding]]]
PARTS: Mapping[str, Sequence[Part]] = {
    "8.2-1": (partial(document_in_force, "8.2-1"), inspected),
    "8.2-2": (partial(document_in_force, "8.2-2"), read_by_all),
    "8.2-3": (registered,),
    "8.2-4": (partial(document_in_force, "8.2-4"), followed_up),
    "8.2-5": (appointed,),
    **{one: (partial(stated, item), partial(proved, one)) for one, item in ITEMS.items()},
    "8.2-10": (in_time,),
    "8.2-11": (dossiers, exceptions),
}
"""What each requirement of the clause consists of."""


class Share(NamedTuple):
    """How many fell due and were met, the newest that were not, and when the newest of all fell due."""

    due: int
    met: int
    missed: Sequence[UUID]
    newest: datetime | None


async def _share(work: UnitOfWork, within: Within, measure: str, of: Day, missed: Which) -> Share:
    """What fell due in the year, until the last day that is over, by the counts of a measure."""
    kept = f"{measure}_met"
    found = await tallies(work, [measure, kept], within.first, within.over)
    ids = await _newest(work, of, (*_fell_due(work, within, of), *missed))
    newest, zone = found[measure].last, ZoneInfo(within.dated.calendar.zone)
    return Share(found[measure].number, found[kept].number, ids, None if newest is None else day_over(newest, zone))


async def _newest(work: UnitOfWork, of: Day, which: Which) -> Sequence[UUID]:
    """The complaints of some figures, the newest so many by their day."""
    query = select(Figure.complaint_id).where(*which).order_by(of.desc(), Figure.id).limit(rules.SHOWN)
    return (await work.session.execute(query)).scalars().all()


def _closed(work: UnitOfWork, within: Within) -> Which:
    return Figure.provider_id == work.provider_id, Figure.closed_on.between(within.first, within.on)


def _fell_due(work: UnitOfWork, within: Within, of: Day) -> Which:
    return Figure.provider_id == work.provider_id, of.between(within.first, within.over)


def _missed(code: str, within: Within) -> str:
    """Where the cases are listed that an indicator looks at and does not count."""
    return cases_at(code, {"from": within.first, "to": within.over, "part": "missed"})


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
