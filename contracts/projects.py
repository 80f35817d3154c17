"""Events of projects: departments, staff, trainings and appointments (clauses 5.2 and 6.1)."""

from datetime import date
from typing import ClassVar, Final, Literal
from uuid import UUID

from contracts.base import Event, registry

UnitKind = Literal["department", "team"]
TrainingKind = Literal["business", "law", "skill"]

COMPLAINT_HANDLING: Final = "complaint_handling"
"""The competence in which whoever handles complaints is trained, and the duty to which they are appointed."""

BY_MISTAKE: Final = "entered_by_mistake"
"""The cause of an end that says that the record never was true."""


class DepartmentState(Event):
    """The whole shared state of a department, or of a team within its `parent_id`; `head_id` is an account."""

    department_id: UUID
    code: str
    kind: UnitKind
    parent_id: UUID | None
    head_id: UUID | None
    state: str


class DepartmentRegistered(DepartmentState):
    """A department or a team was registered."""

    TYPE: ClassVar[str] = "projects.department.registered.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class DepartmentChanged(DepartmentState):
    """A department has another head or name, or a team belongs elsewhere."""

    TYPE: ClassVar[str] = "projects.department.changed.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class DepartmentRetired(DepartmentState):
    """A department or a team is no more."""

    TYPE: ClassVar[str] = "projects.department.retired.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class StaffState(Event):
    """The whole shared state of a member of staff, by the account that the person has everywhere.

    `post` is the code of what they work as, `staff_number` what they are known by on forms (工号). From `absent_from`
    to `absent_until`, both days included, the account `backup_id` stands in.
    """

    account_id: UUID
    department_id: UUID
    team_id: UUID | None
    post: str
    state: str
    absent_from: date | None
    absent_until: date | None
    backup_id: UUID | None
    staff_number: str | None = None


class StaffRegistered(StaffState):
    """Somebody became a member of staff."""

    TYPE: ClassVar[str] = "projects.staff.registered.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class StaffChanged(StaffState):
    """A member of staff has another department, team, post or staff number."""

    TYPE: ClassVar[str] = "projects.staff.changed.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class StaffAbsenceRecorded(StaffState):
    """A member of staff is away for a while, and somebody stands in."""

    TYPE: ClassVar[str] = "projects.staff.absence_recorded.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class StaffAbsenceEnded(StaffState):
    """A member of staff is back, or was not away after all."""

    TYPE: ClassVar[str] = "projects.staff.absence_ended.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class StaffLeft(StaffState):
    """A member of staff left the provider."""

    TYPE: ClassVar[str] = "projects.staff.left.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class StaffRejoined(StaffState):
    """Somebody who had left is a member of staff again."""

    TYPE: ClassVar[str] = "projects.staff.rejoined.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class TrainingState(Event):
    """The whole shared state of a training: who is trained in which competence, and from when to when that holds.

    `score` is of 100, and of the present `attempt`; both days of validity are included. `cause` says why a training was
    withdrawn.
    """

    training_id: UUID
    account_id: UUID
    competence: str
    kind: TrainingKind
    state: str
    attempt: int
    planned_on: date
    taken_on: date | None
    score: int | None
    assessor_id: UUID | None
    valid_from: date | None
    valid_until: date | None
    cause: str | None


class TrainingPlanned(TrainingState):
    """A training was planned."""

    TYPE: ClassVar[str] = "projects.training.planned.v1"
    CLAUSE: ClassVar[str | None] = "5.2"


class TrainingTaken(TrainingState):
    """A training was taken and waits to be assessed."""

    TYPE: ClassVar[str] = "projects.training.taken.v1"
    CLAUSE: ClassVar[str | None] = "5.2"


class TrainingPassed(TrainingState):
    """A training was passed."""

    TYPE: ClassVar[str] = "projects.training.passed.v1"
    CLAUSE: ClassVar[str | None] = "5.2"


class TrainingFailed(TrainingState):
    """A training was failed."""

    TYPE: ClassVar[str] = "projects.training.failed.v1"
    CLAUSE: ClassVar[str | None] = "5.2"


class TrainingReplanned(TrainingState):
    """A training that was failed is to be taken once more."""

    TYPE: ClassVar[str] = "projects.training.replanned.v1"
    CLAUSE: ClassVar[str | None] = "5.2"


class TrainingGained(TrainingState):
    """A qualification holds, from a day until another."""

    TYPE: ClassVar[str] = "projects.training.gained.v1"
    CLAUSE: ClassVar[str | None] = "5.2"


class TrainingExpired(TrainingState):
    """A qualification is over."""

    TYPE: ClassVar[str] = "projects.training.expired.v1"
    CLAUSE: ClassVar[str | None] = "5.2"


class TrainingWithdrawn(TrainingState):
    """A training or the qualification by it was taken back."""

    TYPE: ClassVar[str] = "projects.training.withdrawn.v1"
    CLAUSE: ClassVar[str | None] = "5.2"


class AppointmentState(Event):
    """The whole shared state of an appointment (任命) of a person to a duty; `share` is the percentage of their time.

    It holds from `begins_on` to `ends_on`, both days included, or without an end. `cause` says why it was ended.
    """

    appointment_id: UUID
    account_id: UUID
    duty: str
    dedicated: bool
    share: int
    begins_on: date
    ends_on: date | None
    state: str
    cause: str | None


class AppointmentMade(AppointmentState):
    """A person was appointed to a duty in writing."""

    TYPE: ClassVar[str] = "projects.appointment.made.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


class AppointmentEnded(AppointmentState):
    """An appointment was ended, or its term is over."""

    TYPE: ClassVar[str] = "projects.appointment.ended.v1"
    CLAUSE: ClassVar[str | None] = "6.1"


EVENTS = registry(
    DepartmentRegistered,
    DepartmentChanged,
    DepartmentRetired,
    StaffRegistered,
    StaffChanged,
    StaffAbsenceRecorded,
    StaffAbsenceEnded,
    StaffLeft,
    StaffRejoined,
    TrainingPlanned,
    TrainingTaken,
    TrainingPassed,
    TrainingFailed,
    TrainingReplanned,
    TrainingGained,
    TrainingExpired,
    TrainingWithdrawn,
    AppointmentMade,
    AppointmentEnded,
)
