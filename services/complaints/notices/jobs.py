"""What became of messages, put on the complaints that they are about."""

from chassis.db import UnitOfWork
from chassis.messages.models import Message
from chassis.messages.rules import UNREACHED
from chassis.messages.rules import State as MessageState
from chassis.tasks.actions import end_tasks, give_task
from chassis.tasks.rules import to_person, to_role
from contracts.complaints import ComplaintNoticeFailed
from contracts.handling import ComplaintNoticeUnreached
from services.complaints.complaints.models import Complaint
from services.complaints.complaints.queries import contacts_of, state_of, task_parameters
from services.complaints.complaints.rules import TOLD, State
from services.complaints.contacts.actions import acknowledge_by_message
from services.complaints.notices.queries import has_withdrawn, lately_unreached
from services.complaints.tasks.rules import HANDLER, REACHING


async def put_on_complaint(work: UnitOfWork, message: Message) -> None:
    """What was sent acknowledges a complaint that nobody has acknowledged; what reached nobody is a fact on it.

    A complaint that was acknowledged by that message alone stays acknowledged, and says that it failed.
    """
    complaint = await work.load(Complaint, message.record_id)
    if message.state == MessageState.SENT and complaint.state == State.RECEIVED:
        await acknowledge_by_message(work, complaint, message)
    if message.state in UNREACHED:
        contacts = await contacts_of(work, complaint.id)
        complaint.acknowledgement_failed = all(contact.message_id == message.id for contact in contacts)
        happened = {"message_id": message.id, "kind": message.kind, "fault": message.fault}
        work.record(complaint, ComplaintNoticeFailed(**await state_of(work, complaint), **happened))


async def note_unreached(work: UnitOfWork, message: Message) -> None:
    """A later notice that reached nobody is a fact on its complaint, and whoever handles it is asked to reach them.

    Nobody is asked any more once the last to each has gone out, nor where nobody can say that they were told, nor for
    who has withdrawn.
    """
    if message.state not in UNREACHED:
        if message.state == MessageState.SENT and not await lately_unreached(work, message.record_id):
            await end_tasks(work, message.record_id, REACHING)
        return
    complaint = await work.load(Complaint, message.record_id)
    happened = {"message_id": message.id, "kind": message.kind, "fault": message.fault}
    made_by = work.record(complaint, ComplaintNoticeUnreached(**await state_of(work, complaint), **happened))
    if complaint.state not in TOLD or await has_withdrawn(work, message.person_id):
        return
    handler = complaint.handler_id
    give_task(
        work,
        complaint.id,
        REACHING,
        to_role(HANDLER) if handler is None else to_person(handler),
        made_by=made_by,
        due_at=None,
        parameters=task_parameters(complaint),
    )
