"""Who is near whom, who is above, and on which days something held, by what complaints know of staff."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from services.complaints.staff.models import DepartmentCopy, StaffCopy
from services.complaints.staff.rules import Span, are_near, head_above, head_of_all, merged

FIRST, DAY = date(2026, 3, 1), timedelta(days=1)


@dataclass
class Somebody:
    """A member of staff as far as these rules look at it."""

    id: UUID
    department_id: UUID
    team_id: UUID | None = None


@dataclass
class Unit:
    """A department or team as far as these rules look at it."""

    id: UUID
    head_id: UUID | None = None
    parent_id: UUID | None = None
    active: bool = True


class Provider:
    """Two departments, of which the desk has two teams.

    desk (chief): ann; first (lead): bob, cem; second (no head): dan; lab (no head): eve
    """

    def __init__(self) -> None:
        self.desk, self.lab, self.first, self.second = (new_id() for _ in range(4))
        people = {
            "chief": (self.desk, None),
            "ann": (self.desk, None),
            "lead": (self.desk, self.first),
            "bob": (self.desk, self.first),
            "cem": (self.desk, self.first),
            "dan": (self.desk, self.second),
            "eve": (self.lab, None),
            "fay": (self.lab, None),
        }
        self.people = {name: Somebody(new_id(), *place) for name, place in people.items()}
        self.units = [
            Unit(self.desk, self.people["chief"].id),
            Unit(self.lab),
            Unit(self.first, self.people["lead"].id, self.desk),
            Unit(self.second, None, self.desk),
        ]

    def near(self, one: str, other: str) -> bool:
        """Whether two of them are in one direct team."""
        return are_near(self._of(one), self._of(other), self._units())

    def above(self, name: str) -> str | None:
        """Who is above somebody."""
        head = head_above(self._of(name), self._units())
        return next((one for one, person in self.people.items() if person.id == head), None)

    def _of(self, name: str) -> StaffCopy:
        return cast(StaffCopy, self.people[name])

    def _units(self) -> list[DepartmentCopy]:
        return cast("list[DepartmentCopy]", self.units)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("bob", "cem", True),
        ("bob", "lead", True),
        ("ann", "chief", True),
        ("eve", "fay", True),
        ("bob", "dan", False),
        ("bob", "ann", False),
        ("bob", "chief", False),
        ("bob", "eve", False),
        ("lead", "ann", False),
    ],
)
def test_those_of_one_team_are_near_each_other_and_without_teams_those_of_one_department(
    one: str, other: str, near: bool
) -> None:
    provider = Provider()
    assert provider.near(one, other) is near
    assert provider.near(other, one) is near, "whoever is near somebody has them near"


def test_who_heads_a_unit_counts_as_in_it_wherever_they_work() -> None:
    provider = Provider()
    assert not provider.near("eve", "dan")
    provider.units[3].head_id = provider.people["eve"].id
    assert provider.near("eve", "dan")
    assert provider.near("eve", "fay"), "and stays near those with whom they work"
    provider.units[3].active = False
    assert not provider.near("eve", "dan"), "a retired unit makes nobody near"


@pytest.mark.parametrize(
    ("name", "above"),
    [
        ("bob", "lead"),
        ("lead", "chief"),
        ("chief", None),
        ("ann", "chief"),
        ("dan", "chief"),
        ("eve", None),
    ],
)
def test_the_next_level_is_the_head_above_and_a_level_without_a_head_is_passed_over(
    name: str, above: str | None
) -> None:
    assert Provider().above(name) == above


def test_who_heads_a_department_is_at_the_top_also_while_working_in_a_team() -> None:
    provider = Provider()
    provider.people["chief"].team_id = provider.first
    assert provider.above("chief") is None


def test_who_heads_a_team_elsewhere_has_the_head_of_its_department_above() -> None:
    provider = Provider()
    provider.units[3].head_id = provider.people["eve"].id
    assert provider.above("eve") == "chief"
    assert provider.above("dan") == "eve"


def test_who_heads_the_provider_is_who_is_named_else_the_head_of_its_only_department() -> None:
    provider = Provider()
    desk, other = provider._units()[:2]
    chief, named = provider.people["chief"].id, provider.people["ann"].id
    assert head_of_all(None, [desk]) == chief
    assert head_of_all(None, [desk, other]) is None
    assert head_of_all(None, []) is None
    assert head_of_all(named, [desk]) == head_of_all(named, [desk, other]) == named


def test_units_that_are_not_known_yet_are_passed_over() -> None:
    provider = Provider()
    provider.units.pop(2)
    assert provider.above("bob") == "chief"
    provider.units.clear()
    assert provider.above("bob") is None
    assert provider.near("bob", "cem")


def day(number: int) -> date:
    return FIRST + number * DAY


spans = st.tuples(st.integers(-5, 25), st.integers(0, 9)).map(lambda one: Span(day(one[0]), day(one[0] + one[1])))


def days_of(spans: Any) -> set[date]:
    return {span.first + n * DAY for span in spans for n in range((span.last - span.first).days + 1)}


@given(st.lists(spans, max_size=8))
def test_merged_spans_hold_the_same_days_and_neither_touch_nor_leave_what_was_asked(given_: list[Span]) -> None:
    within = Span(day(0), day(20))
    whole = merged(given_, within)
    assert days_of(whole) == days_of(given_) & days_of([within])
    assert all(one.last + DAY < following.first for one, following in pairwise(whole))


def test_spans_that_follow_each_other_are_one() -> None:
    within = Span(day(0), day(30))
    assert merged([Span(day(5), day(9)), Span(day(0), day(4))], within) == [Span(day(0), day(9))]
    assert merged([Span(day(0), day(4)), Span(day(6), day(9))], within) == [
        Span(day(0), day(4)),
        Span(day(6), day(9)),
    ]
    assert merged([], within) == []
