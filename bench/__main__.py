"""Measures the whole system on a stack of its own: `make bench`, `make bench size=full`."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from bench import report
from bench.filling import file_patterns, fill
from bench.loading import Load
from bench.operations import OPERATIONS
from bench.provider import prepare
from bench.rounds import measure
from bench.stand import stand
from deploy.processes import StackError


def run(arguments: argparse.Namespace) -> None:
    only = arguments.only
    with stand() as own, Load() as load:
        begun = time.monotonic()
        with own.apart(arguments.complaints):
            print(f"started {time.monotonic() - begun:.1f}", flush=True)
            machine = prepare(own.home, own.gateway)
            patterns = file_patterns(machine)
            asyncio.run(fill(own, patterns, 0, arguments.complaints))
            print(f"filled {time.monotonic() - begun:.1f}", flush=True)
            series = measure(own, machine, load, arguments.complaints, only, arguments.rounds, arguments.seconds)
            print(f"measured {time.monotonic() - begun:.1f}", flush=True)
        print(report.speed(series))
        print(report.cpu(series))


def main(given: Sequence[str]) -> int:
    """The command line."""
    names = [one.name for one in OPERATIONS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", type=lambda text: text.split(","), default=names)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--complaints", type=int, default=10_000)
    try:
        run(parser.parse_args(given))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
