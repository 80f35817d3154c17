"""Exports: every paged list as a whole, as CSV or JSON Lines, page after page in short transactions of their own."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, get_args
from urllib.parse import parse_qsl, urlencode

import orjson
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from chassis import errors
from chassis.paging import Page
from chassis.transactions import Handler, WorkRoute
from contracts.base import Text

Json = dict[str, Any]

JSON, CSV, LINES, PAGE = "application/json", "text/csv", "application/x-ndjson", "text/html"
OFFERED: Final = (JSON, CSV, LINES)
"""What a list can be had as; of what a caller likes equally, the first."""
LARGEST_PAGE = 200
EXPORTER = "surety.exporter"
"""Where the pages of an export find, in their scope, the caller whom the first page let in."""
NOT_OFFERED = Text("This can be had as {offered}.", "可用的格式：{offered}。")
WHOLE = Text("An export is the whole list: leave this away.", "导出总是包含整个列表，请去掉此参数。")
# A spreadsheet would take these for the beginning of a formula (OWASP, CSV Injection), those of full width too.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
BOM = "\ufeff"
"""Without it Excel takes the file for the system's own encoding, and Chinese for nonsense."""


class ListRoute(WorkRoute):
    """A route that gives its list whole, as CSV or JSON Lines, to a caller whose `Accept` prefers that to a page."""

    @property
    def item(self) -> type[BaseModel] | None:
        """What the list is of; None for a route that is no paged list."""
        model = self.response_model
        if self.methods != {"GET"} or not (isinstance(model, type) and issubclass(model, Page)):
            return None
        item: type[BaseModel] = get_args(model.model_fields["items"].annotation)[0]
        return item

    def get_route_handler(self) -> Handler:
        """The handler, wrapped for lists."""
        handle, item = super().get_route_handler(), self.item
        if item is None:
            return handle
        name = next(part for part in reversed(self.path_format.split("/")) if not part.startswith("{"))

        async def page_or_export(request: Request) -> Response:
            kind = preferred(request.headers.get("Accept"))
            if kind == JSON:
                return await handle(request)
            pages = Pages(handle, request)
            first = await pages.page(None)
            table = Table.of(item) if kind == CSV else None
            headers = {"Content-Disposition": f'attachment; filename="{name}.{"csv" if table else "jsonl"}"'}
            media_type = "text/csv; charset=utf-8; header=present" if table else LINES
            return StreamingResponse(_written(pages, first, table), headers=headers, media_type=media_type)

        return page_or_export


def preferred(accept: str | None, offered: Sequence[str] = OFFERED) -> str:
    """The one of those offered that an Accept header likes best (RFC 9110, 12.5.1); raises a 406 problem for none."""
    ranges = dict(_ranges(accept or "*/*")) or {"*/*": 1.0}
    best = max(offered, key=lambda kind: _liked(ranges, kind))
    if _liked(ranges, best) <= 0:
        raise errors.Problem(errors.NOT_ACCEPTABLE, NOT_OFFERED.filled(offered=", ".join(offered)))
    return best


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Each media range with its weight; what cannot be read is left out."""
    for part in accept.split(",")[:50]:
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            quality = float(weight)
        except ValueError:
            continue
        if kind.count("/") == 1 and 0 <= quality <= 1:
            yield kind, quality


def _liked(ranges: Mapping[str, float], kind: str) -> float:
    of_kind = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    return next((ranges[one] for one in of_kind if one in ranges), 0.0)


class Pages:
    """A list's ordinary handler, asked for one page after another as its caller would.

    Each page is a request of its own, with a transaction that ends before the page goes out: what a stream holds open
    would be closed under it, or outlive the time that a transaction has.
    """

    def __init__(self, handle: Handler, request: Request) -> None:
        """Raises a 422 problem for a request that asks for a part of the list."""
        self._handle, self._request = handle, request
        self._query = parse_qsl(request.url.query, keep_blank_values=True)
        for name in ("limit", "cursor"):
            if name in request.query_params:
                raise errors.invalid(f"?{name}", "export_is_whole", WHOLE)

    async def page(self, cursor: str | None) -> Json:
        """The page at a cursor, the first one for None; raises what the list's handler raises."""
        query = [*self._query, ("limit", str(LARGEST_PAGE)), *([("cursor", cursor)] if cursor else [])]
        scope = {**self._request.scope, "query_string": urlencode(query).encode()}
        if cursor is not None:  # a token's end does not end what it began; its withdrawal does
            scope[EXPORTER] = getattr(self._request.state, "caller", None)
        async with AsyncExitStack() as request_stack, AsyncExitStack() as function_stack:
            scope |= {"fastapi_inner_astack": request_stack, "fastapi_function_astack": function_stack}
            response = await self._handle(Request(scope, self._request.receive))
        page: Json = orjson.loads(response.body)
        return page


@dataclass(frozen=True, slots=True)
class Table:
    """How items are written as rows: a column for each field, those of a part within after a dot."""

    columns: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, item: type[BaseModel]) -> "Table":
        """The table of a kind of item."""
        return cls(tuple(_columns(item, ())))

    def head(self) -> str:
        """The header."""
        return BOM + _text([[".".join(column) for column in self.columns]])

    def rows(self, items: list[Json]) -> str:
        """Rows of items, formula-safe."""
        return _text([[_cell(_at(item, column)) for column in self.columns] for item in items])


def _columns(item: type[BaseModel], within: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in item.model_fields.items():
        kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not type(None)]
        part = kinds[0] if len(kinds) == 1 else None
        if isinstance(part, type) and issubclass(part, BaseModel) and not _is_many(field.annotation):
            yield from _columns(part, (*within, name))
        else:
            yield (*within, name)


def _is_many(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in {list, dict, tuple, set}


def _at(item: Any, column: tuple[str, ...]) -> Any:
    for name in column:
        if item is None:
            return None
        item = item[name]
    return item


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return formula_safe(value)
        case list() if not any(isinstance(one, list | dict) for one in value):
            return formula_safe("; ".join(str(one) for one in value))
        case _:
            return formula_safe(orjson.dumps(value).decode())


def formula_safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before what would be one."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _text(rows: list[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()


async def _written(pages: Pages, first: Json, table: Table | None) -> AsyncIterator[bytes]:
    """A list as it goes out. A fault on the way ends the stream short, which its reader can tell from a whole one."""
    page = first
    if table is not None:
        yield table.head().encode()
    while True:
        if page["items"]:
            yield table.rows(page["items"]).encode() if table else b"".join(_lines(page["items"]))
        if page["next"] is None:
            return
        page = await pages.page(page["next"])


def _lines(items: list[Json]) -> Iterator[bytes]:
    for item in items:
        yield orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)
