"""What is done to places of publication."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert

from chassis.attachments.actions import Attachable, attached
from chassis.attachments.models import Attachment
from chassis.attachments.queries import kept_attachment
from chassis.clocks.terms import Term, change_term, set_term
from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.ids import new_id
from chassis.jobs import Step, clear_timers, set_timers
from chassis.tables import Timer
from chassis.tasks.actions import end_tasks, give_task
from chassis.tasks.rules import to_person, to_role
from contracts.base import Text
from contracts.publications import (
    PublicationAttachmentAdded,
    PublicationAttachmentOpened,
    PublicationChecked,
    PublicationCreated,
    PublicationRemoved,
    PublicationVersionChanged,
)
from services.complaints.channels.models import Channel, ChannelVersion
from services.complaints.channels.queries import channel_coded, unended_versions, version_at
from services.complaints.channels.rules import State as ChannelState
from services.complaints.publications.models import Publication, PublicationCheck
from services.complaints.publications.queries import Looks, admit, looks_at, proves, shared, task_parameters
from services.complaints.publications.rules import (
    CHECK,
    CHECKING,
    CORRECTING,
    HANDLER,
    LEAD,
    LIFECYCLE,
    PROOF,
    Facts,
    Listing,
    Proof,
    State,
    looked_at_within,
)
from services.complaints.publications.schemas import CheckPublicationIn, CreatePublicationIn, RemovePublicationIn

UNKNOWN_CHANNEL = Text("There is no channel with this code.", "没有使用该代码的渠道。")
VERSION = "publication.version"
"""The timer of a place at which another version of its channel begins to hold, or none holds any more."""


async def create_publication(work: UnitOfWork, body: CreatePublicationIn) -> Publication:
    """Lists a place where a channel is published (登记公布位置), and asks for the first look at it.

    An unknown channel is 422.
    """
    found = await channel_coded(work, body.channel)
    if found is None:
        raise invalid("/channel", "unknown_channel", UNKNOWN_CHANNEL)
    channel = await work.load(Channel, found.id)  # locked: a version that is published meanwhile asks for a look too
    facts = Listing(channel.state == ChannelState.RETIRED)
    state = LIFECYCLE.begin("create", facts, body=body, actor=work.actor, now=work.now)
    version = await version_at(work, channel.id, work.now)
    publication = Publication(
        provider_id=work.provider_id,
        id=new_id(),
        created_at=work.now,
        channel_id=channel.id,
        channel=channel.code,
        kind=body.kind,
        place=body.place,
        state=state,
        listed_at=body.listed_at or work.now,
        listed_by=work.actor.name,
        channel_version=None if version is None else version.number,
        faulty=False,
    )
    work.add(publication)
    set_term(work, publication, CHECK, _term(publication, version, None))
    coming = [one for one in await unended_versions(work, channel.id) if one.valid_from > work.now]
    set_timers(work, publication.id, [Step(VERSION, str(one.number), one.valid_from) for one in coming])
    made_by = work.record(publication, PublicationCreated(**shared(publication)))
    if version is not None:
        _ask(work, publication, made_by)
    return publication


async def check(work: UnitOfWork, publication_id: UUID, body: CheckPublicationIn, expected: int | None) -> Publication:
    """Records a look at a place (核查), held against the version that held then; 409 names all that lacks.

    The latest look against the version that is to stand there ends what was asked for; where it found something missing
    or different, the lead is asked to have it corrected, until a later one finds it as published.
    """
    publication = await work.load(Publication, publication_id, expected)
    at = body.at or work.now
    version = await version_at(work, publication.channel_id, at)
    proof = None if body.proof is None else await kept_attachment(work, publication_id, body.proof)
    facts = Facts(None if version is None else version.number, await _proof(work, proof))
    LIFECYCLE.advance(publication, "check", facts, body=body, actor=work.actor, now=work.now)
    assert version is not None  # the guards have seen to these
    assert proof is not None
    look = _look(work, publication, version, body, proof)
    work.add(look)
    await follow_version(work, publication)
    looks = await _reckon(work, publication, await version_at(work, publication.channel_id, work.now))
    happened = PublicationChecked(
        **shared(publication),
        check_id=look.id,
        checked_at=at,
        held_version=look.channel_version,
        found=body.found.model_dump(),
        proof=attached(proof),
    )
    made_by = work.record(publication, happened)
    if looks.last is not None and looks.last.id == look.id:
        await end_tasks(work, publication.id, CHECKING)
        await _ask_for_correction(work, publication, made_by)
    return publication


async def remove(
    work: UnitOfWork, publication_id: UUID, body: RemovePublicationIn, expected: int | None
) -> Publication:
    """Removes a place at which the channel is published no more; what was found there stays."""
    publication = await work.load(Publication, publication_id, expected)
    facts = Facts(publication.channel_version)
    LIFECYCLE.advance(publication, "remove", facts, body=body, actor=work.actor, now=work.now)
    publication.removed_at, publication.cause = body.at or work.now, body.cause
    await _ask_no_more(work, publication)
    for clock in (CHECK.timer, VERSION):
        await clear_timers(work, publication.id, clock)
    set_term(work, publication, CHECK, None)
    removed = PublicationRemoved(**shared(publication), removed_at=publication.removed_at, cause=body.cause)
    work.record(publication, removed)
    return publication


async def hold_against(work: UnitOfWork, channel_id: UUID, step: str, at: datetime) -> None:
    """Has the places of a locked channel held, from an instant on, against the version that holds then."""
    columns = (Publication.provider_id, Publication.id, literal(VERSION), literal(step), literal(at), literal(0))
    mine = (Publication.provider_id == work.provider_id, Publication.channel_id == channel_id)
    places = select(*columns).where(*mine, Publication.state == State.LISTED.value)
    names = ["provider_id", "record", "clock", "step", "due_at", "failures"]
    await work.session.execute(insert(Timer).from_select(names, places).on_conflict_do_nothing())


async def follow_version(work: UnitOfWork, publication: Publication) -> None:
    """Asks for a look against the version that holds now, where it is another one than before; for none, asks no more.

    A look before is no proof of what was published after it.
    """
    version = await version_at(work, publication.channel_id, work.now)
    number = None if version is None else version.number
    if publication.state != State.LISTED or number == publication.channel_version:
        return
    publication.channel_version = number
    await _reckon(work, publication, version)
    made_by = work.record(publication, PublicationVersionChanged(**shared(publication)))
    await _ask_no_more(work, publication)
    if version is not None:
        _ask(work, publication, made_by)


async def _reckon(work: UnitOfWork, publication: Publication, version: ChannelVersion | None) -> Looks:
    """What the looks against the version that holds have found, and by when the next one is due."""
    looks = Looks(None, None) if version is None else await looks_at(work, publication.id, version.number)
    publication.last_good_check_at = None if looks.last_good is None else looks.last_good.checked_at
    publication.faulty = looks.last is not None and not looks.last.good
    await change_term(work, publication, CHECK, _term(publication, version, publication.last_good_check_at))
    return looks


def _term(publication: Publication, version: ChannelVersion | None, last_good: datetime | None) -> Term | None:
    if version is None:
        return None
    return Term(*looked_at_within(publication.listed_at, version.valid_from, last_good))


def _look(
    work: UnitOfWork, publication: Publication, version: ChannelVersion, body: CheckPublicationIn, proof: Attachment
) -> PublicationCheck:
    found = body.found.model_dump()
    return PublicationCheck(
        provider_id=work.provider_id,
        id=new_id(),
        publication_id=publication.id,
        channel_version=version.number,
        checked_at=body.at or work.now,
        checked_by=work.actor.name if body.checked_by is None else to_person(body.checked_by),
        entered_at=work.now,
        entered_by=work.actor.name,
        found=found,
        good=set(found.values()) == {"as_published"},
        proof_id=proof.id,
    )


async def _proof(work: UnitOfWork, attachment: Attachment | None) -> Proof | None:
    if attachment is None:
        return None
    return Proof(attachment.effective_at or attachment.received_at, await proves(work, attachment))


def _ask(work: UnitOfWork, publication: Publication, made_by: UUID) -> None:
    parameters, due_at = task_parameters(publication), publication.due_at
    give_task(work, publication.id, CHECKING, to_role(HANDLER), made_by=made_by, due_at=due_at, parameters=parameters)


async def _ask_for_correction(work: UnitOfWork, publication: Publication, made_by: UUID) -> None:
    """Asks the lead to have corrected what the latest look found, or no more where it found all as published."""
    if not publication.faulty:
        await end_tasks(work, publication.id, CORRECTING)
        return
    parameters = task_parameters(publication)
    give_task(work, publication.id, CORRECTING, to_role(LEAD), made_by=made_by, due_at=None, parameters=parameters)


async def _ask_no_more(work: UnitOfWork, publication: Publication) -> None:
    for kind in (CHECKING, CORRECTING):
        await end_tasks(work, publication.id, kind, "cancelled")


async def _attachment_added(
    work: UnitOfWork, publication: Publication, attachment: Attachment
) -> PublicationAttachmentAdded:
    return PublicationAttachmentAdded(**shared(publication), attachment=attached(attachment))


def _attachment_opened(attachment: Attachment) -> PublicationAttachmentOpened:
    return PublicationAttachmentOpened(publication_id=attachment.record_id, attachment=attached(attachment))


ATTACHABLE = Attachable(
    collection="publications",
    noun="publication",
    kind=Publication,
    purposes=(PROOF,),
    added=_attachment_added,
    opened=_attachment_opened,
    admit=admit,
)
"""What a place says of its files."""
