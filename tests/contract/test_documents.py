"""What the documents name exists: files, anchors, make targets, events, services; and the map misses no part."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts import complaints, gateway, projects, risk, satisfaction
from deploy.topology import SERVICES

ROOT = Path(__file__).parents[2]
FOLDERS = ("chassis", "contracts", "deploy", "docs", "gateway", "services", "tests")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))])
EVENTS = {name for module in (complaints, gateway, projects, risk, satisfaction) for name in module.EVENTS}
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"\bmake ([a-z][a-z-]*)")
EVENT = re.compile(rf"\b(?:{'|'.join(SERVICES)})\.[a-z_]+\.[a-z_]+\.v\d+\b")
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def named(document: Path) -> str:
    return str(document.relative_to(ROOT))


def targets() -> set[str]:
    """The targets of the Makefile that say what they do."""
    return set(re.findall(r"^([a-z-]+):.*## ", text_of(ROOT / "Makefile"), re.MULTILINE))


def missing_links(text: str, folder: Path) -> Iterator[str]:
    """Links into the tree that lead nowhere, by file or by heading."""
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        target = folder / path
        if not target.exists() or (anchor and anchor not in headings(text_of(target) if path else text)):
            yield link


def headings(text: str) -> set[str]:
    """The anchors of a document's headings, as they are made on the web."""
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def missing_paths(text: str, entries: set[str]) -> Iterator[str]:
    """Paths between backticks that begin at the top of the tree and are not there; a pattern (<, *, NNNN) is none.

    A file that git is told to ignore is made by whoever runs it.
    """
    ignored = text_of(ROOT / ".gitignore").split()
    for code in CODE.findall(BLOCK.sub("", text)):
        first = code.split("/", 1)[0]
        plain = re.fullmatch(r"[\w.-]+(/[\w.-]*)+", code)
        if not plain or first not in entries or "NNNN" in code or code in ignored:
            continue
        if not (ROOT / code).exists():
            yield code


def missing_targets(text: str) -> set[str]:
    """Make targets that a document names in code and the Makefile lacks."""
    code = "\n".join([*BLOCK.findall(text), *CODE.findall(BLOCK.sub("", text))])
    return set(COMMAND.findall(code)) - targets()


def top() -> set[str]:
    """Files and folders at the top of the tree, but for what tools leave there."""
    left_there = re.compile(r"\.(?!ci$|pre-commit)|__pycache__$|.*\.egg-info$")
    return {path.name for path in ROOT.iterdir() if not left_there.match(path.name)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert list(missing_links(text_of(document), document.parent)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_path_that_is_named_exists(document: Path) -> None:
    assert list(missing_paths(text_of(document), top())) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    assert missing_targets(text_of(document)) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_event_that_is_named_has_a_contract(document: Path) -> None:
    assert set(EVENT.findall(text_of(document))) - EVENTS == set()


def test_the_map_of_the_readme_names_every_part_of_the_tree() -> None:
    shown = text_of(ROOT / "README.md").partition("\n## Map\n")[2].partition("\n## ")[0]
    rows = set(re.findall(r"^\| `([\w/.-]+)` \|", shown, re.MULTILINE))
    folders = {name for name in top() if (ROOT / name).is_dir() and name != "services"}
    services = {f"services/{path.name}" for path in (ROOT / "services").iterdir() if (path / "app.py").exists()}
    assert folders | services <= rows | {".ci"}
    assert all((ROOT / row).exists() for row in rows)


def test_the_readme_introduces_itself_in_both_languages_with_the_two_commands() -> None:
    english, _, chinese = text_of(ROOT / "README.md").partition("## 简体中文\n")
    assert 5 <= len([line for line in english.splitlines() if line and not line.startswith("#")]) <= 6
    chinese = chinese.partition("\n## ")[0]
    assert all(re.search(r"[\u4e00-\u9fff]", line) for line in chinese.split("```")[0].splitlines() if line)
    assert {"make run", "make test"} <= set(re.findall(r"^make \w+", chinese, re.MULTILINE))


DRIFTED = """
# One heading

See [there](nowhere.md), [here](#one-heading) and [not here](#another).
`make run` and `make nonsense`; make sure of it. `chassis/app.py`, `chassis/gone.py`, `contracts/<producer>.py`.

```
make more-nonsense
```
"""


def test_drift_is_noticed() -> None:
    assert list(missing_links(DRIFTED, ROOT)) == ["nowhere.md", "#another"]
    assert list(missing_paths(DRIFTED, top())) == ["chassis/gone.py"]
    assert missing_targets(DRIFTED) == {"nonsense", "more-nonsense"}
    assert EVENT.findall("`risk.signal.raised.v1` and risk.signal.sunk.v1") == [
        "risk.signal.raised.v1",
        "risk.signal.sunk.v1",
    ]
