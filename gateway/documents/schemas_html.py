"""JSON schemas of the API as HTML, for readers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from contracts.base import Text

Schema = Mapping[str, Any]
REFERENCE = "#/components/schemas/"

LIST_OF, OR, MAP_OF = (
    Text("list of {item}", "{item} 的列表"),
    Text(" or ", " 或 "),
    Text("map to {item}", "映射到 {item}"),
)
ANYTHING, PAIR = Text("anything", "任意值"), Text("{items} in this order", "依次为 {items}")
FIELD, TYPE, MEANING = Text("Field", "字段"), Text("Type", "类型"), Text("Meaning", "含义")
NEEDED, EXAMPLE = Text("needed", "必填"), Text("for example", "例如")
BOUNDS = {
    "minimum": Text("at least {bound}", "不小于 {bound}"),
    "maximum": Text("at most {bound}", "不大于 {bound}"),
    "minLength": Text("at least {bound} characters", "至少 {bound} 个字符"),
    "maxLength": Text("at most {bound} characters", "至多 {bound} 个字符"),
    "minItems": Text("at least {bound} entries", "至少 {bound} 项"),
    "maxItems": Text("at most {bound} entries", "至多 {bound} 项"),
    "pattern": Text("of the form {bound}", "格式为 {bound}"),
}
_CODE = re.compile(r"`([^`]+)`")


def words(text: str) -> str:
    """A description as HTML: what stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def kind_of(schema: Schema, language: str) -> str:
    """What a value is, in a few words; named schemas are links."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REFERENCE)
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return OR.in_language(language).join(kind_of(one, language) for one in schema[choice])
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        return OR.in_language(language).join(f"<code>{escape(str(value))}</code>" for value in values)
    return _plain(schema, language)


def _plain(schema: Schema, language: str) -> str:
    kind = schema.get("type")
    if kind == "array" and "prefixItems" in schema:
        items = ", ".join(kind_of(one, language) for one in schema["prefixItems"])
        return PAIR.in_language(language).format(items=items)
    if kind == "array":
        return LIST_OF.in_language(language).format(item=kind_of(schema.get("items", {}), language))
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return MAP_OF.in_language(language).format(item=kind_of(schema["additionalProperties"], language))
    if kind is None:
        return ANYTHING.in_language(language)
    return escape(f"{kind} ({schema['format']})" if "format" in schema else str(kind))


def meaning_of(schema: Schema, language: str) -> str:
    """What a value means, its bounds and an example, as far as the schema says so."""
    parts = [words(schema["description"])] if "description" in schema else []
    bounds = list(_bounds(schema, language))
    parts += ["; ".join(bounds)] if bounds else []
    examples: Sequence[Any] = schema.get("examples", ())
    if examples:
        parts.append(f"{EXAMPLE.in_language(language)} <code>{escape(_shown(examples[0]))}</code>")
    return "<br>".join(parts)


def fields_table(schema: Schema, language: str) -> str:
    """The fields of an object as a table; empty where the schema has none."""
    needed = set(schema.get("required", ()))
    rows = [(name, field, name in needed) for name, field in schema.get("properties", {}).items()]
    return table(rows, language)


def table(rows: Sequence[tuple[str, Schema, bool]], language: str) -> str:
    """A table of named values, each with its schema and whether it is needed."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{title.in_language(language)}</th>' for title in (FIELD, TYPE, MEANING))
    mark = f' <small class="needed">{NEEDED.in_language(language)}</small>'
    body = "".join(
        f'<tr><th scope="row"><code>{escape(name)}</code>{mark if needed else ""}</th>'
        f"<td>{kind_of(schema, language)}</td><td>{meaning_of(schema, language)}</td></tr>"
        for name, schema, needed in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _bounds(schema: Schema, language: str) -> Iterator[str]:
    for part in (schema, *schema.get("anyOf", ())):
        for name, text in BOUNDS.items():
            if name in part:
                yield text.in_language(language).format(bound=f"<code>{escape(str(part[name]))}</code>")


def _shown(example: Any) -> str:
    return example if isinstance(example, str) else str(example).replace("'", '"')
