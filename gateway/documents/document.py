"""The merged OpenAPI document as it is checked in: the API's description, and the gateway's routing table."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def read_document(file: Path = FILE) -> dict[str, Any]:
    """The document; raises FileNotFoundError with what to do where it is missing."""
    if not file.exists():
        raise FileNotFoundError(f"{file} is missing: `make openapi` writes it")
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document
