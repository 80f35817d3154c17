"""Shapes of conformance on the wire."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.schemas import DayDate
from contracts.clauses import Requirement
from services.complaints.conformance.rules import Finding, Verdict, verdict_of


class ConformanceQuery(BaseModel):
    """The day that is judged."""

    model_config = ConfigDict(extra="forbid")

    on: DayDate | None = Field(None, description="Today, if not given; the year that ends with it is looked at.")


class FindingOut(BaseModel):
    """What was found of one part of a criterion."""

    code: str
    message: str
    verdict: Verdict
    records: list[UUID] = Field(description="The records that decide, at most 100.")
    number: int = Field(description="How many there are.")
    newest_at: AwareDatetime | None
    figures: dict[str, Any]
    drill_down: str | None = Field(
        description="Where all cases that missed the limit are listed, page by page; null where there is no such list."
    )


class JudgedRequirementOut(BaseModel):
    """A requirement of the clause, and whether it is met by its written criterion."""

    id: str
    asked: str
    criterion: str
    records: str
    system: str | None = Field(description="The written system that must be in force.")
    verdict: Verdict
    findings: list[FindingOut]


class ConformanceOut(BaseModel):
    """Whether each requirement on complaints is met; without a case it never is."""

    clause: str
    title: str
    on: date
    first: date = Field(description="First day of the year that is looked at.")
    computed_at: AwareDatetime
    as_of: AwareDatetime | None = Field(
        description="Complaints that changed later are not counted yet; null before any was."
    )
    requirements: list[JudgedRequirementOut]


def requirement_out(requirement: Requirement, findings: list[Finding], language: str) -> JudgedRequirementOut:
    """A requirement with its findings, in a language."""
    return JudgedRequirementOut(
        id=requirement.id,
        asked=requirement.asked.in_language(language),
        criterion=requirement.met.in_language(language),
        records=requirement.records.in_language(language),
        system=None if requirement.system is None else requirement.system.in_language(language),
        verdict=verdict_of(findings),
        findings=[
            FindingOut(
                code=one.code,
                message=one.said.in_language(language),
                verdict=one.verdict,
                records=list(one.records),
                number=one.number,
                newest_at=one.newest_at,
                figures=dict(one.figures),
                drill_down=one.drill_down,
            )
            for one in findings
        ],
    )
