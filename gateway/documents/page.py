"""The API's description as a page: complete without scripts, fonts or anything else from outside."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from contracts.base import Text
from contracts.permissions import PERMISSIONS
from gateway.documents.schemas_html import REFERENCE, fields_table, kind_of, meaning_of, table, words

Document = Mapping[str, Any]
LANGUAGES = {"en": "English", "zh-CN": "简体中文"}
METHODS = ("get", "post", "patch", "put", "delete")

TITLE, CONTENTS = Text("Surety: the API", "Surety 接口说明"), Text("Contents", "目录")
AS_DATA, SCHEMAS = Text("as OpenAPI 3.1", "OpenAPI 3.1 文档"), Text("Shapes", "数据结构")
PERMISSION, EVERYBODY = Text("Permission", "所需权限"), Text("Open to everybody", "无需登录")
PARAMETERS, BODY, ANSWERS = Text("Parameters", "参数"), Text("Body", "请求正文"), Text("Answers", "应答")
PROBLEM = Text("A problem document", "问题说明文档")
BASICS = (
    Text(
        "Send `Authorization: Bearer` with an API key (`sk_…`) or an access token from `POST /oauth/token`.",
        "请求须带 `Authorization: Bearer`，其值为 API 密钥（`sk_…`）或由 `POST /oauth/token` 获得的访问令牌。",
    ),
    Text(
        "Errors are problem documents (RFC 9457), in the language of `Accept-Language`: `en` or `zh-CN`.",
        "错误以问题说明文档（RFC 9457）返回，语言由 `Accept-Language` 决定：`en` 或 `zh-CN`。",
    ),
    Text(
        "Repeat a `POST` with the same `Idempotency-Key` and it has one effect. A `PATCH` needs `If-Match`.",
        "以相同的 `Idempotency-Key` 重复 `POST` 只生效一次。`PATCH` 须带 `If-Match`。",
    ),
    Text(
        "Lists come in pages: ask again with `next` as `cursor`, and later with `as_of` as `updated_since`.",
        "列表分页返回：以 `next` 作为 `cursor` 取下一页；之后以 `as_of` 作为 `updated_since` 取增量。",
    ),
)


def page(document: Document, language: str) -> str:
    """The whole page in a language; `document` is the merged OpenAPI document."""
    title = TITLE.in_language(language)
    sections = "".join(_section(document, service, language) for service in document["x-services"])
    schemas = "".join(_schema(name, schema, language) for name, schema in document["components"]["schemas"].items())
    shapes = SCHEMAS.in_language(language)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="/docs/style.css"></head><body>'
        f"{_header(document, title, language)}<div class=page>{_contents(document, language)}<main>"
        f"<ul class=basics>{''.join(f'<li>{words(text.in_language(language))}</li>' for text in BASICS)}</ul>"
        f'{sections}<section><h2 id="schemas">{shapes}</h2>{schemas}</section></main></div></body></html>'
    )


def _header(document: Document, title: str, language: str) -> str:
    switch = " ".join(
        f'<a href="/docs?language={code}" lang="{code}"{" aria-current=true" if code == language else ""}>{name}</a>'
        for code, name in LANGUAGES.items()
    )
    version = escape(document["info"]["version"])
    data = f'<a href="/openapi.json">{AS_DATA.in_language(language)}</a>'
    return f"<header><h1>{title} <small>{version}</small></h1><nav>{data} {switch}</nav></header>"


def _contents(document: Document, language: str) -> str:
    parts = []
    for service in document["x-services"]:
        links = "".join(
            f'<li><a href="#{escape(operation["operationId"])}"><b class="{method}">{method.upper()}</b> '
            f"{_breakable(path)}</a></li>"
            for path, method, operation in _operations(document, service)
        )
        title = _title(document, service, language)
        parts.append(f'<li><a href="#{service}">{title}</a><ul>{links}</ul></li>')
    parts.append(f'<li><a href="#schemas">{SCHEMAS.in_language(language)}</a></li>')
    contents = CONTENTS.in_language(language)
    return f'<nav class=contents aria-label="{contents}"><ul>{"".join(parts)}</ul></nav>'


def _section(document: Document, service: str, language: str) -> str:
    articles = "".join(
        _operation(document, path, method, operation, language)
        for path, method, operation in _operations(document, service)
    )
    return f'<section><h2 id="{service}">{_title(document, service, language)}</h2>{articles}</section>'


def _operation(document: Document, path: str, method: str, operation: Document, language: str) -> str:
    name = escape(operation["operationId"])
    told, _, more = operation.get("description", "").partition("\n")
    # The mark stands inside, because a browser opens what holds the target of a link.
    parts = [f'<p id="{name}">{words(more)}</p>', f"<p>{_permission(operation, language)}</p>"]
    rows = [
        (one["name"], {**one["schema"], **_described(one)}, one.get("required", False))
        for one in operation.get("parameters", ())
    ]
    if rows:
        parts.append(f"<h4>{PARAMETERS.in_language(language)}</h4>{table(rows, language)}")
    parts += _bodies(document, operation, language)
    parts.append(f"<h4>{ANSWERS.in_language(language)}</h4><ul>{_answers(operation, language)}</ul>")
    head = f'<b class="{method}">{method.upper()}</b> <code>{_breakable(path)}</code> <span>{words(told)}</span>'
    return f"<details><summary>{head}</summary>{''.join(parts)}</details>"


def _permission(operation: Document, language: str) -> str:
    permission = operation.get("x-permission")
    if permission is None:
        return EVERYBODY.in_language(language)
    title = PERMISSIONS[permission].in_language(language) if permission in PERMISSIONS else ""
    return f"{PERMISSION.in_language(language)}: <code>{escape(permission)}</code> ({escape(title)})"


def _bodies(document: Document, operation: Document, language: str) -> Iterator[str]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content["schema"]
        named = document["components"]["schemas"].get(schema.get("$ref", "").removeprefix(REFERENCE), schema)
        name = kind_of(schema, language) if named is not schema else ""
        head = f"<h4>{BODY.in_language(language)} {name} <small>{escape(kind)}</small></h4>"
        yield head + (fields_table(named, language) or kind_of(named, language))


def _answers(operation: Document, language: str) -> str:
    problem = f'<a href="#schema-Problem">{PROBLEM.in_language(language)}</a>'
    lines, problems = [], []
    for status, answer in operation["responses"].items():
        if "$ref" in answer:
            problems.append(status)
            continue
        kinds = [kind_of(one.get("schema", {}), language) for one in answer.get("content", {}).values()]
        lines.append(f"<li><code>{status}</code> {', '.join(kinds)}</li>")
    if problems:
        lines.append(f"<li>{' '.join(f'<code>{status}</code>' for status in sorted(problems))} {problem}</li>")
    return "".join(lines)


def _schema(name: str, schema: Document, language: str) -> str:
    shown = fields_table(schema, language) or f"<p>{kind_of(schema, language)} {meaning_of(schema, language)}</p>"
    told = words(schema.get("description", ""))
    return f'<article id="schema-{escape(name)}"><h3>{escape(name)}</h3><p>{told}</p>{shown}</article>'


def _operations(document: Document, service: str) -> Iterator[tuple[str, str, Document]]:
    for path, operations in sorted(document["paths"].items(), key=lambda one: not one[0].startswith("/v1/")):
        for method in METHODS:
            if method in operations and operations[method]["x-service"] == service:
                yield path, method, operations[method]


def _title(document: Document, service: str, language: str) -> str:
    return escape(Text(**document["x-services"][service]).in_language(language))


def _described(parameter: Document) -> Document:
    return {"description": parameter["description"]} if "description" in parameter else {}


def _breakable(path: str) -> str:
    return escape(path).replace("/", "<wbr>/")
