"""`make fuzz`: fuzzes a stack of its own and says what was found; `seed=7 examples=200` for another campaign."""

import sys

from tests.fuzz.campaign import campaign

DEFAULTS = {"seed": 1, "examples": 20}


def main(arguments: list[str]) -> int:
    """The command line; 0 when every check held for every caller."""
    try:
        given = {name: int(value) for name, _, value in (one.partition("=") for one in arguments if one[-1:] != "=")}
        chosen = DEFAULTS | given
        if chosen.keys() != DEFAULTS.keys():
            raise ValueError(arguments)
        outcomes = campaign(chosen["seed"], chosen["examples"])
    except ValueError:
        print(__doc__, file=sys.stderr)
        return 2
    for outcome in outcomes:
        if not outcome.clean:
            print(outcome.report)
    print(f"seed={chosen['seed']} examples={chosen['examples']}")
    for outcome in outcomes:
        print(f"{'ok    ' if outcome.clean else 'FAILED'}  {outcome.summary}")
    return 0 if all(outcome.clean for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
