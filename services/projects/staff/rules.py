"""The life of a member of staff: states, steps and guards."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text
from services.projects.departments.rules import State as UnitState
from services.projects.departments.rules import is_department

if TYPE_CHECKING:
    from services.projects.departments.models import Department
    from services.projects.staff.models import Staff
    from services.projects.staff.schemas import AbsenceIn, ChangeStaffIn, RegisterStaffIn, RejoinIn

    Placing = RegisterStaffIn | RejoinIn | ChangeStaffIn | None


class State(StrEnum):
    """States of a member of staff."""

    EMPLOYED = "employed"
    LEFT = "left"


STATES = {State.EMPLOYED: Text("employed", "在职"), State.LEFT: Text("left", "已离职")}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside the record.

    `department` and `team` are those in which the person is to work; `backup` is whom an absence names. The others say
    what still holds a person who wants to leave.
    """

    today: date
    department: "Department | None" = None
    team: "Department | None" = None
    backup: "Staff | None" = None
    heads: bool = False
    stands_in: bool = False
    appointed: bool = False


DEPARTMENT_UNFIT = Text(
    "The department must be one that is in use, and no team.", "所在部门须为使用中的部门，且不是团队。"
)
TEAM_UNFIT = Text("The team must be in use and belong to the department.", "所在团队须在使用中，且隶属于所在部门。")
OUT_OF_ORDER = Text("An absence ends on its first day or later.", "缺勤的结束日期不得早于开始日期。")
ABSENCE_OVER = Text("The absence lies in the past.", "缺勤期间已过。")
BACKUP_ONESELF = Text("Nobody stands in for themselves.", "代理人不得为本人。")
BACKUP_UNFIT = Text("Whoever stands in must be an employed member of staff.", "代理人须为在职员工。")
BACKUP_AWAY = Text("Whoever stands in is away themselves in that time.", "代理人在该期间也缺勤。")
NOT_ABSENT = Text("No absence is recorded.", "没有缺勤记录。")
HEADS = Text("A department or team still has this person as its head.", "该员工仍是某部门或团队的负责人。")
STANDS_IN = Text("Somebody who is away still has this person to stand in.", "该员工仍是某缺勤员工的代理人。")
APPOINTED = Text("Appointments of this person are still in force.", "该员工仍有有效的任命。")


def is_employed(person: "Staff | None") -> bool:
    """Whether somebody is a member of staff and works for the provider."""
    return person is not None and person.state == State.EMPLOYED


def in_department(
    person: "Staff | None", facts: Facts, *, body: "Placing", actor: Who, now: datetime
) -> Objection | None:
    """Somebody works in a department that is in use."""
    if body is None or is_department(facts.department):
        return None
    return Objection("department_unfit", DEPARTMENT_UNFIT, "6.1")


def in_team_of_department(
    person: "Staff | None", facts: Facts, *, body: "Placing", actor: Who, now: datetime
) -> Objection | None:
    """A team is one of the department, and in use."""
    if body is None or body.team_id is None:
        return None
    department, team = facts.department, facts.team
    fits = (
        team is not None
        and team.state == UnitState.ACTIVE
        and department is not None
        and team.parent_id == department.id
    )
    return None if fits else Objection("team_unfit", TEAM_UNFIT, "6.1")


def absence_to_come(
    person: "Staff", facts: Facts, *, body: "AbsenceIn | None", actor: Who, now: datetime
) -> Objection | None:
    """An absence has its days in order, and is not over."""
    if body is None:
        return None
    if body.absent_until < body.absent_from:
        return Objection("absence_out_of_order", OUT_OF_ORDER, "6.1")
    return Objection("absence_over", ABSENCE_OVER, "6.1") if body.absent_until < facts.today else None


def backup_is_there(
    person: "Staff", facts: Facts, *, body: "AbsenceIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Whoever stands in is somebody else who works for the provider, and not away then."""
    if body is None:
        return None
    if body.backup_id == person.id:
        return Objection("backup_oneself", BACKUP_ONESELF, "6.1")
    backup = facts.backup
    if backup is None or not is_employed(backup):
        return Objection("backup_unfit", BACKUP_UNFIT, "6.1")
    away = (
        backup.absent_from is not None
        and backup.absent_until is not None
        and backup.absent_from <= body.absent_until
        and backup.absent_until >= body.absent_from
    )
    return Objection("backup_away", BACKUP_AWAY, "6.1") if away else None


def is_absent(person: "Staff", facts: Facts, *, body: None, actor: Who, now: datetime) -> Objection | None:
    """An absence is recorded, past or to come."""
    return None if person.absent_from is not None else Objection("not_absent", NOT_ABSENT, "6.1")


def heads_nothing(person: "Staff", facts: Facts, *, body: None, actor: Who, now: datetime) -> Objection | None:
    """No department or team is left without its head."""
    return Objection("heads", HEADS, "6.1") if facts.heads else None


def stands_in_for_nobody(person: "Staff", facts: Facts, *, body: None, actor: Who, now: datetime) -> Objection | None:
    """Nobody who is away, or will be, is left without who stands in."""
    return Objection("stands_in", STANDS_IN, "6.1") if facts.stands_in else None


def holds_no_appointment(person: "Staff", facts: Facts, *, body: None, actor: Who, now: datetime) -> Objection | None:
    """Every appointment was ended first, so that each has its own last day."""
    return Objection("appointed", APPOINTED, "6.1") if facts.appointed else None


_PLACED = (in_department, in_team_of_department)
_EMPLOYED = frozenset({State.EMPLOYED})

LIFECYCLE: "Lifecycle[Staff]" = Lifecycle(
    STATES,
    register=Step((), State.EMPLOYED, permission="projects.staff.register", guards=_PLACED, clause="6.1"),
    change=Step(_EMPLOYED, None, permission="projects.staff.change", guards=_PLACED, clause="6.1"),
    record_absence=Step(
        _EMPLOYED,
        None,
        permission="projects.staff.excuse",
        guards=(absence_to_come, backup_is_there),
        clause="6.1",
    ),
    end_absence=Step(_EMPLOYED, None, permission="projects.staff.excuse", guards=(is_absent,), clause="6.1"),
    leave=Step(
        _EMPLOYED,
        State.LEFT,
        permission="projects.staff.leave",
        guards=(heads_nothing, stands_in_for_nobody, holds_no_appointment),
        clause="6.1",
    ),
    rejoin=Step({State.LEFT}, State.EMPLOYED, permission="projects.staff.register", guards=_PLACED, clause="6.1"),
)
