"""Writes the generated documents, or says which of them is out of date.

python -m deploy.documents openapi      docs/openapi.json: the merged OpenAPI document, also the gateway's routing table
python -m deploy.documents shapes       contracts/shapes/<event type>.json: the frozen shape of each event
python -m deploy.documents settings     docs/operations.md: the table of settings
python -m deploy.documents --check      all, without writing; exits with 1 when one is out of date
"""

import importlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from chassis.app import VERSION
from chassis.openapi import document_of
from chassis.service import Service, service_of
from contracts.base import Event
from deploy.home import ROOT
from deploy.settings import with_table
from deploy.shapes import shape_of, widening_faults
from deploy.topology import SERVICES

OPENAPI = ROOT / "docs" / "openapi.json"
SHAPES = ROOT / "contracts" / "shapes"
OPERATIONS = ROOT / "docs" / "operations.md"


class DocumentError(Exception):
    """The documents cannot be made; the message is for who changed the code."""


def merged_openapi(services: Mapping[str, str] = SERVICES) -> dict[str, Any]:
    """One OpenAPI document of all services, by name and package; raises DocumentError where two of them clash."""
    described = [service_of(package) for package in services.values()]
    parts = [_document(service) for service in described]
    merged: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Surety", "version": VERSION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "x-services": {service.name: service.title._asdict() for service in described},
        "paths": _united(part["paths"] for part in parts),
        "components": {
            kind: _united((part["components"].get(kind, {}) for part in parts), same=True)
            for kind in ("schemas", "responses", "securitySchemes")
        },
    }
    _refuse_doubles(merged["paths"])
    return merged


def event_shapes() -> dict[str, Any]:
    """The shape of every event of the contracts, by type."""
    events: list[type[Event]] = []
    for service in SERVICES:
        events += importlib.import_module(f"contracts.{service}").EVENTS.values()
    return {event.TYPE: shape_of(event) for event in sorted(events, key=lambda one: one.TYPE)}


def openapi_text() -> str:
    """docs/openapi.json as it should be."""
    return _text(merged_openapi())


def operations_text() -> str:
    """docs/operations.md with the table of settings as it should be."""
    return with_table(OPERATIONS.read_text(encoding="utf-8"))


def shape_texts(folder: Path = SHAPES) -> dict[Path, str]:
    """The files of frozen shapes as they should be; raises DocumentError for a change that is more than an addition."""
    shapes = event_shapes()
    faults = [
        f"{file.stem}: the event is gone, but its shape is frozen"
        for file in _frozen(folder)
        if file.stem not in shapes
    ]
    for event_type, shape in shapes.items():
        file = folder / f"{event_type}.json"
        if file.exists():
            faults += [f"{event_type}: {fault}" for fault in widening_faults(json.loads(file.read_text()), shape)]
    if faults:
        advice = "A frozen event may only gain optional fields; anything else is a new version of it (….v2)."
        raise DocumentError("\n".join([*faults, advice]))
    return {folder / f"{event_type}.json": _text(shape) for event_type, shape in shapes.items()}


def write(texts: Mapping[Path, str]) -> None:
    """Write files, and say which of them changed."""
    for file in _stale(texts):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(texts[file], encoding="utf-8")
        print(f"wrote {file.relative_to(ROOT)}")


def check() -> int:
    """Say which files are out of date; 0 when none is."""
    due = [
        ("openapi", {OPENAPI: openapi_text()}),
        ("shapes", shape_texts()),
        ("settings", {OPERATIONS: operations_text()}),
    ]
    lines = [
        f"{file.relative_to(ROOT)} is out of date: run `make {command}`."
        for command, texts in due
        for file in _stale(texts)
    ]
    print("\n".join(lines), file=sys.stderr, end="\n" if lines else "")
    return 1 if lines else 0


def _document(service: Service) -> dict[str, Any]:
    return document_of(FastAPI(title=service.title.en, version=VERSION, routes=service.routes), service.name)


def _united(parts: Iterator[dict[str, Any]], *, same: bool = False) -> dict[str, Any]:
    """Entries of all parts in the order of their names; a name may stand twice if that is for the same content."""
    united: dict[str, Any] = {}
    for part in parts:
        for name, content in part.items():
            if name in united and not (same and united[name] == content):
                raise DocumentError(f"{name} is in two services, and not the same: give one of them another name.")
            united[name] = content
    return dict(sorted(united.items()))


def _refuse_doubles(paths: Mapping[str, Any]) -> None:
    seen: dict[str, str] = {}
    for path, operations in paths.items():
        for method, operation in operations.items():
            name, here = operation["operationId"], f"{method.upper()} {path}"
            if name in seen:
                raise DocumentError(f"The operation id {name} stands for {seen[name]} and for {here}.")
            seen[name] = here


def _frozen(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def _stale(texts: Mapping[Path, str]) -> list[Path]:
    return [file for file, text in texts.items() if not file.exists() or file.read_text(encoding="utf-8") != text]


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


COMMANDS: dict[str, Callable[[], int | None]] = {
    "openapi": lambda: write({OPENAPI: openapi_text()}),
    "shapes": lambda: write(shape_texts()),
    "settings": lambda: write({OPERATIONS: operations_text()}),
    "--check": check,
}


def main(arguments: list[str]) -> int:
    """The command line."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return COMMANDS[arguments[0]]() or 0
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
