"""Which service answers an address, by the merged OpenAPI document, and nothing that is not in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from chassis.bodies import JSON_BYTES, most_bytes
from chassis.exports import CSV, LINES

STREAMED = frozenset({CSV, LINES, "application/octet-stream"})
"""Content types of exports and of files on their way out, which may take as long as they move."""

# A segment as RFC 3986 has it, 3.3; what it decodes to must still be one segment for whoever decodes it again.
_SEGMENT = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+")
_DIVIDES = re.compile(rb"[/\\\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its service, its id, how many bytes its body may have, and whether it goes by the stream."""

    service: str
    name: str
    most_bytes: int
    streamed: bool


@dataclass(slots=True)
class _Node:
    literal: "dict[bytes, _Node]" = field(default_factory=dict)
    parameter: "_Node | None" = None
    operations: dict[str, Operation] = field(default_factory=dict)


class RoutingTable:
    """The operations of a merged document, found by the path as it was received."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """`document` names the service of each operation as `x-service`."""
        self._root = _Node()
        for path, operations in document["paths"].items():
            node = self._root
            for segment in path.encode().split(b"/")[1:]:
                node = _below(node, segment)
            node.operations = {method.upper(): _operation(one) for method, one in operations.items()}

    def find(self, raw_path: bytes) -> Mapping[str, Operation] | None:
        """The operations at a path by method; None for a path that the document does not have.

        Literal segments must be written as in the document, without percent-encoding. A parameter is one segment that
        is not empty, no dot segment, and hides no separator, however often it is decoded.
        """
        segments = raw_path.split(b"/")
        if segments[0]:
            return None
        found = _descend(self._root, segments, 1)
        return None if found is None else found.operations


def _below(node: _Node, segment: bytes) -> _Node:
    if not segment.startswith(b"{"):
        return node.literal.setdefault(segment, _Node())
    node.parameter = node.parameter or _Node()
    return node.parameter


def _operation(described: Mapping[str, Any]) -> Operation:
    most = most_bytes(described)
    return Operation(
        service=described["x-service"], name=described["operationId"], most_bytes=most, streamed=most > JSON_BYTES
    )


def _descend(node: _Node, segments: list[bytes], place: int) -> _Node | None:
    if place == len(segments):
        return node if node.operations else None
    segment = segments[place]
    literal = node.literal.get(segment)
    if literal is not None and (found := _descend(literal, segments, place + 1)) is not None:
        return found
    if node.parameter is None or not _is_value(segment):
        return None
    return _descend(node.parameter, segments, place + 1)


def _is_value(segment: bytes) -> bool:
    if _SEGMENT.fullmatch(segment) is None:
        return False
    decoded = segment
    while b"%" in decoded and (once_more := unquote_to_bytes(decoded)) != decoded:
        decoded = once_more
    return _DIVIDES.search(decoded) is None and decoded not in {b".", b".."}
