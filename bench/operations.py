"""What is measured: each kind of request with the requests it consists of, straight, and as the reference has it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.filling import TELEPHONE, complaint
from bench.loading import Ask
from bench.provider import CHANNELS, Api, Machine

PAGE, DEEP_PAGES = 20, 1000
VARIETY = 500
"""Different requests of one kind, sent in turn."""
LIST = f"/v1/complaints?limit={PAGE}"


@dataclass
class Targets:
    """What requests are about: complaints to read, complaints to acknowledge (each once), notes of the reference."""

    slug: str
    readable: Sequence[str]
    notes: Sequence[str]
    deep: str
    fresh: list[str] = field(default_factory=list)


class Operation(NamedTuple):
    """A kind of request: its name, what it is in words, its requests, and which of the reference it is beside."""

    name: str
    title: str
    asks: Callable[[Targets], list[Ask]]
    reference: str


def _create(targets: Targets) -> list[Ask]:
    bodies = (complaint(CHANNELS[n % len(CHANNELS)], n) for n in range(VARIETY))
    return [Ask("POST", "/v1/complaints", body, 201) for body in bodies]


def _form(targets: Targets) -> list[Ask]:
    path, names = f"/v1/public/{targets.slug}/complaints", ("channel", "title", "words", "category", "language")
    asks = []
    for n in range(VARIETY):
        whole = complaint(CHANNELS[0], n)
        person = whole["parties"][0] | {"email": f"wang.fang.{n}@customer.example"}
        asks.append(Ask("POST", path, {name: whole[name] for name in names} | {"parties": [person]}, 201))
    return asks


def _read(targets: Targets) -> list[Ask]:
    return [
        Ask("GET", f"/v1/complaints/{one}", must=(f'"id":"{one}"', '"words":"The portal was down'))
        for one in targets.readable
    ]


def _list(targets: Targets) -> list[Ask]:
    return [Ask("GET", LIST, must=('"items":[{', '"next":"'))]


def _deep(targets: Targets) -> list[Ask]:
    return [Ask("GET", f"{LIST}&cursor={targets.deep}", must=('"items":[{', '"next":"'))]


def _step(targets: Targets) -> list[Ask]:
    taken, targets.fresh = targets.fresh, []
    return [
        Ask("POST", f"/v1/complaints/{one}/acknowledge", TELEPHONE, must=('"state":"acknowledged"',)) for one in taken
    ]


OPERATIONS = (
    Operation("create", "create", _create, "create"),
    Operation("form", "create by the public form", _form, "create"),
    Operation("read", "read one", _read, "read"),
    Operation("list", f"list of {PAGE}", _list, "list"),
    Operation("deep", f"list of {PAGE}, page {DEEP_PAGES:,} deep", _deep, "list"),
    Operation("step", "a step (acknowledge)", _step, "create"),
)


def reference_asks(name: str, targets: Targets) -> list[Ask]:
    """The requests of the reference: one INSERT, one SELECT by key, one list of 20."""
    names = ("category", "title", "words")
    if name == "create":
        return [Ask("POST", "/notes", {one: complaint("", n)[one] for one in names}, 201) for n in range(VARIETY)]
    if name == "read":
        return [Ask("GET", f"/notes/{one}", must=(one,)) for one in targets.notes]
    return [Ask("GET", f"/notes?limit={PAGE}", must=("[{",))]


def deep_cursor(machine: Machine, complaints: int) -> str:
    """The cursor of the page that is 1,000 pages of 20 deep, or in the middle of a shorter list.

    It is followed in pages of 200, which end where ten pages of 20 would.
    """
    api, largest = Api(machine.gateway, machine.key), min(200, max(PAGE, complaints // 4))
    steps = min(PAGE * DEEP_PAGES, complaints // 2) // largest
    found = api.get("/v1/complaints", limit=largest)
    for _ in range(max(0, steps - 1)):
        found = api.get("/v1/complaints", limit=largest, cursor=found["next"])
    return str(found["next"])
