"""What is done to the desk's policies."""

from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.ids import new_id
from contracts.base import Text
from contracts.policies import PolicyPublished
from services.complaints.policies.models import DeskPolicy
from services.complaints.policies.queries import NEWEST_WHOLE, content_of
from services.complaints.policies.schemas import PolicyIn
from services.complaints.staff.queries import PERSON

INSIDE = Text("Whoever is employed here is no outside reviewer.", "在职员工不得担任外部复核人。")


async def publish_policy(work: UnitOfWork, body: PolicyIn) -> DeskPolicy:
    """Publishes the next version, for what is assessed from now on; 409 where somebody else publishes one too.

    What is not given stays as in the version that holds; null takes a person or a target out. An outside reviewer who
    is employed here is 422.
    """
    if body.outside_reviewer_id is not None:
        people = await work.read(PERSON, account_id=body.outside_reviewer_id)
        if any(person.employed for person in people):
            raise invalid("/outside_reviewer_id", "reviewer_inside", INSIDE)
    newest = await work.read(NEWEST_WHOLE)
    if newest:
        given = {name: getattr(body, name) for name in body.model_fields_set}
        body = content_of(newest[0]).model_copy(update=given)
    policy = DeskPolicy(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        number=newest[0].number + 1 if newest else 1,
        content=body.model_dump(mode="json", exclude={"causes"}),
        causes=[one.model_dump() for one in body.causes],
        published_at=work.now,
        published_by=work.actor.name,
    )
    work.add(policy)
    told = body.model_dump(exclude={"external_routes", "causes"})
    work.record(policy, PolicyPublished(policy_id=policy.id, number=policy.number, **told))
    return policy
