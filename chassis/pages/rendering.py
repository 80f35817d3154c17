"""Pages from templates: one for both languages, with the style within, so that a page that is kept looks as it did."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chassis.exports import PAGE
from chassis.messages.templates import LOCALES
from chassis.openapi import PROBLEMS
from contracts.base import Text

HERE = Path(__file__).parent
YES, NO = Text("yes", "是"), Text("no", "否")
STYLE = (HERE / "sheet.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
AS_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {PAGE: {"schema": {"type": "string"}}}},
    406: {"$ref": PROBLEMS},
}
"""What a route that answers with data or with a page says of it in the API's description."""


def page(
    folder: Path, name: str, language: str, zone: ZoneInfo, titles: Mapping[str, Text], **values: Any
) -> HTMLResponse:
    """A page from `folder`/`name`.html; instants are told in a zone, codes by their titles, where they have one.

    A template says `told(code)`, or `told(code, "field")` for what has its title under `field.<code>`.
    """

    def told(value: object, of: str = "") -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return (YES if value else NO).in_language(language)
        if isinstance(value, list):
            return ", ".join(map(told, value))
        if isinstance(value, dict):
            return ", ".join(f"{told(name, 'field')}: {told(one)}" for name, one in value.items() if one is not None)
        title = titles.get(f"{of}.{value}" if of else str(value))
        return str(value) if title is None else title.in_language(language)

    def moment(at: datetime | str | None) -> str:
        instant = datetime.fromisoformat(at) if isinstance(at, str) else at
        if instant is None:
            return ""
        local = instant.astimezone(zone)
        return str(format_datetime(local, "yyyy-MM-dd HH:mm", locale=LOCALES[language]))

    def both(en: str, zh: str) -> str:
        return Text(en, zh).in_language(language)

    common = {"language": language, "zone": zone.key, "style": STYLE, "t": both, "told": told, "moment": moment}
    written = environment_of(folder).get_template(f"{name}.html").render(**common, **values)
    return HTMLResponse(written, headers={"Content-Security-Policy": POLICY})


@cache
def environment_of(folder: Path) -> Environment:
    """Renders a folder's pages; what is filled in is text, never markup."""
    return Environment(
        loader=ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(HERE)]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
