"""Measures the whole system on a stack of its own: `make bench`, `make bench size=full`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import report
from bench.loading import Load
from bench.operations import OPERATIONS
from bench.program import EFFECT, IMPORT, SIZES, find
from bench.stand import stand
from deploy.home import ROOT
from deploy.topology import StackError

ALL = (*(one.name for one in OPERATIONS), IMPORT, EFFECT)
DOCUMENT = ROOT / "docs" / "performance.md"


def run(told: argparse.Namespace) -> None:
    """Measure, print, and write down what is whole."""
    size = SIZES[told.size]
    with stand() as own, Load() as load:
        found = find(own, load, size, told.only, told.rounds or size.rounds)
    written = report.whole(found)
    print(f"\n{written}")
    if set(told.only) == set(ALL):
        text = told.into.read_text(encoding="utf-8") if told.into.exists() else ""
        told.into.write_text(report.put(text, told.size, written), encoding="utf-8")


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(ALL):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: known are {', '.join(ALL)}")
    return names


def main(given: Sequence[str]) -> int:
    """The command line; the exit code is 0 when every answer was right."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--only", type=_names, default=list(ALL), help=f"some of {','.join(ALL)}; nothing is written")
    parser.add_argument("--rounds", type=int, help="instead of the size's own")
    parser.add_argument("--into", type=Path, default=DOCUMENT, help="the document that has the tables")
    os.umask(0o077)
    try:
        run(parser.parse_args(given))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
