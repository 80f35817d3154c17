"""What the clients noted: each call with its key, its time and its outcome, and the calls of one key together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Verb = Literal["file", "acknowledge", "read"]
Outcome = Literal["ok", "failed", "unknown"]
OUTCOMES: tuple[Outcome, ...] = ("ok", "failed", "unknown")

PASSING = frozenset({"urn:surety:problem:in_progress", "urn:surety:problem:busy"})
"""Refusals with 409 that tell nothing of the effect of the key: another try of it is on its way."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call of one client, times in seconds from the beginning of the run.

    `token` is unique for each key and stands in clear in what the call makes. `status` is None when there was no whole
    answer, and `fault` says why. `answer` is the SHA-256 of the answer's body; `flaws` is what is wrong with a problem.
    """

    client: int
    place: int
    verb: Verb
    key: str
    token: str
    body: str
    begun: float
    ended: float
    status: int | None
    fault: str | None = None
    problem: str | None = None
    answer: str | None = None
    record_id: str | None = None
    version: int | None = None
    receipt_number: str | None = None
    concerned: bool = False
    replay: bool = False
    flaws: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Ok (2xx), failed (4xx), or unknown: 5xx, a time-out, no answer."""
        if self.status is None or self.status >= 500:
            return "unknown"
        return "ok" if self.status < 300 else "failed"

    @property
    def told(self) -> str:
        """The call as evidence."""
        what = " ".join(str(one) for one in (self.status or self.fault, self.problem, self.record_id) if one)
        again = " once more" if self.replay else ""
        return (
            f"client {self.client} call {self.place} at {self.begun:.2f}–{self.ended:.2f} s, {self.verb} {self.token}"
            f"{again}, key {self.key}, body {self.body[:12]}: {what}"
        )


@dataclass(frozen=True, slots=True)
class Effort:
    """All tries of one key."""

    calls: Sequence[Call]

    @property
    def first(self) -> Call:
        """The first try, which says what was asked for."""
        return self.calls[0]

    @property
    def tries(self) -> list[Call]:
        """The tries but for those that asked again for an answer that was known."""
        return [call for call in self.calls if not call.replay]

    @property
    def success(self) -> Call | None:
        """The first try that was answered with 2xx."""
        return next((call for call in self.tries if call.outcome == "ok"), None)

    @property
    def outcome(self) -> Outcome:
        """That of the key as a whole: one ok makes it ok; a refusal says nothing of an earlier try that is unknown."""
        outcomes = {call.outcome for call in self.tries}
        if "ok" in outcomes:
            return "ok"
        return "unknown" if "unknown" in outcomes else "failed"


def efforts(calls: Iterable[Call]) -> Mapping[str, Effort]:
    """The calls that change something, by their key, each in the order in which they began."""
    keyed: defaultdict[str, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda one: one.begun):
        if call.verb != "read":
            keyed[call.key].append(call)
    return {key: Effort(tuple(tries)) for key, tries in keyed.items()}
