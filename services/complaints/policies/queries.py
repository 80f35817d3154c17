"""Reads of the desk's policies."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, literal_column, select

from chassis.db import UnitOfWork
from chassis.paging import Listing, ListQuery, Rows
from chassis.rows import Read
from services.complaints.complaints.rules import Policy
from services.complaints.policies.models import DeskPolicy
from services.complaints.policies.schemas import PolicyIn

POLICIES = Listing(
    DeskPolicy, filters={}, sorts={"-updated_at": DeskPolicy.updated_at}, updated_at=DeskPolicy.updated_at
)
NEWEST_POLICY = Read(
    select(DeskPolicy)
    .where(DeskPolicy.provider_id == bindparam("provider_id"))
    .order_by(DeskPolicy.number.desc())
    .limit(literal_column("1")),
    DeskPolicy,
)
ACCOUNTS = ("head_id", "outside_reviewer_id")
"""What in a policy is the id of an account: a text as it is kept."""
BUILT_IN = PolicyIn().model_dump(mode="json")
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
