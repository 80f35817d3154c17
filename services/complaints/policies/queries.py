"""Reads of the desk's policies."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from chassis.db import UnitOfWork
from chassis.paging import Listing, ListQuery, Rows
from chassis.rows import Read
from contracts.base import Text
from services.complaints.policies.models import DeskPolicy
from services.complaints.policies.rules import CAUSES, Policy
from services.complaints.policies.schemas import CauseIn, PolicyIn, PolicyInForceOut, PolicyRules, causes_in

POLICIES = Listing(
    DeskPolicy, filters={}, sorts={"-updated_at": DeskPolicy.updated_at}, updated_at=DeskPolicy.updated_at
)
_MINE = DeskPolicy.provider_id == bindparam("provider_id")
_NEWEST = select(DeskPolicy).where(_MINE).order_by(DeskPolicy.number.desc()).limit(literal_column("1"))
NEWEST_POLICY = Read(_NEWEST, DeskPolicy, without=("causes",))
"""The policy that holds now, without its causes, which intake and assessment do not ask for."""
NEWEST_WHOLE = Read(_NEWEST, DeskPolicy)
NUMBERED = Read(
    select(DeskPolicy).where(_MINE, DeskPolicy.number == bindparam("number", type_=Integer())),
    DeskPolicy,
)
ACCOUNTS = ("head_id", "outside_reviewer_id")
"""What in a policy is the id of an account: a text as it is kept."""
BUILT_IN = PolicyRules().model_dump(mode="json")
"""What holds until a provider publishes its own: no target beyond what channels promise."""


async def list_policies(work: UnitOfWork, asked: ListQuery) -> Rows[DeskPolicy]:
    """A page of the versions of the policy, the newest first."""
    return await POLICIES.page(work, asked)


def in_force(newest: Sequence[DeskPolicy]) -> Policy:
    """The policy that holds now, from what was read as `NEWEST_POLICY`; number 0 is the built-in one."""
    return policy_of(newest[0].number, newest[0].content) if newest else policy_of(0, BUILT_IN)


def policy_of(number: int, content: Mapping[str, Any]) -> Policy:
    """A policy as the rules know it."""
    accounts = {name: UUID(content[name]) for name in ACCOUNTS if content.get(name) is not None}
    return Policy(version=number, **{**content, **accounts})


async def read_in_force(work: UnitOfWork) -> PolicyInForceOut:
    """The policy that holds now with its causes."""
    newest = await work.read(NEWEST_WHOLE)
    if not newest:
        return PolicyInForceOut(number=0, content=PolicyIn())
    return PolicyInForceOut(number=newest[0].number, content=content_of(newest[0]))


def content_of(policy: DeskPolicy) -> PolicyIn:
    """What a version of the policy says."""
    own = [CauseIn(**one) for one in policy.causes] if policy.causes else causes_in(CAUSES)
    return PolicyIn(**policy.content, causes=own)


async def causes_of(work: UnitOfWork, number: int | None) -> list[str]:
    """The codes of the causes that a version of the policy knows; without a number, those of the one that holds now."""
    found = await (work.read(NEWEST_WHOLE) if number is None else work.read(NUMBERED, number=number))
    own = found[0].causes if found else None
    return [one["code"] for one in own] if own else list(CAUSES)


async def titles_of(work: UnitOfWork, codes: Collection[str]) -> dict[str, Text]:
    """What causes are called: by the newest version of the policy that knows them, else as they are built in."""
    one = func.jsonb_array_elements(DeskPolicy.causes, type_=JSONB).column_valued("one", joins_implicitly=True)
    code = one["code"].astext
    query = (
        select(code, one["en"].astext, one["zh"].astext)
        .select_from(DeskPolicy)
        .ext(distinct_on(code))
        .where(DeskPolicy.provider_id == work.provider_id, code.in_(codes))
        .order_by(code, DeskPolicy.number.desc())
    )
    built_in = {name: CAUSES[name] for name in codes if name in CAUSES}
    return built_in | {name: Text(en, zh) for name, en, zh in await work.session.execute(query)}
