"""How large a body may be, by what its operation takes: one table for the gateway and the services."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from chassis.attachments.rules import MOST_BYTES
from chassis.openapi import document_of, routes_of

JSON_BYTES = 1_000_000
ENVELOPE_BYTES = 16_000
"""What may stand around an uploaded file in the body."""
UPLOAD_BYTES = MOST_BYTES + ENVELOPE_BYTES
UPLOAD, DECLARED = "multipart/form-data", "x-max-bytes"
"""The content type of uploads, and how an operation says in the document that its body may have another size."""


def most_bytes(described: Mapping[str, Any]) -> int:
    """What the body of an operation may have at most, by its description in the OpenAPI document."""
    takes = described.get("requestBody", {}).get("content", {})
    declared: int = described.get(DECLARED, UPLOAD_BYTES if UPLOAD in takes else JSON_BYTES)
    return declared


class BodySizes:
    """The limits of one application's operations, read from its document when the first large body comes."""

    def __init__(self, app: FastAPI, service: str) -> None:
        self._app, self._service = app, service
        self._large: list[tuple[APIRoute, int]] | None = None

    def of(self, scope: Scope) -> int:
        """What the body of a request may have at most."""
        if self._large is None:
            self._large = list(self._read())
        return next((most for route, most in self._large if route.matches(scope)[0] is Match.FULL), JSON_BYTES)

    def _read(self) -> list[tuple[APIRoute, int]]:
        paths = document_of(self._app, self._service)["paths"]
        sizes = [
            (route, most_bytes(paths[route.path_format][method.lower()]))
            for route in routes_of(self._app)
            for method in route.methods or ()
        ]
        return [(route, most) for route, most in sizes if most > JSON_BYTES]
