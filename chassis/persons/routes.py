"""Persons' data over HTTP, as each service that holds some offers it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page
from chassis.persons import actions, queries
from chassis.persons.schemas import (
    ErasureOut,
    ErasureQuery,
    FindIn,
    FoundOut,
    PlaceOut,
    RetentionClassOut,
    RetentionIn,
    RetentionOut,
    ToldOut,
)
from chassis.persons.sources import PersonDesk, Place
from contracts.base import Text

NOTHING_GIVEN = Text("Give a telephone number or an e-mail address.", "请提供电话号码或电子邮件地址。")
NO_CLASS = Text("There is no such class of personal data here.", "此处没有该类个人信息。")
MOST_SHOWN = 200
"""Persons of one class whom a dry run names."""


def person_routes(desk: PersonDesk) -> APIRouter:
    """The routes of one service's personal data."""
    prefix = f"/v1/services/{desk.service}"
    router = APIRouter(prefix=prefix, tags=["personal data"], route_class=IdempotentRoute)
    _offer_persons(router, desk)
    _offer_erasures(router, desk)
    _offer_retention(router, desk)
    return router


def _offer_persons(router: APIRouter, desk: PersonDesk) -> None:
    service = desk.service
    if any(source.find is not None for source in desk.sources):
        _offer_finding(router, desk)

    @router.post("/persons/{person_id}/disclose", name=f"disclose_{service}_person")
    async def disclose(
        person_id: UUID, work: Annotated[UnitOfWork, permitted(f"{service}.person.disclose", at_any_life=True)]
    ) -> ToldOut:
        """Tells all that is held of a person, to be handed to them (个人信息查阅); that it was told is journalled."""
        told = await actions.tell(work, desk, person_id)
        return ToldOut(**told.place._asdict(), data=told.data)


def _offer_finding(router: APIRouter, desk: PersonDesk) -> None:
    service = desk.service

    @router.post("/persons/find", name=f"find_{service}_persons")
    async def find(
        body: FindIn, work: Annotated[UnitOfWork, permitted(f"{service}.person.find", at_any_life=True)]
    ) -> FoundOut:
        """Where somebody with this telephone number or e-mail address stands in the records."""
        if body.telephone is None and body.email is None:
            raise invalid("/telephone", "missing", NOTHING_GIVEN)
        places = await queries.places_of(work, desk, telephone=body.telephone, email=body.email)
        return FoundOut(items=[_place(place) for place in places])


def _offer_erasures(router: APIRouter, desk: PersonDesk) -> None:
    service = desk.service

    @router.post("/persons/{person_id}/erase", name=f"erase_{service}_person")
    async def erase(person_id: UUID, work: Annotated[UnitOfWork, permitted(f"{service}.person.erase")]) -> ErasureOut:
        """Erases a person's data for good, with a proof (个人信息删除); records, journal and figures stay."""
        return ErasureOut.model_validate(await actions.erase(work, desk, person_id))

    @router.get("/erasures", name=f"list_{service}_erasures")
    async def list_all(
        asked: Annotated[ErasureQuery, Query()], work: Annotated[UnitOfWork, permitted(f"{service}.person.find")]
    ) -> Page[ErasureOut]:
        """The proofs of all erasures, the youngest first."""
        rows = await queries.ERASURES.page(work, asked)
        items = [ErasureOut.model_validate(erasure) for erasure in rows.items]
        return Page(items=items, next=rows.next, as_of=rows.as_of)


def _offer_retention(router: APIRouter, desk: PersonDesk) -> None:
    service = desk.service

    @router.get("/retention", name=f"read_{service}_retention")
    async def read(
        work: Annotated[UnitOfWork, permitted(f"{service}.retention.read")], language: Language
    ) -> RetentionOut:
        """How long each class of personal data is kept, and whom the next sweep would erase: a dry run."""
        return await _retention(work, desk, language)

    @router.post("/retention", name=f"change_{service}_retention")
    async def change(
        body: RetentionIn,
        work: Annotated[UnitOfWork, permitted(f"{service}.retention.change")],
        language: Language,
    ) -> RetentionOut:
        """Sets how many years a class of personal data is kept after its record has ended."""
        source = desk.source(body.data_class)
        if source is None:
            raise invalid("/data_class", "unknown_data_class", NO_CLASS)
        await actions.keep_for(work, source, body.years)
        return await _retention(work, desk, language)


async def _retention(work: UnitOfWork, desk: PersonDesk, language: str) -> RetentionOut:
    items = [
        RetentionClassOut(
            data_class=kept.source.data_class,
            title=kept.source.title.in_language(language),
            years=kept.years,
            due=[_place(place) for place in kept.due],
        )
        for kept in await queries.over_time(work, desk.sources, MOST_SHOWN)
    ]
    return RetentionOut(legal_hold=await queries.on_hold(work), items=items)


def _place(place: Place) -> PlaceOut:
    return PlaceOut(**place._asdict())
