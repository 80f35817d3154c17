"""Whatever a client must say in words says something: a text that shows nothing is refused everywhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from chassis.schemas import In
from tests.make.operations import operations

SHOWS_NOTHING = "\u200b"
FOR_PROGRAMS = {"column", "secret"}
"""Taken as they are: the name of a column of a file, and the secret of an invitation, which must be the right one."""


def bodies(of: type[In] = In) -> Iterator[type[In]]:
    """The shapes of everything that a client sends, once each."""
    assert operations()  # what is imported is known
    for one in of.__subclasses__():
        yield one
        yield from bodies(one)


def texts() -> list[Any]:
    """Body, field and least length of every text that may not be empty, and whose shape no pattern tells."""
    found = {}
    for body in bodies():
        for name, field in body.model_json_schema().get("properties", {}).items():
            for kind in (field, *field.get("anyOf", ())):
                if kind.get("type") == "string" and kind.get("minLength") and not kind.keys() & {"pattern", "format"}:
                    found[f"{body.__module__}.{body.__name__}.{name}"] = (body, name, kind["minLength"])
    return [pytest.param(*one, id=key) for key, one in sorted(found.items()) if one[1] not in FOR_PROGRAMS]


@pytest.mark.parametrize(("body", "name", "least"), texts())
def test_a_text_that_must_be_there_shows_something(body: type[In], name: str, least: int) -> None:
    with pytest.raises(ValidationError) as refused:
        body.model_validate({name: SHOWS_NOTHING * least})
    assert "invisible" in {one["type"] for one in refused.value.errors() if one["loc"] == (name,)}
