"""Chaos by a seed: `python -m tests.chaos [minutes=1] [seed=…]`; the exit code is 0 when every promise was kept."""

import random
import sys

from tests.chaos.run import run


def main(arguments: list[str]) -> int:
    """The command line; without a seed one is drawn, and the report names it."""
    given = dict(argument.partition("=")[::2] for argument in arguments)
    try:
        minutes, seed = float(given.pop("minutes", "") or 1), int(given.pop("seed", "") or random.randrange(10_000))
    except ValueError:
        given["?"] = ""
    if given or not 0 < minutes <= 600:
        print(__doc__, file=sys.stderr)
        return 2
    print(f"Chaos with seed {seed} for {60 * minutes:g} s; a stack of its own is started first.", flush=True)
    report = run(seed, 60 * minutes, keep_logs=True)
    print(*report.lines(), sep="\n")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
