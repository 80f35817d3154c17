"""The API's description over HTTP, also while services are down."""

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis.language import Language
from gateway.access import anyone
from gateway.documents.document import Served

router = APIRouter(tags=["documents"], dependencies=[anyone()])

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@router.get("/openapi.json")
async def read_openapi(request: Request) -> Response:
    """The description of the whole API, all services in one (OpenAPI 3.1)."""
    served: Served = request.app.state.served
    return Response(served.openapi, media_type="application/json")


@router.get("/docs", response_class=HTMLResponse)
async def read_docs(
    request: Request,
    accepted: Language,
    language: Annotated[Literal["en", "zh-CN"] | None, Query(description="Instead of `Accept-Language`.")] = None,
) -> HTMLResponse:
    """The same for readers, as a page."""
    served: Served = request.app.state.served
    return HTMLResponse(served.pages[language or accepted], headers={"Content-Security-Policy": POLICY})


class StyleSheet(Response):
    """An answer in CSS."""

    media_type = "text/css"


@router.get("/docs/style.css", response_class=StyleSheet)
async def read_docs_style() -> Response:
    """How the page looks."""
    return StyleSheet(STYLE)
