"""The merged OpenAPI document as it is checked in: the API's description, and the gateway's routing table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.documents.page import LANGUAGES, page

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


@dataclass(frozen=True, slots=True)
class Served:
    """The document and its page in each language, as they go out."""

    openapi: bytes
    pages: Mapping[str, bytes]


def read_document(file: Path = FILE) -> dict[str, Any]:
    """The document; raises FileNotFoundError with what to do where it is missing."""
    if not file.exists():
        raise FileNotFoundError(f"{file} is missing: `make openapi` writes it")
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def offering(document: Mapping[str, Any], part: str) -> tuple[str, ...]:
    """The services that have `/v1/services/<name>/<part>`."""
    split = [path.split("/") for path in document["paths"]]
    return tuple(sorted(path[3] for path in split if path[1:3] == ["v1", "services"] and path[4:] == [part]))


def serve_documents(document: Mapping[str, Any]) -> Served:
    """The document as JSON and as pages, made once."""
    pages = {language: page(document, language).encode() for language in LANGUAGES}
    return Served(json.dumps(document, ensure_ascii=False).encode(), pages)
