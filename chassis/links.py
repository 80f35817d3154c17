"""Links of the OpenAPI document: from what gives a record's id to what takes it, by one rule for every route."""

import re
from typing import Any

Json = dict[str, Any]
GIVEN = ("200", "201", "202")
_PARAMETER = re.compile(r"\{(\w+)\}")


def add_links(document: Json) -> None:
    """Adds links to the answers of every collection of the document, a `GET` or `POST` without a record in its address.

    What goes on below, `<collection>/{x_id}` and its steps, takes the id that the answer has, and from a new record
    the version that its ETag has. An answer that has a property of the parameter's very name gives that instead.
    """
    paths: dict[str, Json] = document["paths"]
    for path, operations in paths.items():
        for method in ("post", "get"):
            answer = _answer(operations.get(method, {}))
            if answer is None:
                continue
            links = {
                target["operationId"]: link
                for below, others in paths.items()
                if re.fullmatch(rf"{re.escape(path)}/\{{\w+\}}(/[\w-]+)?", below)
                for target in others.values()
                if (link := _link(document, path, answer, below, target)) is not None
            }
            if links:
                answer["links"] = links


def _answer(operation: Json) -> Json | None:
    found = (operation.get("responses", {}).get(status) for status in GIVEN)
    return next((one for one in found if one is not None and "$ref" not in one), None)


def _link(document: Json, path: str, answer: Json, below: str, target: Json) -> Json | None:
    offered = _properties(document, answer)
    parameters = {f"path.{name}": f"$request.path.{name}" for name in _PARAMETER.findall(path)}
    new = [name for name in _PARAMETER.findall(below) if f"path.{name}" not in parameters]
    for name in new:
        source = next((offered[one] for one in (name, f"{name}_number", "id") if one in offered), None)
        if source is None or (name.endswith("_id") is not source.endswith("/id")):
            return None
        parameters[f"path.{name}"] = f"$response.body#{source}"
    for parameter in target.get("parameters", []):
        name = parameter["name"]
        if parameter["in"] != "header":
            continue
        if name == "if-match" and not offered.get("id", "").startswith("/items"):
            parameters["header.if-match"] = "$response.header.ETag"
        elif (property_name := name.replace("-", "_")) in offered:
            parameters[f"header.{name}"] = f"$response.body#{offered[property_name]}"
    return {"operationId": target["operationId"], "parameters": parameters}


def _properties(document: Json, answer: Json) -> dict[str, str]:
    """The properties that an answer gives: by name, where they stand. A list gives those of its first item."""
    schema = _resolved(document, answer.get("content", {}).get("application/json", {}).get("schema", {}))
    properties: Json = schema.get("properties", {})
    if properties.get("items", {}).get("type") == "array":
        item = _resolved(document, properties["items"]["items"])
        return {name: f"/items/0/{name}" for name in item.get("properties", {})}
    return {name: f"/{name}" for name in properties}


def _resolved(document: Json, schema: Json) -> Json:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
