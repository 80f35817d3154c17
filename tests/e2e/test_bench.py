"""The measuring program from beginning to end, at a size whose figures mean nothing."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.operations import OPERATIONS
from deploy.home import ROOT

pytestmark = pytest.mark.long

ROWS = [f"| {one.title} | {way} |" for one in OPERATIONS for way in ("gateway", "service alone", "reference")]
BUDGETS = (
    "CPU of create",
    "CPU of create ÷ reference",
    "commit → effect, p99",
    "warm start",
    "whole stack after load, PSS",
)
SECONDS = 300


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL, which may run as another user, can pass."""
    with tempfile.TemporaryDirectory(prefix="surety-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def test_a_measurement_ends_with_every_figure_and_leaves_nothing_behind(folder: Path) -> None:
    document = folder / "performance.md"
    document.write_text("Before.\n\n<!-- bench:tiny -->\n<!-- /bench -->\n\nAfter.\n")
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--size", "tiny", "--into", str(document)],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"an answer was wrong: {done.stdout}{done.stderr}"
    text = document.read_text()
    assert text.startswith("Before.\n")
    assert text.endswith("After.\n")
    missing = [row for row in ROWS if text.count(row) != 2]
    assert not missing, f"each row stands in the table of speed and in that of CPU: {missing}"
    assert not [name for name in BUDGETS if f"| {name} |" not in text]
    assert "rows a second" in text
    assert "nan" not in text
    assert [path.name for path in folder.iterdir()] == ["performance.md"]
