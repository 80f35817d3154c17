"""Shapes of clauses on the wire."""

from typing import Self

from pydantic import BaseModel, Field

from contracts.clauses import Clause, Requirement


class RequirementOut(BaseModel):
    """One thing a clause asks, and when it is met."""

    id: str = Field(description="The clause and a number: `<clause>-<n>`.")
    asked: str
    met: str = Field(description="What counts as met; where there is no case yet, there are not enough data.")
    records: str = Field(description="The records by which that is judged.")
    system: str | None = Field(description="The written system (制度) that must be in force, if one is asked for.")

    @classmethod
    def of(cls, requirement: Requirement, language: str) -> Self:
        """A requirement in a language."""
        system = None if requirement.system is None else requirement.system.in_language(language)
        texts = {name: getattr(requirement, name).in_language(language) for name in ("asked", "met", "records")}
        return cls(id=requirement.id, system=system, **texts)


class ClauseOut(BaseModel):
    """A clause of the standard."""

    number: str = Field(examples=["8.2"])
    title: str
    parent: str | None
    audiences: list[str] = Field(description="Whom it serves, by the clause that describes them.")
    services: list[str] = Field(description="The services that keep its records.")
    requirements: list[RequirementOut]

    @classmethod
    def of(cls, clause: Clause, language: str) -> Self:
        """A clause in a language."""
        return cls(
            number=clause.number,
            title=clause.title.in_language(language),
            parent=clause.parent,
            audiences=list(clause.audiences),
            services=list(clause.services),
            requirements=[RequirementOut.of(one, language) for one in clause.requirements],
        )


class ClausesOut(BaseModel):
    """The whole standard, in the order of its contents: a few dozen clauses."""

    items: list[ClauseOut]
