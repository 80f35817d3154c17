"""Whatever people read stands in English and in Chinese: no text in one language only, no place that one side lacks."""

import ast
import re
import tomllib
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest

from contracts.clauses import CLAUSES
from tests.make.house import House, Tenant
from tests.make.sources import ROOT, Source, sources

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2}")
ENDS = {".": "。", "?": "？", ":": "："}
SAME_IN_BOTH = re.compile(r"[^A-Za-z\u4e00-\u9fff]*|[A-Z][A-Za-z0-9-]*")
"""A text may be the same in both languages when it is a number, a sign or a name."""

Pair = tuple[str, str, str]


def texts_in(source: Source) -> Iterator[Pair]:
    """Where a `Text(…)` stands, its English and its Chinese; what is put together at run time is a place `{}`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Text":
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if len(given) == 2 and all(isinstance(one, ast.Constant | ast.JoinedStr) for one in given):
                yield (source.at(node), _written(given[0]), _written(given[1]))


def texts_of_tables() -> Iterator[Pair]:
    """The same of the tables of data: every `{ en = …, zh = … }`."""
    for file in sorted((ROOT / "contracts").glob("*.toml")):
        yield from _pairs(tomllib.loads(file.read_text(encoding="utf-8")), file.name)


def _pairs(value: Any, where: str) -> Iterator[Pair]:
    if isinstance(value, dict):
        if {"en", "zh"} & value.keys():
            yield (where, value.get("en", ""), value.get("zh", ""))
        for name, inner in value.items():
            yield from _pairs(inner, f"{where} {name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _pairs(inner, f"{where} {place}")


def _written(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def places(text: str) -> list[str]:
    """The places that are filled later."""
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def faults(pair: Pair) -> Iterator[str]:
    """What is wrong with a text."""
    where, english, chinese = pair
    bare_english, bare_chinese = (re.sub(r"\{[^}]*\}", "", one) for one in (english, chinese))
    if english == chinese and SAME_IN_BOTH.fullmatch(bare_english):
        return
    if not ENGLISH.search(bare_english) or CHINESE.search(bare_english):
        yield f"{where}: the English is not English: {english!r}"
    if not CHINESE.search(bare_chinese):
        yield f"{where}: the Chinese is not Chinese: {chinese!r}"
    if places(english) != places(chinese):
        yield f"{where}: the languages name other places: {english!r} {chinese!r}"
    if bare_english[-1:] in ENDS and bare_chinese[-1:] != ENDS[bare_english[-1]]:
        yield f"{where}: a sentence in English is a sentence in Chinese: {chinese!r}"
    if bare_chinese[-1:] == "。" and bare_english[-1:] != ".":
        yield f"{where}: a sentence in Chinese is a sentence in English: {english!r}"


def test_every_text_is_in_both_languages() -> None:
    written = [one for source in sources("contracts", "chassis", "services", "gateway") for one in texts_in(source)]
    pairs = [*written, *texts_of_tables()]
    assert len(written) > 150
    assert len(pairs) > len(written) + 50
    assert [fault for pair in pairs for fault in faults(pair)] == []


@pytest.mark.parametrize(
    "pair",
    [
        ("one side empty", "Needed.", ""),
        ("not translated", "Needed.", "Needed."),
        ("a place is missing", "At most {most} rows.", "行数过多。"),
        ("no sentence", "It is needed.", "此项必填"),
        ("the sides are exchanged", "此项必填。", "It is needed."),
    ],
    ids=lambda pair: pair[0],
)
def test_a_text_in_one_language_only_is_found(pair: Pair) -> None:
    assert list(faults(pair))


@pytest.mark.parametrize(("asked", "title"), [("en", "Complaints"), ("zh-CN", "投诉处理")])
async def test_clauses_are_told_in_the_language_of_the_request(
    whole_house: House, first: Tenant, asked: str, title: str
) -> None:
    async with whole_house.client("gateway", first, "reader") as client:
        answer = await client.get("/v1/clauses", headers={"Accept-Language": asked})
    clauses = {clause["number"]: clause for clause in answer.json()["items"]}
    assert list(clauses) == list(CLAUSES)
    assert clauses["8.2"]["title"] == title
    assert [one["id"] for one in clauses["8.2"]["requirements"]] == [one.id for one in CLAUSES["8.2"].requirements]
    texts = [text for one in clauses["8.2"]["requirements"] for text in (one["asked"], one["met"], one["records"])]
    assert all(bool(CHINESE.search(text)) == (asked == "zh-CN") for text in texts)


@pytest.mark.parametrize("asked", ["en", "zh-CN"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/complaints", {"words": 3, "urgency": "now", "parties": [{"email": "nobody"}], "unknown": 1}),
        ("POST", "/v1/complaints", {"parties": []}),
        ("GET", "/v1/complaints?limit=0&sort=colour", None),
        ("GET", "/v1/complaints/none", None),
        ("GET", "/v1/nothing", None),
        ("DELETE", "/v1/complaints", None),
    ],
)
async def test_a_problem_speaks_one_language(
    whole_house: House, first: Tenant, method: str, path: str, body: object, asked: str
) -> None:
    async with whole_house.client("complaints", first, "administrator") as client:
        answer = await client.request(method, path, json=body, headers={"Accept-Language": asked})
    problem = answer.json()
    assert answer.status_code >= 400
    assert answer.headers["Content-Language"] == asked
    told = [problem["title"], problem["detail"]]
    told += [one["message"] for one in problem.get("objections", [])]
    told += [one["detail"] for one in problem.get("errors", [])]
    assert all(bool(CHINESE.search(text)) == (asked == "zh-CN") for text in told), told
