"""Sizes, names, docstrings, and what a slice consists of."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.make.sources import ROOT, Source, sources

LONGEST_FUNCTION, LONGEST_FILE = 50, 400
KINDS = {"routes", "schemas", "models", "rules", "actions", "queries", "consumers", "jobs"}
OF_A_SERVICE = {"__init__.py", "app.py", "settings.py", "README.md", "migrations", "messages", "pages"}
NO_NOUNS = {
    "migrations",
    "messages",
    "pages",
    "__pycache__",
}  # what is no noun but a store of files: revisions, templates
EDGE = {"gateway/credentials", "gateway/documents", "gateway/proxy"}  # the way through, which is no noun
HOLLOW = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "constant", "constants"}
LEFT_OPEN = re.compile(r"\b(TODO|FIXME|XXX|HACK|WIP|TBD)\b")
# Written by machines, or by others.
NOT_OURS = {"requirements.lock", "requirements-dev.lock", "LICENSE", "openapi.json"}
TEXTS = {".py", ".md", ".toml", ".yml", ".yaml", ".json", ".mako", ".conf", ".sql", ".html", ".css", ".js", ""}
TOP = (
    "chassis", "contracts", "services", "gateway", "deploy", "tests", "bench", "docs", "Makefile", "README.md",
    "CONTRIBUTING.md", "pyproject.toml", ".ci",
)  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef


def product() -> list[Source]:
    """The code that is shipped; migrations are written once and not maintained."""
    folders = sources("chassis", "contracts", "services", "gateway", "deploy", "bench")
    return [source for source in folders if "migrations" not in source.path.parts[1:-1]]


def length(node: Function) -> int:
    """Lines of a function from its name to its end."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def long_functions(source: Source, most: int) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, Function) and length(node) >= most:
            yield f"{source.path}:{node.lineno} {node.name} has {length(node)} lines"


def is_sentence(docstring: str | None) -> bool:
    """Whether the first paragraph is one sentence, with a full stop at its end and none before it."""
    summary = " ".join((docstring or "").split("\n\n")[0].split())
    return len(summary) > 2 and summary.endswith(".") and not re.search(r"[.!?] [A-Z]", summary[:-1])


def texts() -> Iterator[Path]:
    """Every text file of the tree that people write."""
    for name in TOP:
        top = ROOT / name
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in files:
            own = path.is_file() and path.suffix in TEXTS and path.name not in NOT_OURS
            if own and "__pycache__" not in path.parts and "data" not in path.parts:
                yield path


def slices() -> list[Path]:
    """The folders of the nouns of the services and of the gateway."""
    homes = [*(path for path in sorted((ROOT / "services").iterdir()) if path.is_dir()), ROOT / "gateway"]
    folders = (folder for home in homes for folder in home.iterdir() if folder.is_dir())
    return sorted(
        folder for folder in folders if folder.name not in NO_NOUNS and str(folder.relative_to(ROOT)) not in EDGE
    )


def test_functions_are_short() -> None:
    long = [line for source in product() for line in long_functions(source, LONGEST_FUNCTION)]
    assert not long, f"a function that does not fit on a screen does more than one thing: {long}"


def test_files_are_short() -> None:
    long = {str(one.path): lines for one in product() if (lines := len(one.text.splitlines())) >= LONGEST_FILE}
    assert not long, f"a long file is two things: {long}"


@pytest.mark.parametrize("folder", ["chassis", "contracts", "services", "gateway", "deploy", "tests", "bench"])
def test_every_module_says_in_one_sentence_what_it_is_for(folder: str) -> None:
    dumb = [str(one.path) for one in sources(folder) if not is_sentence(ast.get_docstring(one.tree))]
    assert not dumb, f"a reader decides by the first line whether this is the file: {dumb}"


def test_public_functions_of_the_product_have_docstrings() -> None:
    dumb = [
        f"{one.path}:{node.lineno} {node.name}"
        for one in product()
        for node in public(one.tree)
        if ast.get_docstring(node) is None and "overload" not in map(ast.unparse, node.decorator_list)
    ]
    assert not dumb, f"a caller must not have to read the body: {dumb}"


def public(tree: ast.Module) -> Iterator[Function | ast.ClassDef]:
    """Functions and classes of a module that others may use, and the methods of such classes."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                methods = (one for one in node.body if isinstance(one, Function))
                yield from (method for method in methods if not method.name.startswith("_"))


@pytest.mark.parametrize("folder", slices(), ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_slice_has_only_the_eight_kinds_of_file(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()} - {"__pycache__", "__init__.py"}
    strange = names - {f"{kind}.py" for kind in KINDS}
    assert not strange, f"whoever knows one slice knows them all: {sorted(KINDS)}, not {sorted(strange)}"
    assert names, "a slice without content is no slice yet"


@pytest.mark.parametrize("folder", slices(), ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_slice_has_no_empty_file(folder: Path) -> None:
    empty = [
        path.name
        for path in folder.glob("*.py")
        if path.name != "__init__.py" and len(Source(path.relative_to(ROOT)).tree.body) < 2
    ]
    assert not empty, f"a file exists when it has content: {empty}"


def test_a_service_consists_of_slices_and_the_files_that_every_service_has() -> None:
    for service in sorted(path for path in (ROOT / "services").iterdir() if (path / "app.py").exists()):
        names = {path.name for path in service.iterdir()} - {"__pycache__"}
        strange = names - OF_A_SERVICE - {folder.name for folder in slices() if folder.parent == service}
        assert not strange, f"{service.name}: what belongs to a noun stands in its slice: {strange}"


def test_no_file_or_class_is_named_for_nothing() -> None:
    for source in sources("chassis", "contracts", "services", "gateway", "deploy", "tests", "bench"):
        parts = {part for name in source.path.with_suffix("").parts for part in name.split("_")}
        assert not parts & HOLLOW, f"{source.path}: a name says what is in it; this one takes in anything"
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                words = {word.lower() for word in re.findall("[A-Z][a-z]*", node.name)}
                assert not words & HOLLOW, f"{source.path}:{node.lineno} {node.name} says nothing"


def test_nothing_is_left_to_be_done_in_the_text() -> None:
    own = Path(__file__)
    left = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts()
        if path != own
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if LEFT_OPEN.search(line)
    ]
    assert not left, f"what is to be done stands in an issue, where it is seen: {left}"


def test_the_tests_of_style_see_what_is_wrong() -> None:
    assert is_sentence("What it is for.")
    assert is_sentence("What `x.y` is for, e.g. this.\n\nMore. And more.")
    assert not is_sentence("What it is for")
    assert not is_sentence("What it is for. And more.")
    source = Source(Path("chassis/x.py"))
    source.__dict__["text"] = (
        "def long():\n  a = 1\n  b = 2\n  c = 3\n  d = 4\n  e = 5\n  return a\n\ndef short(): ...\n"
    )
    assert list(long_functions(source, 7)) == ["chassis/x.py:1 long has 7 lines"]
    assert [node.name for node in public(source.tree)] == ["long", "short"]
    assert LEFT_OPEN.search("# TODO: later")
    assert len(slices()) >= 3
    assert len(list(texts())) > 100
