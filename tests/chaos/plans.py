"""What each client means to do: an endless sequence of operations that follows from the seed alone."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.chaos.history import Verb

ACKNOWLEDGED, READ = 0.25, 0.20
"""Shares of the operations; the rest files."""
CONCERNED, WORDLESS, SHARED = 0.4, 0.04, 0.06
"""Shares of what is filed: with a concern, without words (refused), with one of a few numbers that clash."""
NUMBERS = 40
RETRIED, REPLAYED = 0.75, 0.25


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a client does; `target` is the place of the operation that filed what it is about.

    `retried`: as long as the outcome is unknown. `replayed`: once more after it was answered with 2xx.
    """

    place: int
    verb: Verb
    token: str
    key: str
    body: dict[str, Any]
    concerned: bool = False
    target: int | None = None
    retried: bool = True
    replayed: bool = False


def operations(seed: int, client: int) -> Iterator[Operation]:
    """The operations of one client."""
    chance, place, filed = random.Random(f"{seed} client {client}"), 0, list[int]()
    while True:
        place += 1
        token, key = f"s{seed}c{client}n{place}", str(UUID(int=chance.getrandbits(128), version=4))
        retried, replayed = chance.random() < RETRIED, chance.random() < REPLAYED
        kind = chance.random()
        if filed and kind < ACKNOWLEDGED + READ:
            target = chance.choice(filed[-10:])
            verb: Verb = "acknowledge" if kind < ACKNOWLEDGED else "read"
            body = {"method": "letter", "template": token} if verb == "acknowledge" else {}
            yield Operation(place, verb, token, key, body, target=target, retried=retried, replayed=replayed)
            continue
        concerned, odd = chance.random() < CONCERNED, chance.random()
        body = _complaint(token, concerned=concerned, odd=odd, number=chance.randrange(NUMBERS))
        yield Operation(place, "file", token, key, body, concerned, retried=retried, replayed=replayed)
        if retried and odd >= WORDLESS + SHARED:
            filed.append(place)


def _complaint(token: str, *, concerned: bool, odd: float, number: int) -> dict[str, Any]:
    """A complaint to file; the category, which is kept in clear, is its token."""
    body: dict[str, Any] = {
        "title": f"Chaos {token}",
        "words": "" if odd < WORDLESS else f"The portal is down ({token}).",
        "parties": [{"name": f"Person {token}", "address": f"Street {token}"}],
        "category": token,
        "concerns": ["security"] if concerned else [],
    }
    if WORDLESS <= odd < WORDLESS + SHARED:
        body["external_reference"] = {"system": "chaos", "id": f"N{number}"}
    return body
