"""The table of settings in docs/operations.md, made from the classes that read them."""

from collections.abc import Iterator
from typing import get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from chassis.settings import Settings
from gateway.settings import GatewaySettings

BEGIN, END = "<!-- settings -->", "<!-- /settings -->"
HEAD = ("| variable | default | what it is |", "|---|---|---|")


def with_table(document: str) -> str:
    """A document with the table of today between its marks; raises ValueError where they are not there."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} and {END} are not there")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def table() -> str:
    """All settings: first those of every process, then what the gateway is told beyond that."""
    own = {name: field for name, field in GatewaySettings.model_fields.items() if name not in Settings.model_fields}
    return "\n".join([*HEAD, *_rows(Settings.model_fields), "| **gateway** | | |", *_rows(own)])


def _rows(fields: dict[str, FieldInfo]) -> Iterator[str]:
    for name, field in fields.items():
        variable = f"`SURETY_{name.upper()}`"
        secret = SecretStr in {field.annotation, *get_args(field.annotation)}
        where = f"{variable}, or the file `surety_{name}`" if secret else variable
        yield f"| {where} | {_default(field)} | {_escaped(field.description or '')} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    return "none" if field.default is None else f"`{field.default}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
