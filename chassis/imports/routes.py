"""Imports of one kind of record over HTTP, but for their start, which takes the kind's own mapping."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.imports import actions, queries
from chassis.imports.jobs import FAULTS
from chassis.imports.models import ImportJob
from chassis.imports.schemas import ImportOut, ImportQuery, RefusalOut
from chassis.language import Language
from chassis.paging import Page, PageQuery
from chassis.uploads import UploadRoute
from contracts.base import Text


def import_routes(kind: str, collection: str, permission: str) -> APIRouter:
    """The routes `/v1/<collection>/imports` of a kind of record, for callers with a permission."""
    router = APIRouter(prefix=f"/v1/{collection}/imports", tags=["imports"], route_class=UploadRoute)

    async def list_imports(
        asked: Annotated[ImportQuery, Query()], work: Annotated[UnitOfWork, permitted(permission)], language: Language
    ) -> Page[ImportOut]:
        """Imports, the youngest first."""
        rows = await queries.list_jobs(work, kind, asked)
        return Page(items=[import_out(job, language) for job in rows.items], next=rows.next, as_of=rows.as_of)

    async def read_import(
        import_id: UUID, work: Annotated[UnitOfWork, permitted(permission)], language: Language
    ) -> ImportOut:
        """An import and how far it has come."""
        return import_out(await queries.find_job(work, kind, import_id), language)

    async def list_refusals(
        import_id: UUID,
        asked: Annotated[PageQuery, Query()],
        work: Annotated[UnitOfWork, permitted(permission)],
        language: Language,
    ) -> Page[RefusalOut]:
        """The lines of the file that were not taken, and why; at most 10,000 of them are kept."""
        rows = await queries.list_refusals(work, kind, import_id, asked)
        items = [
            RefusalOut(
                line=one.line, column=one.of_column, code=one.code, message=Text(**one.message).in_language(language)
            )
            for one in rows.items
        ]
        return Page(items=items, next=rows.next, as_of=rows.as_of)

    async def cancel_import(
        import_id: UUID, work: Annotated[UnitOfWork, permitted(permission)], language: Language
    ) -> ImportOut:
        """Ends an import before its end; what it created stays."""
        return import_out(await actions.cancel_import(work, kind, import_id), language)

    router.add_api_route("", list_imports, name=f"list_{kind}_imports")
    router.add_api_route("/{import_id}", read_import, name=f"read_{kind}_import")
    router.add_api_route("/{import_id}/refusals", list_refusals, name=f"list_{kind}_import_refusals")
    router.add_api_route("/{import_id}/cancel", cancel_import, name=f"cancel_{kind}_import", methods=["POST"])
    return router


def import_out(job: ImportJob, language: str) -> ImportOut:
    """An import in a language."""
    out = ImportOut.model_validate(job)
    return out if job.fault is None else out.model_copy(update={"fault": FAULTS[job.fault].in_language(language)})
