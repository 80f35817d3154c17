"""Pages from templates: one for both languages, with the style within, so that a page that is kept looks as it did."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
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
BETWEEN = {"en": (", ", "; "), "zh-CN": ("、", "；")}
"""What stands between values, and between values that have parts."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
STYLE = (HERE / "sheet.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
AS_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {PAGE: {"schema": {"type": "string"}}}},
    406: {"$ref": PROBLEMS},
}
"""What a route that answers with data or with a page says of it in the API's description."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is written: in which language, with times in which zone, and what codes are called."""

    language: str
    zone: ZoneInfo
    titles: Mapping[str, Text]

    def both(self, en: str, zh: str) -> str:
        """What a template says in both languages."""
        return Text(en, zh).in_language(self.language)

    def moment(self, at: datetime | str | None) -> str:
        """An instant to the minute in the page's zone; nothing for none."""
        instant = datetime.fromisoformat(at) if isinstance(at, str) else at
        if instant is None:
            return ""
        return str(format_datetime(instant.astimezone(self.zone), "yyyy-MM-dd HH:mm", locale=LOCALES[self.language]))

    def told(self, value: object, of: str = "") -> str:
        """What was kept as JSON, in words: codes by their titles, instants in the page's zone."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return (YES if value else NO).in_language(self.language)
        if isinstance(value, list):
            have_parts = any(isinstance(one, dict) for one in value)
            return BETWEEN[self.language][have_parts].join(self.told(one, of) for one in value)
        if isinstance(value, dict):
            named = [(self.told(name, "field"), self.told(one, name)) for name, one in value.items() if one is not None]
            return BETWEEN[self.language][0].join(self.both(f"{a}: {b}", f"{a}：{b}") for a, b in named)
        if isinstance(value, str) and INSTANT.fullmatch(value):
            return self.moment(value)
        title = self.titles.get(f"{of}.{value}") or self.titles.get(str(value))
        return str(value) if title is None else title.in_language(self.language)


def page(folder: Path, name: str, reader: Reader, made_at: datetime, **values: Any) -> HTMLResponse:
    """A page from `folder`/`name`.html.

    A template says `told(code)`, or `told(code, "field")` for what has its title under `field.<code>` first.
    """
    common = {
        "language": reader.language,
        "style": STYLE,
        "made_at": made_at,
        "zone": reader.zone.key,
        "offset": format_datetime(made_at.astimezone(reader.zone), "xxx"),
        "t": reader.both,
        "told": reader.told,
        "moment": reader.moment,
    }
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
