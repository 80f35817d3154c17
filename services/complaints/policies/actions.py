"""What is done to the desk's policies."""

from chassis.db import UnitOfWork
from chassis.ids import new_id
from contracts.policies import PolicyPublished
from services.complaints.policies.models import DeskPolicy
from services.complaints.policies.queries import NEWEST_POLICY
from services.complaints.policies.schemas import PolicyIn


async def publish_policy(work: UnitOfWork, body: PolicyIn) -> DeskPolicy:
    """Publishes the next version, for what is assessed from now on; 409 where somebody else publishes one too."""
    newest = await work.read(NEWEST_POLICY)
    policy = DeskPolicy(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        number=newest[0].number + 1 if newest else 1,
        content=body.model_dump(exclude={"causes"}),
        causes=[one.model_dump() for one in body.causes],
        published_at=work.now,
        published_by=work.actor.name,
    )
    work.add(policy)
    told = body.model_dump(exclude={"external_routes", "causes"})
    work.record(policy, PolicyPublished(policy_id=policy.id, number=policy.number, **told))
    return policy
