"""What people who are invited are sent."""

import re
from pathlib import Path

from chassis.db import UnitOfWork
from chassis.messages.actions import About, Addressee, queue_message
from chassis.messages.kinds import Kind
from chassis.messages.mail import envelope_address
from chassis.messages.models import Message
from chassis.messages.templates import template
from chassis.sealing import PersonKey
from contracts.gateway import MESSAGE_EVENTS
from gateway.invitations.models import Invitation
from gateway.providers.models import Profile

INVITATION = Kind(
    "invitation",
    Path(__file__).parents[1] / "messages",
    in_working_hours=False,
    events=MESSAGE_EVENTS,
    conceals=re.compile(r"(?<=/invitations#)\S+"),
)


async def queue_invitation(
    work: UnitOfWork, profile: Profile, invitation: Invitation, key: PersonKey, email: str | None, link: str
) -> Message | None:
    """Queues the link to the person who is invited; None where no mail can reach that person.

    No word that the inviter typed is in it, so that nobody sends words of their own to strangers by it. The stored
    message is sealed with the invitation's key, and whoever reads messages, or gets a bounce that quotes one, is shown
    the link without its secret: else they could accept in the person's place, with roles that they do not have. What
    stays in the sealed row is worth nothing once the invitation was accepted or withdrawn, or is over.
    """
    address = envelope_address(email or "")
    if address is None:
        return None
    words = template(INVITATION.folder, INVITATION.code, invitation.language).render(
        provider=profile.name,
        time_zone=profile.time_zone,
        link=link,
        usable_from=invitation.usable_from,
        expires_at=invitation.expires_at,
    )
    to = Addressee(invitation.id, key, address)
    return await queue_message(work, INVITATION, About("invitation", invitation.id), to, words, invitation.language)
