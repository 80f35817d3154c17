"""What a frozen event may become, and what the generated documents refuse."""

import json
from pathlib import Path
from typing import ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel

from contracts.base import Event
from deploy import documents
from deploy.documents import DocumentError, merged_openapi, shape_texts
from deploy.shapes import shape_of, widening_faults


class Place(BaseModel):
    """Where."""

    town: str


class Moved(Event):
    """Something was moved."""

    TYPE: ClassVar[str] = "risk.thing.moved.v1"

    thing_id: UUID
    state: Literal["here", "there"]
    place: Place
    note: str | None = None


class MovedWithMore(Moved):
    """The same, and described otherwise."""

    by: UUID | None = None


class WiderPlace(Place):
    """Where, and which street."""

    street: str | None = None


def faults(new: type[BaseModel]) -> list[str]:
    return list(widening_faults(shape_of(Moved), shape_of(new)))  # type: ignore[arg-type]


def changed(**fields: object) -> type[BaseModel]:
    """The event with fields of another kind, needed unless they have a default."""
    kept = {"thing_id": UUID, "state": Literal["here", "there"], "place": Place}
    annotations = {name: kind for name, kind in {**kept, "note": str | None, **fields}.items() if kind is not None}
    default = {"note": None} if "note" not in fields else {}
    return type("Moved", (Event,), {"__annotations__": annotations, "__module__": __name__, **default})


def test_an_optional_field_more_and_other_words_are_no_fault() -> None:
    assert faults(MovedWithMore) == []
    assert faults(Moved) == []


def test_words_for_people_are_no_part_of_a_shape() -> None:
    assert "description" not in json.dumps(shape_of(Moved))
    assert list(shape_of(Moved)["properties"]) == ["thing_id", "state", "place", "note"]


FAULTS: dict[str, tuple[dict[str, object], list[str]]] = {
    "a field gone": ({"state": None}, ["the field state is gone"]),
    "another kind": ({"thing_id": str}, ["the field thing_id has changed"]),
    "a value more": ({"state": Literal["here", "there", "gone"]}, ["the field state has changed"]),
    "a needed field more": ({"by": UUID}, ["the field by is needed, and was not"]),
    "an optional field that is needed": ({"note": str | None}, ["the field note is needed, and was not"]),
}


@pytest.mark.parametrize(("fields", "expected"), FAULTS.values(), ids=FAULTS)
def test_anything_else_is_a_fault(fields: dict[str, object], expected: list[str]) -> None:
    found = faults(changed(**fields))
    assert [fault for fault in expected if fault not in found] == []


def test_a_part_of_an_event_is_held_to_the_same() -> None:
    frozen = shape_of(Moved)
    narrower = json.loads(json.dumps(frozen))
    narrower["$defs"]["Place"]["properties"]["street"] = {"type": "string"}
    assert list(widening_faults(frozen, narrower)) == []
    narrower["$defs"]["Place"]["required"].append("street")
    assert list(widening_faults(frozen, narrower)) == ["the field Place.street is needed, and was not"]
    del narrower["$defs"]["Place"]
    assert "Place is gone" in list(widening_faults(frozen, narrower))


def test_a_frozen_event_that_is_gone_or_changed_is_refused(tmp_path: Path) -> None:
    for file, text in shape_texts(tmp_path).items():
        file.write_text(text)
    assert shape_texts(tmp_path).keys() == set(tmp_path.iterdir())
    (tmp_path / "risk.signal.sunk.v1.json").write_text("{}")
    raised = tmp_path / "risk.signal.raised.v1.json"
    raised.write_text(raised.read_text().replace('"signal_id"', '"old_id"'))
    with pytest.raises(DocumentError) as refusal:
        shape_texts(tmp_path)
    message = str(refusal.value)
    assert "risk.signal.sunk.v1: the event is gone, but its shape is frozen" in message
    assert "risk.signal.raised.v1: the field old_id is gone" in message


def test_the_merged_document_is_the_same_whenever_it_is_made() -> None:
    assert documents.openapi_text() == documents.openapi_text()
    merged = merged_openapi()
    assert list(merged["paths"]) == sorted(merged["paths"])
    assert {one["x-service"] for path in merged["paths"].values() for one in path.values()} == set(merged["x-services"])


def test_every_reference_in_the_merged_document_leads_somewhere() -> None:
    merged = merged_openapi()
    text = json.dumps(merged)
    names = {part.split('"')[0] for part in text.split("#/components/")[1:]}
    for name in names:
        kind, _, entry = name.partition("/")
        assert entry in merged["components"][kind], name


def test_two_services_that_describe_one_address_are_refused() -> None:
    with pytest.raises(DocumentError, match="two services"):
        merged_openapi({"risk": "services.risk", "again": "services.risk"})


def test_check_says_which_file_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    monkeypatch.setattr(documents, "OPENAPI", tmp_path / "docs" / "openapi.json")
    assert documents.main(["openapi"]) == 0
    assert documents.check() == 0
    capsys.readouterr()
    (tmp_path / "docs" / "openapi.json").write_text("{}")
    assert documents.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/openapi.json is out of date: run `make openapi`.\n"
