"""Imports of past cases over HTTP."""

from typing import Annotated

from fastapi import File, Form, Response, UploadFile
from pydantic import BeforeValidator, Json

from chassis.access import permitted
from chassis.bodies import DECLARED
from chassis.db import UnitOfWork
from chassis.imports.actions import start_import
from chassis.imports.routes import import_out, import_routes
from chassis.imports.schemas import ImportOut, mapping_text
from chassis.language import Language
from services.complaints.imports.actions import CASES
from services.complaints.imports.schemas import CaseMappingIn

PERMISSION = "complaints.complaint.import"
router = import_routes(CASES.kind, "complaints", PERMISSION)


@router.post("", status_code=202, openapi_extra={DECLARED: 50_000_000})
async def import_complaints(
    mapping: Annotated[
        Json[CaseMappingIn],
        BeforeValidator(mapping_text),
        Form(description="Which column becomes what, as JSON; at most 64 KB."),
    ],
    file: Annotated[UploadFile, File(description="The cases: CSV with a header, or JSON Lines.")],
    work: Annotated[UnitOfWork, permitted(PERMISSION)],
    response: Response,
    language: Language,
    dry_run: Annotated[bool, Form(description="Write nothing; tell what would be written and refused.")] = False,
) -> ImportOut:
    """Imports past cases of another system with their own times; safe to repeat by their numbers (导入历史投诉)."""
    job = await start_import(work, CASES, mapping, file, dry_run=dry_run)
    response.headers["Location"] = f"/v1/complaints/imports/{job.id}"
    return import_out(job, language)
