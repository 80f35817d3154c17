"""Events: one frozen shape each, names by the rule, ids and codes only, and nothing but optional fields ever added."""

import copy
import importlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, get_args

import pytest
from pydantic import BaseModel

from contracts.base import Event
from contracts.clauses import CLAUSES
from contracts.gateway import ProviderState
from deploy.documents import SHAPES, DocumentError, event_shapes, shape_texts
from deploy.shapes import shape_of, widening_faults
from deploy.topology import SERVICES
from tests.make.operations import description_of

MODULES = {service: importlib.import_module(f"contracts.{service}") for service in SERVICES}
EVENTS = [event for module in MODULES.values() for event in module.EVENTS.values()]
TYPE = re.compile(r"[a-z]+\.[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*\.v[1-9][0-9]*")
PERSONAL = re.compile(
    r"name|phone|mobile|mail|address|birth|gender|sex|passport|identity|wechat|contact$|words|text|comment|note"
    r"|description|reason$|title|subject|person$|party$|parties|sealed|secret|password|code_hash|_key$"
)
# Each holds a code, a number, a hash or a name of the standard's terms; a free text here would reach every consumer.
CODES = {
    "cause",
    "binds", "serves",
    "Attached.media_type", "Attached.purpose", "Attached.sha256", "Attached.stored_sha256", "ExternalReference.id",
    "ExternalReference.system", "WorkingCalendar.days", "category", "channel", "code", "content_hash", "data_class",
    "fault", "kind", "receipt_number", "record_type", "reference", "region", "roles", "rows", "scopes", "sha256",
    "slug", "source_kind", "source_service", "source_type", "state", "template", "template_version", "time_zone",
    "working_hours",
    "origin", "competence", "duty", "post", "service", "ground", "destination", "awaited", "objection", "control",
    "improvement", "dossier_sha256", "last_sha256", "staff_number",
}  # fmt: skip
# The provider is an organisation; its name is public.
OF_THE_PROVIDER = {event.TYPE: {"name"} for event in EVENTS if issubclass(event, ProviderState)}

every_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TYPE)


def fields_of(model: type[BaseModel], where: str = "") -> Iterator[tuple[str, Any]]:
    """Names and types of a contract's fields, those of its parts with the part's name before them."""
    for name, field in model.model_fields.items():
        yield f"{where}{name}", field.annotation
        for part in parts_of(field.annotation):
            yield from fields_of(part, f"{part.__name__}.")


def parts_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models within a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_of(argument)


def free(annotation: Any) -> bool:
    """Whether a type admits any text."""
    return (
        annotation is str
        or annotation is Any
        or any(free(one) for one in get_args(annotation) if one is not annotation)
    )


def contracts_in(service: str) -> set[type[Event]]:
    """Every event class with a type of its own that a module of contracts declares for a producer."""
    modules = [importlib.import_module(f"contracts.{file.stem}") for file in SHAPES.parent.glob("*.py")]
    return {event for module in modules for event in events_of(module) if event.producer() == service}


def events_of(module: ModuleType) -> Iterator[type[Event]]:
    """The event classes with a type of their own that a module itself declares."""
    events = (one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Event))
    yield from (one for one in events if "TYPE" in vars(one) and one.__module__ == module.__name__)


@every_event
def test_an_event_has_its_frozen_shape(event: type[Event]) -> None:
    file = SHAPES / f"{event.TYPE}.json"
    assert file.exists(), "run `make shapes`: what is not frozen changes unseen"
    frozen = json.loads(file.read_text(encoding="utf-8"))
    faults = list(widening_faults(frozen, shape_of(event)))
    assert not faults, f"events of the old shape lie in streams and journals: make it {event.TYPE[:-1]}…: {faults}"


def test_every_frozen_shape_belongs_to_an_event() -> None:
    assert {file.stem for file in SHAPES.glob("*.json")} == {event.TYPE for event in EVENTS}
    assert event_shapes().keys() == {event.TYPE for event in EVENTS}


@pytest.mark.parametrize("service", SERVICES)
def test_every_contract_is_in_the_registry_of_its_producer(service: str) -> None:
    module = MODULES[service]
    assert contracts_in(service) == set(module.EVENTS.values())
    assert description_of(service).events == module.EVENTS
    for type_, event in module.EVENTS.items():
        assert type_ == event.TYPE
        assert event.producer() == service, f"{type_} stands in contracts/{service}.py"


@every_event
def test_a_type_is_service_noun_happened_version(event: type[Event]) -> None:
    assert TYPE.fullmatch(event.TYPE), event.TYPE
    noun, happened = event.TYPE.split(".")[1:3]
    camel = "".join(word.title() for word in f"{noun}_{happened}".split("_"))
    assert event.__name__ == camel, "class and type say the same, so that one is found by the other"
    assert event.CLAUSE is None or event.CLAUSE in CLAUSES
    assert event.__doc__


@every_event
def test_an_event_holds_ids_codes_numbers_and_times_only(event: type[Event]) -> None:
    own = OF_THE_PROVIDER.get(event.TYPE, set())
    for name, annotation in fields_of(event):
        assert name in own or not PERSONAL.search(name), f"{name}: personal data stays in the slice's sealed rows"
        assert name in own | CODES or not free(annotation), (
            f"{name} takes any text; if it is a code by its writer's rule, enter it in CODES, else leave it out"
        )


@every_event
def test_a_reader_passes_over_fields_that_were_added_after_it(event: type[Event]) -> None:
    assert event.model_config["extra"] == "ignore"
    assert event.model_config["frozen"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reacts_to_events_of_contracts_only(service: str) -> None:
    wanted = {event for reaction in description_of(service).reactions for event in reaction.events}
    assert wanted <= set(EVENTS)
    assert service not in {event.producer() for event in wanted}, "what happens in a service is done in its transaction"


class Part(BaseModel):
    """A part of the event of these tests."""

    system: str


class Happened(Event):
    """The event of these tests."""

    TYPE: ClassVar[str] = "risk.signal.weighed.v1"

    number: int
    weight: int | None
    part: Part
    late: bool = False


Change = Callable[[dict[str, Any]], Any]

REFUSED: dict[str, Change] = {
    "a field removed": lambda shape: shape["properties"].pop("number"),
    "a field of another type": lambda shape: shape["properties"].update(number={"type": "string"}),
    "a field that may be null now": lambda shape: shape["properties"].update(
        number={"anyOf": [{"type": "integer"}, {"type": "null"}]}
    ),
    "a field that may be null no more": lambda shape: shape["properties"].update(weight={"type": "integer"}),
    "a field added that is needed": lambda shape: (
        shape["properties"].update(more={"type": "integer"}),
        shape["required"].append("more"),
    ),
    "an optional field needed": lambda shape: shape["required"].append("late"),
    "a needed field left out": lambda shape: shape["required"].remove("number"),
    "a field of a part removed": lambda shape: shape["$defs"]["Part"]["properties"].pop("system"),
    "a part removed": lambda shape: shape.pop("$defs"),
    "a list of it": lambda shape: shape.update(type="array"),
}
ADMITTED: dict[str, Change] = {
    "nothing": lambda shape: None,
    "an optional field added": lambda shape: shape["properties"].update(more={"type": "integer", "default": 0}),
    "an optional field of a part added": lambda shape: shape["$defs"]["Part"]["properties"].update(
        more={"type": "integer", "default": 0}
    ),
    "fields in another order": lambda shape: shape.update(properties=dict(reversed(shape["properties"].items()))),
}


def changed(change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
    """The shape of the event before and after a change."""
    frozen = shape_of(Happened)
    shape = copy.deepcopy(frozen)
    change(shape)
    return frozen, shape


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_a_change_that_breaks_a_reader_or_a_writer_is_refused(change: Change) -> None:
    assert list(widening_faults(*changed(change)))


@pytest.mark.parametrize("change", ADMITTED.values(), ids=ADMITTED)
def test_an_optional_addition_is_admitted(change: Change) -> None:
    assert list(widening_faults(*changed(change))) == []


def test_a_shape_that_would_break_is_not_written_over_the_frozen_one(tmp_path: Path) -> None:
    for file, text in shape_texts().items():
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    assert shape_texts(tmp_path).keys() == {tmp_path / f"{event.TYPE}.json" for event in EVENTS}
    broken = tmp_path / "risk.signal.raised.v1.json"
    shape = json.loads(broken.read_text(encoding="utf-8"))
    shape["properties"]["weight"] = {"type": "integer"}
    broken.write_text(json.dumps(shape), encoding="utf-8")
    with pytest.raises(DocumentError, match="the field weight is gone"):
        shape_texts(tmp_path)


def test_fields_of_parts_and_free_texts_are_seen() -> None:
    assert [name for name, _ in fields_of(Happened)] == ["number", "weight", "part", "Part.system", "late"]
    assert free(str)
    assert free(list[str] | None)
    assert free(dict[str, Any])
    assert not free(int | None)
    for name in ("name", "telephone", "email", "words", "contact", "wrapped_key"):
        assert PERSONAL.search(name), name
    for name in ("contact_id", "party_id", "person_id", "reasons", "source_id", "method"):
        assert not PERSONAL.search(name), name
