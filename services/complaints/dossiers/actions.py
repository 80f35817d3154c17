"""What is done to a dossier: it is frozen when its complaint is closed."""

from services.complaints.dossiers.queries import hash_at_closing
from services.complaints.steps.queries import Matter


async def freeze(matter: Matter) -> None:
    """Keeps the hash of a complaint that is being closed.

    To be called when everything about the closing has been set and its clocks were stopped, before its entry is
    journalled: the entry carries the hash, so it cannot be part of it.
    """
    matter.complaint.dossier_sha256 = await hash_at_closing(matter, matter.clocks)
