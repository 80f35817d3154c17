"""What is done to persons' data: told, erased, kept for so long."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from chassis.db import UnitOfWork
from chassis.errors import REFUSED, Objection, Problem, not_found
from chassis.ids import new_id
from chassis.persons.models import Disclosure, Erasure, RetentionRule
from chassis.persons.queries import data_of, is_erased, on_hold
from chassis.persons.sources import Basis, PersonDesk, PersonSource, Place, Told
from contracts.base import Text

NOBODY = Text("There is no such person here.", "此处没有该人员。")
HELD = Text("A legal hold keeps everything of this provider.", "法律保全期间，该供方的一切数据均须保留。")
ERASED = Text("The data of this person were erased already.", "该人员的数据已被删除。")


async def tell(work: UnitOfWork, desk: PersonDesk, person_id: UUID) -> Told:
    """All that the service holds of a person, for handing over; that it was told is journalled. 404 for nobody."""
    found = await data_of(work, desk, person_id)
    if found is None:
        raise not_found(NOBODY)
    _, told = found
    disclosure = Disclosure(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        person_id=person_id,
        record_type=told.place.record_type,
        record_id=told.place.record_id,
        told_at=work.now,
        told_by=work.actor.name,
    )
    work.add(disclosure)
    facts = {"person_id": person_id, "record_type": told.place.record_type, "record_id": told.place.record_id}
    work.record(disclosure, desk.disclosed(**facts))
    return told


async def erase(work: UnitOfWork, desk: PersonDesk, person_id: UUID) -> Erasure:
    """Erases a person's data on request; records, journal and figures stay. 404 for nobody, 409 names what objects."""
    found = await data_of(work, desk, person_id)
    if found is None:
        raise not_found(NOBODY)
    source, told = found
    objections = [Objection("legal_hold", HELD)] if await on_hold(work) else []
    if await is_erased(work, person_id):
        objections.append(Objection("erased", ERASED))
    if objections:
        raise Problem(REFUSED, objections=objections)
    return await erase_from(work, desk, source, told.place, "request")


async def erase_from(work: UnitOfWork, desk: PersonDesk, source: PersonSource, place: Place, basis: Basis) -> Erasure:
    """Destroys a person's keys and whatever finds the person, and keeps the proof of it."""
    rows = await source.erase(work, place.person_id)
    erasure = Erasure(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        person_id=place.person_id,
        record_type=place.record_type,
        record_id=place.record_id,
        data_class=source.data_class,
        basis=basis,
        erased_at=work.now,
        erased_by=work.actor.name,
        rows=rows,
    )
    work.add(erasure)
    facts: dict[str, Any] = {"person_id": place.person_id, "record_type": place.record_type}
    facts |= {"record_id": place.record_id, "data_class": source.data_class, "basis": basis, "rows": rows}
    work.record(erasure, desk.erased(**facts))
    if source.noted is not None:
        await source.noted(work, place, basis)
    return erasure


async def keep_for(work: UnitOfWork, source: PersonSource, years: int) -> None:
    """Sets how many years a class of data is kept after its record has ended."""
    row = {"provider_id": work.provider_id, "data_class": source.data_class, "years": years}
    row |= {"changed_at": work.now, "changed_by": work.actor.name}
    statement = insert(RetentionRule).values(row)
    again = statement.on_conflict_do_update(index_elements=["provider_id", "data_class"], set_=row)
    await work.session.execute(again)
