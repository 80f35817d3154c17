"""The life of a department or team: states, steps and guards."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text

if TYPE_CHECKING:
    from services.projects.departments.models import Department
    from services.projects.departments.schemas import ChangeDepartmentIn, RegisterDepartmentIn


class State(StrEnum):
    """States of a department or team."""

    ACTIVE = "active"
    RETIRED = "retired"


STATES = {State.ACTIVE: Text("in use", "使用中"), State.RETIRED: Text("retired", "已撤销")}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside the record: the parent that is named, whether the head works here, who is left."""

    parent: "Department | None" = None
    head_employed: bool = False
    has_staff: bool = False
    has_teams: bool = False


PARENT_MISSING = Text("A team needs the department that it belongs to.", "团队须注明所属部门。")
PARENT_UNWANTED = Text("A department belongs to no other.", "部门不隶属于其他部门。")
PARENT_UNFIT = Text("A team belongs to a department that is in use.", "团队须隶属于使用中的部门。")
HEAD_UNFIT = Text("The head must be an employed member of staff.", "负责人须为在职员工。")
HAS_STAFF = Text("Members of staff still belong to it.", "仍有员工隶属于该部门或团队。")
HAS_TEAMS = Text("Teams still belong to it.", "仍有团队隶属于该部门。")


def is_department(unit: "Department | None") -> bool:
    """Whether it is a department, in use, to which teams and people can belong."""
    return unit is not None and unit.kind == "department" and unit.state == State.ACTIVE


def team_has_parent(
    department: None, facts: Facts, *, body: "RegisterDepartmentIn", actor: Who, now: datetime
) -> Objection | None:
    """A team says which department it belongs to."""
    missing = body.kind == "team" and body.parent_id is None
    return Objection("parent_missing", PARENT_MISSING, "6.1") if missing else None


def parent_fits(
    department: None, facts: Facts, *, body: "RegisterDepartmentIn", actor: Who, now: datetime
) -> Objection | None:
    """Only a team belongs to another unit, which is a department in use."""
    return _misfit(body.kind, body.parent_id, facts)


def new_parent_fits(
    department: "Department", facts: Facts, *, body: "ChangeDepartmentIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The same of the department to which a team is moved."""
    return None if body is None else _misfit(department.kind, body.parent_id, facts)


def _misfit(kind: str, parent_id: UUID | None, facts: Facts) -> Objection | None:
    if parent_id is None:
        return None
    if kind != "team":
        return Objection("parent_unwanted", PARENT_UNWANTED, "6.1")
    return None if is_department(facts.parent) else Objection("parent_unfit", PARENT_UNFIT, "6.1")


def head_is_employed(
    department: "Department | None",
    facts: Facts,
    *,
    body: "RegisterDepartmentIn | ChangeDepartmentIn | None",
    actor: Who,
    now: datetime,
) -> Objection | None:
    """Whoever heads it works for the provider."""
    if body is None or body.head_id is None:
        return None
    return None if facts.head_employed else Objection("head_unfit", HEAD_UNFIT, "6.1")


def has_no_staff(department: "Department", facts: Facts, *, body: None, actor: Who, now: datetime) -> Objection | None:
    """Nobody who works for the provider belongs to it."""
    return Objection("has_staff", HAS_STAFF, "6.1") if facts.has_staff else None


def has_no_teams(department: "Department", facts: Facts, *, body: None, actor: Who, now: datetime) -> Objection | None:
    """No team in use belongs to it."""
    return Objection("has_teams", HAS_TEAMS, "6.1") if facts.has_teams else None


LIFECYCLE: "Lifecycle[Department]" = Lifecycle(
    STATES,
    register=Step(
        (),
        State.ACTIVE,
        permission="projects.department.register",
        guards=(team_has_parent, parent_fits, head_is_employed),
        clause="6.1",
    ),
    change=Step(
        {State.ACTIVE},
        None,
        permission="projects.department.change",
        guards=(new_parent_fits, head_is_employed),
        clause="6.1",
    ),
    retire=Step(
        {State.ACTIVE},
        State.RETIRED,
        permission="projects.department.retire",
        guards=(has_no_staff, has_no_teams),
        clause="6.1",
    ),
)
