"""Places of publication over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import IfMatch, permitted
from chassis.attachments.routes import attachment_routes
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.language import Language
from chassis.paging import Page, PageQuery
from chassis.schemas import open_steps_out, tag
from services.complaints.publications import actions, queries
from services.complaints.publications.models import Publication
from services.complaints.publications.rules import LIFECYCLE, Facts
from services.complaints.publications.schemas import (
    CheckPublicationIn,
    CreatePublicationIn,
    PublicationCheckOut,
    PublicationItem,
    PublicationOut,
    PublicationQuery,
    RemovePublicationIn,
)

router = APIRouter(prefix="/v1", tags=["publications"], route_class=IdempotentRoute)

attachments = attachment_routes(
    actions.ATTACHABLE, add="complaints.publication.check", read="complaints.publication.read"
)


@router.post("/publications", status_code=201)
async def create_publication(
    body: CreatePublicationIn,
    work: Annotated[UnitOfWork, permitted("complaints.publication.create")],
    response: Response,
    language: Language,
) -> PublicationOut:
    """Lists a place where a channel is published (公布位置); somebody is asked to look at it within 10 days."""
    publication = await actions.create_publication(work, body)
    tag(response, publication.version, f"/v1/publications/{publication.id}")
    return _out(work, publication, language)


@router.get("/publications")
async def list_publications(
    asked: Annotated[PublicationQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.publication.read")],
) -> Page[PublicationItem]:
    """The places where the provider's channels are published."""
    rows = await queries.list_publications(work, asked)
    items = [PublicationItem.model_validate(_columns(one, work.now)) for one in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.get("/publications/{publication_id}")
async def read_publication(
    publication_id: UUID,
    work: Annotated[UnitOfWork, permitted("complaints.publication.read")],
    response: Response,
    language: Language,
) -> PublicationOut:
    """A place where a channel is published, and by when somebody is to look at it."""
    publication = await work.find(Publication, publication_id)
    tag(response, publication.version)
    return _out(work, publication, language)


@router.get("/publications/{publication_id}/checks")
async def list_publication_checks(
    publication_id: UUID,
    asked: Annotated[PageQuery, Query()],
    work: Annotated[UnitOfWork, permitted("complaints.publication.read")],
) -> Page[PublicationCheckOut]:
    """What was found at a place, the youngest look first."""
    rows = await queries.list_checks(work, publication_id, asked)
    items = [PublicationCheckOut.model_validate(check) for check in rows.items]
    return Page(items=items, next=rows.next, as_of=rows.as_of)


@router.post("/publications/{publication_id}/check")
async def check_publication(
    publication_id: UUID,
    body: CheckPublicationIn,
    work: Annotated[UnitOfWork, permitted("complaints.publication.check")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> PublicationOut:
    """Records a look at a place with what was found and a file that proves it (核查)."""
    publication = await actions.check(work, publication_id, body, expected)
    tag(response, publication.version)
    return _out(work, publication, language)


@router.post("/publications/{publication_id}/remove")
async def remove_publication(
    publication_id: UUID,
    body: RemovePublicationIn,
    work: Annotated[UnitOfWork, permitted("complaints.publication.remove")],
    response: Response,
    language: Language,
    expected: IfMatch,
) -> PublicationOut:
    """Removes a place at which the channel is published no more (移除)."""
    publication = await actions.remove(work, publication_id, body, expected)
    tag(response, publication.version)
    return _out(work, publication, language)


def _out(work: UnitOfWork, publication: Publication, language: str) -> PublicationOut:
    facts = Facts(publication.channel_version)
    steps = LIFECYCLE.open_steps(publication, facts, actor=work.actor, now=work.now)
    own = {"open_steps": open_steps_out(steps, language)}
    return PublicationOut.model_validate(_columns(publication, work.now) | own)


def _columns(publication: Publication, now: datetime) -> dict[str, object]:
    return {**vars(publication), "overdue": publication.due_at is not None and publication.due_at < now}
