"""What was promised, held against what is there: pure functions over a history and the evidence."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.evidence import Entry, Evidence, Store
from tests.chaos.history import PASSING, Call, Effort, efforts

ANSWER_SECONDS = 17.0
"""The gateway answers within 15 s; what is beyond that and a little more hung."""
TRANSACTION_SECONDS = 10.0
"""Twice what a transaction may take: beyond that, nobody else can hold a key or a record."""
RECEIVED, ACKNOWLEDGED = "complaints.complaint.received.v1", "complaints.complaint.acknowledged.v1"
RAISED = "risk.signal.raised.v1"
RECORDS = {"complaints": "complaints", "risk": "signals"}


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise: its kind, and the evidence."""

    kind: str
    evidence: str


def check(calls: Sequence[Call], evidence: Evidence) -> list[Violation]:
    """All that is wrong; nothing when every promise was kept."""
    found = (
        *effects(calls, evidence),
        *answers(calls),
        *read_what_was_written(calls),
        *versions(evidence),
        *states(evidence),
        *publication(evidence),
        *reception(evidence),
        *reactions(evidence),
        *(Violation("restless", fact) for fact in evidence.restless),
    )
    return list(found)


def effects(calls: Sequence[Call], evidence: Evidence) -> Iterator[Violation]:
    """Every ok has its effect exactly once, every failed none, every unknown at most one; nothing else is there."""
    filed, acknowledged = _by(evidence.complaints, "category"), _by(evidence.contacts, "template")
    written = {(entry.subject, entry.version): entry.type for entry in evidence.stores["complaints"].journal}
    keyed = efforts(calls)
    for effort in keyed.values():
        token, verb = effort.first.token, effort.first.verb
        effect = (filed if verb == "file" else acknowledged).get(token, [])
        ids = [str(row["id" if verb == "file" else "complaint_id"]) for row in effect]
        told = f"{verb} {token} had {len(effect)} effects {ids}: {'; '.join(call.told for call in effort.calls)}"
        if len(effect) > 1:
            yield Violation("doubled", told)
        elif effort.outcome == "failed" and effect:
            yield Violation("failed and yet there", told)
        elif effort.outcome == "ok":
            yield from _success(effort, effect, ids, written, told)
    tokens = {effort.first.token for effort in keyed.values()}
    for token in sorted((filed.keys() | acknowledged.keys()) - tokens):
        yield Violation("unasked", f"{token} is there, and nobody asked for it")


def _success(
    effort: Effort,
    effect: Sequence[Mapping[str, Any]],
    ids: list[str],
    written: Mapping[tuple[str, int], str],
    told: str,
) -> Iterator[Violation]:
    success = effort.success
    assert success is not None
    if not effect:
        yield Violation("lost", told)
        return
    number = effect[0].get("receipt_number")
    if ids != [success.record_id] or (number is not None and number != success.receipt_number):
        yield Violation("another answer", f"the answer names another record than is there: {told}")
    kind = RECEIVED if effort.first.verb == "file" else ACKNOWLEDGED
    if written.get((str(success.record_id), success.version or 0)) != kind:
        yield Violation("journal", f"version {success.version} was told, and the journal has no such {kind}: {told}")


def answers(calls: Sequence[Call]) -> Iterator[Violation]:
    """No call hung, no key is stuck; a repeated key gets the first answer; whatever fails is a proper problem."""
    for call in calls:
        if call.ended - call.begun > ANSWER_SECONDS:
            yield Violation("hung", f"no answer for {call.ended - call.begun:.1f} s: {call.told}")
        for flaw in call.flaws:
            yield Violation("improper problem", f"{flaw}: {call.told}")
    for effort in efforts(calls).values():
        first, last, success = effort.first, effort.tries[-1], effort.success
        if last.problem in PASSING and last.begun - first.ended > TRANSACTION_SECONDS:
            yield Violation("stuck", f"the key is still in use, {last.begun - first.ended:.1f} s later: {last.told}")
        again = [call for call in effort.calls if success and call.begun > success.begun and call.outcome != "unknown"]
        for call in again:
            if success and (call.status, call.answer) != (success.status, success.answer):
                yield Violation("another answer", f"the same key was answered by {success.told}, and then {call.told}")


def read_what_was_written(calls: Sequence[Call]) -> Iterator[Violation]:
    """Whoever was told of a version reads that one or a newer one afterwards."""
    told: dict[tuple[int, str], tuple[int, Call]] = {}
    for call in sorted(calls, key=lambda one: one.begun):  # the calls of a client follow each other
        if call.outcome != "ok" or call.record_id is None or call.version is None or call.replay:
            continue
        known = told.get((call.client, call.record_id))
        if call.verb == "read" and known and call.version < known[0]:
            yield Violation("stale", f"version {call.version} was read after {known[0]}: {known[1].told}; {call.told}")
        if known is None or call.version > known[0]:
            told[call.client, call.record_id] = (call.version, call)


def versions(evidence: Evidence) -> Iterator[Violation]:
    """The journal counts each record's versions from 1 without a gap, up to the version that the record has."""
    records: dict[str, Mapping[str, int]] = {
        service: {str(row["id"]): row["version"] for row in getattr(evidence, name)}
        for service, name in RECORDS.items()
    }
    for service, store in evidence.stores.items():
        journal = _by_subject(store)
        for subject, entries in journal.items():
            counted = [entry.version for entry in entries]
            if counted != list(range(1, len(counted) + 1)):
                yield Violation("versions", f"the journal of {service} counts {subject} as {counted}")
        for subject, version in records.get(service, {}).items():
            if len(journal.get(subject, ())) != version:
                yield Violation("versions", f"{subject} of {service} has version {version}, its journal another")


def states(evidence: Evidence) -> Iterator[Violation]:
    """The state of each record is what its journal tells, and nothing is told of a record that is not there."""
    journal = _by_subject(evidence.stores["complaints"])
    contacts = Counter(str(row["entry_id"]) for row in evidence.contacts)
    for row in evidence.complaints:
        entries = journal.pop(str(row["id"]), [])
        types = [entry.type for entry in entries]
        last = entries[-1].data.get("state") if entries else None
        steps = {"received": [RECEIVED], "acknowledged": [RECEIVED, ACKNOWLEDGED]}[row["state"]]
        if types != steps or last != row["state"] or (row["acknowledged_at"] is None) != (row["state"] == "received"):
            yield Violation(
                "journal", f"complaint {row['id']} is {row['state']}, and its journal tells {types}, {last}"
            )
        for entry in entries:
            if entry.type == ACKNOWLEDGED and contacts.pop(entry.id, 0) != 1:
                yield Violation("journal", f"complaint {row['id']} was acknowledged by {entry.id} without its contact")
    for subject in journal:
        yield Violation("journal", f"the journal of complaints tells of {subject}, which is not there")
    for entry_id in contacts:
        yield Violation("journal", f"a contact belongs to {entry_id}, which the journal does not have")


def publication(evidence: Evidence) -> Iterator[Violation]:
    """Every outbox is empty, and every journal entry that is young enough is in its stream; nothing else is."""
    for service, store in evidence.stores.items():
        if store.waiting:
            yield Violation("unpublished", f"{store.waiting} entries of {service} still wait in its outbox")
        young = [entry for entry in store.journal if entry.at > evidence.kept_since]
        missing = [entry.id for entry in young if entry.id not in store.stream]
        if missing:
            yield Violation("stream", f"the stream of {service} lacks {len(missing)} entries: {missing[:5]}")
        phantoms = sorted(store.stream - {entry.id for entry in store.journal})
        if phantoms:
            yield Violation("stream", f"the stream of {service} tells what never happened: {phantoms[:5]}")


def reception(evidence: Evidence) -> Iterator[Violation]:
    """The inbox of each consumer has each event that it heeds exactly once, and no delivery was given up."""
    for service, store in evidence.stores.items():
        told = [entry.id for one in evidence.stores.values() for entry in one.journal if entry.type in store.heeds]
        kept = Counter(store.inbox)
        missing = [event for event in told if event not in kept]
        if missing:
            yield Violation("inbox", f"the inbox of {service} lacks {len(missing)} events: {missing[:5]}")
        often = [event for event, times in kept.items() if times > 1]
        if often:
            yield Violation("inbox", f"the inbox of {service} has some events more than once: {often[:5]}")
        strange = sorted(kept.keys() - set(told))
        if strange:
            yield Violation("inbox", f"the inbox of {service} has events that nobody told of: {strange[:5]}")
        for reason in store.dead_letters:
            yield Violation("dead letter", f"{service} gave a delivery up: {reason}")


def reactions(evidence: Evidence) -> Iterator[Violation]:
    """Each complaint with a concern raised one signal, any other none, and each signal is told in its journal once."""
    raised = Counter(str(row["source_id"]) for row in evidence.signals)
    concerned = {str(row["id"]) for row in evidence.complaints if row["concerns"]}
    for source in sorted(concerned | raised.keys()):
        due = int(source in concerned)
        if raised[source] != due:
            yield Violation("reaction", f"complaint {source} raised {raised[source]} signals, and ought to raise {due}")
    journal = _by_subject(evidence.stores["risk"])
    for row in evidence.signals:
        types = [entry.type for entry in journal.pop(str(row["id"]), [])]
        if types != [RAISED]:
            yield Violation("reaction", f"signal {row['id']} is told in its journal as {types}")
    for subject in journal:
        yield Violation("reaction", f"the journal of risk tells of {subject}, which is not there")


def _by(rows: Iterable[Mapping[str, Any]], name: str) -> dict[str, list[Mapping[str, Any]]]:
    """Rows by a column, those without a value left out."""
    found: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row[name] is not None:
            found[str(row[name])].append(row)
    return dict(found)


def _by_subject(store: Store) -> dict[str, list[Entry]]:
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(store.journal, key=lambda one: one.version):
        found[entry.subject].append(entry)
    return dict(found)
