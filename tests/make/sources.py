"""The Python sources of the tree, read and parsed once, for tests of what holds for all of them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Source:
    """One file; `path` is relative to the root of the tree."""

    path: Path

    @cached_property
    def text(self) -> str:
        """The file as it stands."""
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """The package that relative imports in the file start from."""
        return ".".join(self.path.parent.parts)

    def at(self, node: ast.expr | ast.stmt) -> str:
        """Where a node stands, as `path:line`."""
        return f"{self.path}:{node.lineno}"


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file below folders of the tree, in a fixed order."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple(Source(path.relative_to(ROOT)) for path in found)


def imported(source: Source, tree: ast.AST | None = None) -> Iterator[tuple[str, ast.stmt]]:
    """Full names of what a file imports, anywhere in it: modules, and names out of modules."""
    for node in ast.walk(tree or source.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            outer = source.package.split(".")[: len(source.path.parent.parts) + 1 - node.level] if node.level else []
            module = ".".join([*outer, *([node.module] if node.module else [])])
            yield from ((f"{module}.{alias.name}", node) for alias in node.names)


def at_run_time(tree: ast.Module) -> ast.Module:
    """The same module without what stands under `if TYPE_CHECKING:`."""
    body = [node for node in tree.body if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")]
    return ast.Module(body, tree.type_ignores)
