"""What the clock does to places of publication: it asks for the next look, and when another version begins to hold."""

from uuid import UUID

from chassis.clocks.terms import term_ladder
from chassis.db import UnitOfWork
from chassis.jobs import locked
from contracts.publications import PublicationClockReached
from services.complaints.publications.actions import VERSION, follow_version
from services.complaints.publications.models import Publication
from services.complaints.publications.queries import shared, task_parameters
from services.complaints.publications.rules import CHECK


def clock_reached(publication: Publication) -> PublicationClockReached:
    """What the others are told when so much of the time until the next look has passed."""
    return PublicationClockReached(**shared(publication), percent=publication.reached)


async def version_begins(work: UnitOfWork, publication_id: UUID, step: str) -> None:
    """Holds a place against the version that holds from now on."""
    publication = await locked(work, Publication, publication_id)
    if publication is not None:
        await follow_version(work, publication)


TIMERS = term_ladder(CHECK, Publication, clock_reached, task_parameters) | {VERSION: version_begins}
