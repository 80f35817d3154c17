"""The desk's policies over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.access import permitted
from chassis.db import UnitOfWork
from chassis.idempotency import IdempotentRoute
from chassis.paging import ListQuery, Page
from chassis.schemas import tag
from services.complaints.policies import actions, queries
from services.complaints.policies.models import DeskPolicy
from services.complaints.policies.schemas import PolicyIn, PolicyInForceOut, PolicyOut

router = APIRouter(prefix="/v1", tags=["policies"], route_class=IdempotentRoute)


@router.post("/policies", status_code=201)
async def publish_policy(
    body: PolicyIn, work: Annotated[UnitOfWork, permitted("complaints.policy.publish")], response: Response
) -> PolicyOut:
    """Publishes how the desk handles complaints, for what is assessed from now on (处理规则)."""
    policy = await actions.publish_policy(work, body)
    tag(response, policy.version, "/v1/policies")
    return _out(policy)


@router.get("/policies")
async def list_policies(
    asked: Annotated[ListQuery, Query()], work: Annotated[UnitOfWork, permitted("complaints.policy.read")]
) -> Page[PolicyOut]:
    """The versions of the policy, the newest first, which holds; without any nothing but what channels promise does."""
    rows = await queries.list_policies(work, asked)
    return Page(items=[_out(policy) for policy in rows.items], next=rows.next, as_of=rows.as_of)


@router.get("/policies/in-force")
async def read_policy_in_force(
    work: Annotated[UnitOfWork, permitted("complaints.policy.read")],
) -> PolicyInForceOut:
    """The policy that holds now with its causes and their titles; number 0 is the built-in one."""
    return await queries.read_in_force(work)


def _out(policy: DeskPolicy) -> PolicyOut:
    names = ("id", "version", "number", "published_at", "published_by")
    return PolicyOut(content=queries.content_of(policy), **{name: getattr(policy, name) for name in names})
