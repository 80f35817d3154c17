"""What became of messages, put on the invitations that they are about."""

from chassis.db import UnitOfWork
from chassis.messages.models import Message
from chassis.messages.rules import UNREACHED
from contracts.gateway import InvitationNoticeFailed
from gateway.invitations.actions import shared
from gateway.invitations.models import Invitation


async def put_on_invitation(work: UnitOfWork, message: Message) -> None:
    """What reached nobody is a fact on the invitation, whose link can still be handed over by other means."""
    if message.state in UNREACHED:
        invitation = await work.load(Invitation, message.record_id)
        happened = {"message_id": message.id, "kind": message.kind, "fault": message.fault}
        work.record(invitation, InvitationNoticeFailed(**shared(invitation), **happened))
