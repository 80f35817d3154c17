"""Every built feature and every clause that the code claims has a test, and nothing names an unknown one."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from contracts.clauses import CLAUSES, REQUIREMENTS

ROOT = Path(__file__).parents[2]
CODE = ("chassis", "contracts", "services", "gateway")
FEATURES = frozenset(tomllib.loads((ROOT / "docs/features.toml").read_text(encoding="utf-8"))["features"])
KNOWN_CLAUSES = CLAUSES.keys() | REQUIREMENTS.keys()
REQUIREMENT = re.compile(r"\d\.\d-\d+")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Named(NamedTuple):
    """An id (of a feature, clause or requirement) and the place in the sources that names it."""

    id: str
    place: str


def marks(source: str, mark: str, path: str) -> Iterator[Named]:
    """Ids in the `pytest.mark.<mark>(…)` of test functions, test classes, their parameters and `pytestmark`."""
    for node in ast.walk(ast.parse(source)):
        for expression in marking(node):
            for call in ast.walk(expression):
                if isinstance(call, ast.Call) and is_mark(call.func, mark):
                    yield from (Named(written(argument, path), at(path, argument)) for argument in call.args)


def marking(node: ast.AST) -> list[ast.expr]:
    """The expressions that may mark tests: decorators of a test function or class, the value of `pytestmark`."""
    if isinstance(node, Definition) and node.name.lower().startswith("test"):
        return node.decorator_list
    if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["pytestmark"]:
        return [node.value]
    return []


def is_mark(function: ast.expr, mark: str) -> bool:
    return isinstance(function, ast.Attribute) and ast.unparse(function).endswith(f"mark.{mark}")


def written(argument: ast.expr, path: str) -> str:
    """The id as it stands in the source; a name would hide from a reader what a test shows."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    raise AssertionError(f"{at(path, argument)}: write the id itself, not {ast.unparse(argument)}")


def claims(source: str, path: str) -> list[Named]:
    """Clauses that code claims: `clause="…"` in a call, `CLAUSE = "…"`, the third argument of an Objection.

    A requirement's id is taken for a claim wherever it stands, for nothing else looks like it.
    """
    values = [value for node in ast.walk(ast.parse(source)) for value in claiming(node)]
    found = (value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str))
    return list(dict.fromkeys(Named(str(value.value), at(path, value)) for value in found))


def claiming(node: ast.AST) -> list[ast.expr]:
    """The expressions of a node that stand where a clause is claimed."""
    if isinstance(node, ast.Call):
        third = node.args[2:3] if ast.unparse(node.func).endswith("Objection") else []
        return third + [keyword.value for keyword in node.keywords if keyword.arg == "clause"]
    if isinstance(node, ast.Constant) and REQUIREMENT.fullmatch(str(node.value)):
        return [node]
    if isinstance(node, ast.Assign) and any(ast.unparse(target) == "CLAUSE" for target in node.targets):
        return [node.value]
    if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "CLAUSE" and node.value:
        return [node.value]
    return []


def at(path: str, node: ast.expr) -> str:
    return f"{path}:{node.lineno}"


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    """The text and path of every Python file below folders of the tree."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))


MARKED_FEATURES = [named for text, path in sources("tests") for named in marks(text, "feature", path)]
MARKED_CLAUSES = [named for text, path in sources("tests") for named in marks(text, "clause", path)]
CLAIMED_CLAUSES = [named for text, path in sources(*CODE) for named in claims(text, path)]


def unknown(named: list[Named], known: frozenset[str] | set[str]) -> list[str]:
    return [f"{place} names {id_}" for id_, place in named if id_ not in known]


def shown(clause: str, tested: frozenset[str]) -> bool:
    """Whether a test shows a clause: itself, or one of the requirements it consists of."""
    parts = CLAUSES[clause].requirements if clause in CLAUSES else ()
    return clause in tested or any(part.id in tested for part in parts)


def test_every_feature_that_is_listed_as_built_has_a_test() -> None:
    untested = sorted(FEATURES - {named.id for named in MARKED_FEATURES})
    assert not untested, f'listed in docs/features.toml, but no test is marked @pytest.mark.feature("…"): {untested}'


def test_every_clause_that_code_claims_has_a_test() -> None:
    tested = frozenset(named.id for named in MARKED_CLAUSES)
    untested = [f"{place} claims {id_}" for id_, place in CLAIMED_CLAUSES if not shown(id_, tested)]
    assert not untested, f'no test is marked @pytest.mark.clause("…") for what the code claims: {untested}'


def test_tests_name_only_features_that_are_listed_as_built() -> None:
    assert not unknown(MARKED_FEATURES, FEATURES), "enter the feature in docs/features.toml or correct the mark"


def test_tests_name_only_known_clauses() -> None:
    assert not unknown(MARKED_CLAUSES, KNOWN_CLAUSES), "contracts/clauses.toml does not know the clause"


def test_code_names_only_known_clauses() -> None:
    assert not unknown(CLAIMED_CLAUSES, KNOWN_CLAUSES), "contracts/clauses.toml does not know the clause"


MARKED_TESTS = """
pytestmark = [pytest.mark.feature("C1")]

@pytest.mark.feature("C2", "C3")
@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.feature("C4"))])
async def test_one(n): ...

class TestMany:
    @mark.feature("C5")
    def test_two(self): ...

@pytest.mark.feature("C6")
def builder(): ...

@pytest.mark.long
@pytest.mark.clause("8.2")
def test_three(): "C7"
"""


def test_a_mark_counts_on_a_test_and_nowhere_else() -> None:
    assert {named.id for named in marks(MARKED_TESTS, "feature", "x.py")} == {"C1", "C2", "C3", "C4", "C5"}
    assert list(marks(MARKED_TESTS, "clause", "x.py")) == [Named("8.2", "x.py:16")]


def test_a_mark_whose_id_is_not_written_out_is_refused() -> None:
    with pytest.raises(AssertionError, match="write the id itself"):
        list(marks("@pytest.mark.feature(BUILT)\ndef test_one(): ...", "feature", "x.py"))


CLAIMING_CODE = """
class Received(Event):
    CLAUSE: ClassVar[str | None] = "8.2"

class Changed(Event):
    CLAUSE = None

LIFECYCLE = Lifecycle(close=Step({OPEN}, CLOSED, clause="8.3"), note=Step({OPEN}, None, clause=elsewhere))

def has_contact(record):
    return Objection("no_contact", Text("a", "b"), "8.4") or errors.Objection("x", Text("7.1", "b"), "8.2-7")

def has_limits(record):
    "Not 8.2-8."
    return missing(record, "limits", "8.2-9")
"""


def test_a_clause_counts_as_claimed_wherever_code_may_claim_one() -> None:
    found = [named.id for named in claims(CLAIMING_CODE, "x.py")]
    assert sorted(found) == ["8.2", "8.2-7", "8.2-9", "8.3", "8.4"]


def test_a_clause_is_shown_by_a_test_of_one_of_its_requirements_but_never_by_its_parent() -> None:
    assert shown("8.2", frozenset({"8.2-6"}))
    assert not shown("8.2-6", frozenset({"8.2"}))
    assert not shown("8.2", frozenset({"8"}))
