"""What people read on paper: every code that a step can leave is told in words, and people by their number and post."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel

from chassis.schemas import In
from contracts.base import Text
from contracts.complaint_state import ComplaintState
from contracts.complaints import EVENTS
from services.complaints.complaints.schemas import ComplaintStateName, PartyIn
from services.complaints.forms.rules import TITLES, person, titles_of
from services.complaints.waivers.rules import WAIVABLE

SLICES = ("assessments", "endings", "handling", "investigations", "follow_ups", "waivers")
ACCOUNT = UUID("0190a000-0000-7000-8000-00000000beef")
PAGES = Path(import_module("services.complaints").__file__ or "").parent / "pages"


def choices(kind: Any) -> set[str]:
    """The codes that a type allows, however deep."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return set().union(*(choices(field.annotation) for field in kind.model_fields.values()))
    return set().union(*({one} if isinstance(one, str) else choices(one) for one in get_args(kind)))


def bodies() -> list[type[In]]:
    """The bodies of all steps of handling."""
    modules = [import_module(f"services.complaints.{name}.schemas") for name in SLICES]
    return [one for module in modules for one in vars(module).values() if isinstance(one, type) and issubclass(one, In)]


def codes() -> set[tuple[str, str]]:
    """Field and code of whatever a page may have to tell."""
    said: list[type[In]] = [*bodies(), PartyIn]
    fields = [(name, field) for body in said for name, field in body.model_fields.items()]
    state = [(name, field) for name, field in ComplaintState.model_fields.items() if name != "state"]
    return {(name, code) for name, field in (*fields, *state) for code in choices(field.annotation)}


def test_every_code_of_a_step_is_told_in_both_languages() -> None:
    found = codes()
    assert {("outcome", "no_answer"), ("satisfaction", "partly"), ("control", "outside_review")} <= found
    untold = {(name, code) for name, code in found if f"{name}.{code}" not in TITLES and code not in TITLES}
    assert untold == set(), "say what these codes are called on paper"
    assert all(text.en and re.search(r"[一-鿿]", text.zh) for text in TITLES.values())


def test_every_step_and_every_rule_that_can_be_waived_is_told_in_words() -> None:
    happened = {name.split(".")[2] for name, event in EVENTS.items() if issubclass(event, ComplaintState)}
    assert {"closed", "waiver_reviewed", "clock_reached"} <= happened
    assert {f"entry.{name}" for name in happened} | WAIVABLE | choices(ComplaintStateName) <= TITLES.keys()


@pytest.mark.parametrize(
    ("staff_number", "post", "en", "zh"),
    [
        ("0012", "complaint-handler", "0012 · complaint handler", "0012 · 投诉处理员"),
        ("0012", "complaint_handler", "0012 · complaint handler", "0012 · 投诉处理员"),
        ("0012", "hotline", "0012 · hotline", "0012 · hotline"),
        (None, "complaint-lead", "0000beef · complaint lead", "0000beef · 投诉主管"),
        ("0012", None, "0012", "0012"),
        (None, None, "0000beef", "0000beef"),
    ],
)
def test_a_person_is_told_by_number_and_post_as_far_as_known(
    staff_number: str | None, post: str | None, en: str, zh: str
) -> None:
    assert person(ACCOUNT, staff_number, post) == Text(en, zh)


def test_people_and_machines_are_told_as_who_acted() -> None:
    client = "client:0190a000-0000-7000-8000-0000000c0ffe"
    titles = titles_of({ACCOUNT: Text("0012", "0012")}, [f"person:{ACCOUNT}", client, "system"])
    assert titles[str(ACCOUNT)] == titles[f"person:{ACCOUNT}"] == Text("0012", "0012")
    assert titles[client] == Text("system client 000c0ffe", "系统客户端 000c0ffe")
    assert titles["system"] == Text("system", "系统")


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.html")), ids=lambda page: page.stem)
def test_a_page_says_everything_in_both_languages(page: Path) -> None:
    written = re.sub(r"(?s)\{% block kind %\}.*?\{% endblock %\}", "", page.read_text(encoding="utf-8"))
    said = re.findall(r't\("([^"]*)", "([^"]*)"\)', written)
    assert said
    assert all(re.search(r"[一-鿿]", zh) for _, zh in said if zh)
    left = re.sub(r"(?s)\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", "", written)
    assert not re.findall(r"[A-Za-z]{2,}", left.replace("SHA-256", "")), "what stands outside of t() is in one language"
