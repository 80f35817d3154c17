"""The frozen shape of an event: its JSON schema without words for people, and what a change of it may do."""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.base import Event

Shape = Mapping[str, Any]
WORDS = ("title", "description", "examples")
FIELDS, NEEDED, PARTS = "properties", "required", "$defs"


def shape_of(event: type[Event]) -> dict[str, Any]:
    """The JSON schema of an event's data, as it is written."""
    shape: dict[str, Any] = _bare(event.model_json_schema(mode="serialization"))
    return shape


def widening_faults(frozen: Shape, shape: Shape) -> Iterator[str]:
    """What in a new shape is more than a field added, and that optional; nothing when old readers and writers go on."""
    parts, new_parts = frozen.get(PARTS, {}), shape.get(PARTS, {})
    yield from _object_faults("", frozen, shape)
    for name in parts:
        if name not in new_parts:
            yield f"{name} is gone"
        else:
            yield from _object_faults(f"{name}.", parts[name], new_parts[name])


def _object_faults(where: str, frozen: Shape, shape: Shape) -> Iterator[str]:
    fields, new_fields = frozen.get(FIELDS, {}), shape.get(FIELDS, {})
    for name, field in fields.items():
        if name not in new_fields:
            yield f"the field {where}{name} is gone"
        elif new_fields[name] != field:
            yield f"the field {where}{name} has changed"
    needed, newly_needed = set(frozen.get(NEEDED, ())), set(shape.get(NEEDED, ()))
    for name in sorted(newly_needed - needed):
        yield f"the field {where}{name} is needed, and was not"
    for name in sorted((needed - newly_needed) & new_fields.keys()):
        yield f"the field {where}{name} is needed no more"
    if _rest(frozen) != _rest(shape):
        yield f"{where or 'the event'} has changed in kind"


def _rest(shape: Shape) -> Shape:
    return {name: value for name, value in shape.items() if name not in {FIELDS, NEEDED, PARTS}}


def _bare(schema: Any) -> Any:
    """A schema without titles and descriptions; a field may have the name of such a keyword."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    named = (FIELDS, PARTS)
    return {
        key: {name: _bare(one) for name, one in value.items()} if key in named else _bare(value)
        for key, value in schema.items()
        if key not in WORDS
    }
