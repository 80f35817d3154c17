"""Reads of what is known of documents."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select

from chassis.db import UnitOfWork
from chassis.providers import provider_of
from chassis.rows import Read
from services.complaints.documents.models import SystemReading, SystemVersion

HELD = Read(
    select(SystemVersion)
    .where(
        SystemVersion.provider_id == bindparam("provider_id"),
        SystemVersion.in_force_from < bindparam("until"),
        or_(SystemVersion.in_force_to.is_(None), SystemVersion.in_force_to > bindparam("since")),
    )
    .order_by(SystemVersion.code, SystemVersion.number),
    SystemVersion,
)
READINGS = Read(
    select(SystemReading).where(
        SystemReading.provider_id == bindparam("provider_id"),
        SystemReading.system_version_id == bindparam("version_id"),
    ),
    SystemReading,
)


async def systems_in_force(work: UnitOfWork, day: date) -> dict[str, list[SystemVersion]]:
    """The systems (制度) in force on a day of the provider's, by the requirement of clause 8.2 that each serves.

    A requirement without one is missing. Of a document whose version changed on that day, the newer one stands.
    """
    zone = await _zone_of(work)
    since, until = (datetime.combine(one, time.min, zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    newest = {version.document_id: version for version in await work.read(HELD, since=since, until=until)}
    found: dict[str, list[SystemVersion]] = {}
    for version in newest.values():
        for requirement in version.serves:
            found.setdefault(requirement, []).append(version)
    return found


async def confirmed_by(work: UnitOfWork, requirement: str) -> frozenset[UUID]:
    """The accounts of those who have read what is in force today for a requirement: all of it, where it is several.

    Nobody has, where nothing is in force.
    """
    today = work.now.astimezone(await _zone_of(work)).date()
    versions = (await systems_in_force(work, today)).get(requirement, [])
    found = [await work.read(READINGS, version_id=version.id) for version in versions]
    read = [frozenset(reading.account_id for reading in readings) for readings in found]
    return frozenset.intersection(*read) if read else frozenset()


async def _zone_of(work: UnitOfWork) -> ZoneInfo:
    return ZoneInfo((await provider_of(work)).time_zone)
