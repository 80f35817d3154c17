"""The life of a training: states, steps and guards."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text

if TYPE_CHECKING:
    from services.projects.trainings.models import Training
    from services.projects.trainings.schemas import AssessIn, CertifyIn, PlanIn, TakeIn, WithdrawIn


class State(StrEnum):
    """States of a training."""

    PLANNED = "planned"
    TAKEN = "taken"
    PASSED = "passed"
    FAILED = "failed"
    VALID = "valid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


STATES = {
    State.PLANNED: Text("planned", "已安排"),
    State.TAKEN: Text("taken", "已参训"),
    State.PASSED: Text("passed", "考核合格"),
    State.FAILED: Text("failed", "考核不合格"),
    State.VALID: Text("valid", "资格有效"),
    State.EXPIRED: Text("expired", "资格到期"),
    State.WITHDRAWN: Text("withdrawn", "已撤销"),
}
OPEN: frozenset[State] = frozenset({State.PLANNED, State.TAKEN, State.PASSED, State.FAILED, State.VALID})
"""States from which something leads on."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside the record: the day, and whether the one trained and the assessor work here."""

    today: date
    employed: bool = False
    assessor_employed: bool = False


NOT_EMPLOYED = Text("Only an employed member of staff is trained.", "仅可为在职员工安排培训。")
IN_FUTURE = Text("It cannot have been taken in the future.", "参训日期不得晚于今天。")
SCORE_MISSING = Text("The score is missing.", "缺少考核成绩。")
SCORE_TOO_LOW = Text("It is passed with a score of {pass_mark} or more.", "成绩须达到 {pass_mark} 分方为合格。")
SCORE_ENOUGH = Text("With a score of {pass_mark} or more it is passed.", "成绩达到 {pass_mark} 分即为合格。")
ASSESSOR_MISSING = Text("Whoever assessed it is missing.", "缺少考核人。")
ASSESSOR_UNFIT = Text("The assessor must be an employed member of staff.", "考核人须为在职员工。")
ASSESSOR_ONESELF = Text("Nobody assesses their own training.", "考核人不得为参训本人。")
OWN = Text("Nobody records the result of their own training.", "不得登记或认定本人的培训结果。")
EVIDENCE_MISSING = Text("The document that proves it is missing.", "缺少证明文件。")
VALIDITY_MISSING = Text("From when to when it holds is missing.", "缺少资格的起止日期。")
OUT_OF_ORDER = Text("The validity ends on its first day or later.", "资格的截止日期不得早于开始日期。")
BEFORE_TAKEN = Text("It cannot hold before it was taken.", "资格的开始日期不得早于参训日期。")
OVER = Text("The validity is over already.", "资格已过截止日期。")
NOT_OVER = Text("It holds until the end of {until}, and then expires by itself.", "资格有效至 {until}，届时自动到期。")
CAUSE_MISSING = Text("Say why it is withdrawn.", "请注明撤销原因。")


def is_employed(training: None, facts: Facts, *, body: "PlanIn", actor: Who, now: datetime) -> Objection | None:
    """Whoever is to be trained works for the provider."""
    return None if facts.employed else Objection("not_employed", NOT_EMPLOYED, "5.2")


def taken_by_now(
    training: "Training", facts: Facts, *, body: "TakeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It was taken on a day that has come."""
    late = body is not None and body.taken_on is not None and body.taken_on > facts.today
    return Objection("taken_in_future", IN_FUTURE, "5.2") if late else None


def has_score(
    training: "Training", facts: Facts, *, body: "AssessIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The result has a score."""
    missing = body is None or body.score is None
    return Objection("score_missing", SCORE_MISSING, "5.2") if missing else None


def reaches_pass_mark(
    training: "Training", facts: Facts, *, body: "AssessIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody passes with too low a score."""
    if body is None or body.score is None or body.score >= training.pass_mark:
        return None
    return Objection("score_too_low", SCORE_TOO_LOW.filled(pass_mark=training.pass_mark), "5.2")


def misses_pass_mark(
    training: "Training", facts: Facts, *, body: "AssessIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nobody fails with a score that is enough."""
    if body is None or body.score is None or body.score < training.pass_mark:
        return None
    return Objection("score_enough", SCORE_ENOUGH.filled(pass_mark=training.pass_mark), "5.2")


def has_assessor(
    training: "Training", facts: Facts, *, body: "AssessIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Somebody else, who works for the provider, has assessed it."""
    if body is None or body.assessor_id is None:
        return Objection("assessor_missing", ASSESSOR_MISSING, "5.2")
    if body.assessor_id == training.account_id:
        return Objection("assessor_oneself", ASSESSOR_ONESELF, "5.2")
    return None if facts.assessor_employed else Objection("assessor_unfit", ASSESSOR_UNFIT, "5.2")


def is_not_own(training: "Training", facts: Facts, *, body: object, actor: Who, now: datetime) -> Objection | None:
    """Whoever was trained does not record the result."""
    return Objection("own_training", OWN, "5.2") if actor.name == f"person:{training.account_id}" else None


def has_evidence(
    training: "Training", facts: Facts, *, body: "CertifyIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A document proves it."""
    missing = body is None or body.evidence is None
    return Objection("evidence_missing", EVIDENCE_MISSING, "5.2") if missing else None


def has_validity(
    training: "Training", facts: Facts, *, body: "CertifyIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It holds from a day on which it was taken already until a later one that is still to come."""
    if body is None or body.valid_from is None or body.valid_until is None:
        return Objection("validity_missing", VALIDITY_MISSING, "5.2")
    if body.valid_until < body.valid_from:
        return Objection("validity_out_of_order", OUT_OF_ORDER, "5.2")
    if training.taken_on is not None and body.valid_from < training.taken_on:
        return Objection("valid_before_taken", BEFORE_TAKEN, "5.2")
    return Objection("validity_over", OVER, "5.2") if body.valid_until < facts.today else None


def is_over(training: "Training", facts: Facts, *, body: None, actor: Who, now: datetime) -> Objection | None:
    """Its last day has passed."""
    over = training.valid_until is not None and training.valid_until < facts.today
    return None if over else Objection("not_over", NOT_OVER.filled(until=training.valid_until), "5.2")


def has_cause(
    training: "Training", facts: Facts, *, body: "WithdrawIn | None", actor: Who, now: datetime
) -> Objection | None:
    """It is said why."""
    return Objection("cause_missing", CAUSE_MISSING, "5.2") if body is None else None


_ASSESSED = (has_score, has_assessor, is_not_own)

LIFECYCLE: "Lifecycle[Training]" = Lifecycle(
    STATES,
    plan=Step((), State.PLANNED, permission="projects.training.plan", guards=(is_employed,), clause="5.2"),
    take=Step({State.PLANNED}, State.TAKEN, permission="projects.training.plan", guards=(taken_by_now,), clause="5.2"),
    fail=Step(
        {State.TAKEN},
        State.FAILED,
        permission="projects.training.assess",
        guards=(*_ASSESSED, misses_pass_mark),
        clause="5.2",
    ),
    retake=Step({State.FAILED}, State.PLANNED, permission="projects.training.plan", clause="5.2"),
    certify=Step(
        {State.PASSED},
        State.VALID,
        permission="projects.training.certify",
        guards=(has_evidence, has_validity, is_not_own),
        clause="5.2",
    ),
    expire=Step({State.VALID}, State.EXPIRED, permission="projects.training.certify", guards=(is_over,), clause="5.2"),
    withdraw=Step(OPEN, State.WITHDRAWN, permission="projects.training.withdraw", guards=(has_cause,), clause="5.2"),
    **{  # a word that Python keeps for itself
        "pass": Step(
            {State.TAKEN},
            State.PASSED,
            permission="projects.training.assess",
            guards=(*_ASSESSED, reaches_pass_mark),
            clause="5.2",
        )
    },
)
