"""Who is struck when: follows from the seed alone, and strikes each kind at least once in a minute."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.topology import SERVICES

ROUND = 60.0
"""Seconds in which each kind of victim has its turn."""
CALM = 2.0
"""Seconds at the beginning, in which something is filed that can be lost."""
STOPPED = ("gateway", "complaints", "risk")
"""Who may stand still for a while: whoever the clients' work goes through."""
KINDS = ("nats", "postgres", *SERVICES, "relay", "session", "stop", "wipe")


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault: when (seconds from the beginning, or as soon after that as there is something to strike), and whom.

    `whom` is a process of the stack for `stop`, the kind itself for what can only strike one.
    """

    at: float
    kind: str
    whom: str


def schedule(seed: int, seconds: float, kinds: Sequence[str] = KINDS) -> list[Strike]:
    """The faults of a run: round after round all kinds, each time in another order, with uneven pauses between them."""
    chance = random.Random(f"{seed} victims")
    strikes, begun = [], 0.0
    while begun < seconds:
        length = min(ROUND, seconds - begun)
        gap = (length - CALM) / len(kinds)
        for place, kind in enumerate(chance.sample(list(kinds), len(kinds))):
            at = begun + CALM + gap * (place + 0.5 * chance.random())
            strikes.append(Strike(round(at, 2), kind, chance.choice(STOPPED) if kind == "stop" else kind))
        begun += length
    return strikes
