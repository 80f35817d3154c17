"""Values of a record's fields, by the mapping that declares where each comes from."""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from chassis.imports.reading import Values
from chassis.imports.schemas import PLACE, FieldIn, TimeIn
from contracts.base import Text

NOT_IN_CODE = re.compile(r"[^a-z0-9_-]+")
NOT_MAPPED = Text("The mapping does not say what this value becomes.", "映射中没有该值的对应值。")
NOT_A_TIME = Text("The time is not written as the mapping declares.", "时间的写法与映射中声明的格式不符。")
Path = tuple[str, ...]


class NotRead(Exception):
    """A value that is not as the mapping declares."""

    def __init__(self, code: str, said: Text) -> None:
        super().__init__(code)
        self.code, self.said = code, said


def fields_of(mapping: BaseModel, within: Path = ()) -> Iterator[tuple[Path, FieldIn | TimeIn]]:
    """Every field that a mapping declares, with its path."""
    for name in type(mapping).model_fields:
        value = getattr(mapping, name)
        if isinstance(value, FieldIn | TimeIn):
            yield (*within, name), value
        elif isinstance(value, BaseModel):
            yield from fields_of(value, (*within, name))


def read_field(field: FieldIn | TimeIn, values: Values, unknown: Collection[str]) -> str | datetime | None:
    """The value of a field in a record; None where it is not known. Raises NotRead."""
    if isinstance(field, TimeIn):
        given = _known(values.get(field.column), unknown)
        return None if given is None else _time(given, field)
    if field.constant is not None:
        return field.constant
    if field.template is not None:
        return _filled(field, values, unknown)
    given = _known(values.get(field.column or ""), unknown)
    if given is None:
        return field.default
    if field.values is not None:
        if given not in field.values:
            raise NotRead("value_not_mapped", NOT_MAPPED)
        given = field.values[given]
    return NOT_IN_CODE.sub("-", given.lower()).strip("-") if field.code else given


def _known(given: str | None, unknown: Collection[str]) -> str | None:
    given = (given or "").strip()
    return None if not given or given in unknown else given


def _filled(field: FieldIn, values: Values, unknown: Collection[str]) -> str | None:
    known = {column: _known(values.get(column), unknown) for column in field.columns}
    if known and not any(known.values()) and field.default is None:
        return None
    return PLACE.sub(lambda place: known[place[1]] or field.default or "", field.template or "")


def _time(given: str, field: TimeIn) -> datetime:
    try:
        # The zone follows below.
        at = datetime.fromisoformat(given) if field.format is None else datetime.strptime(given, field.format)  # noqa: DTZ007
        return (at if at.tzinfo is not None else at.replace(tzinfo=_zone(field.zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotRead("time_format", NOT_A_TIME) from None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
