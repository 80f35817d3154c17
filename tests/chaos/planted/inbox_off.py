"""The bug: whether an event was dealt with before is neither asked nor noted."""

from chassis import reactions

EVERY_TIME = """
SELECT EXISTS (SELECT FROM provider WHERE id = $6 AND state->>'life' = 'erased') AS erased
WHERE ($1::uuid, $2::timestamptz, $3::text, $4::timestamptz, $5::timestamptz) IS NOT NULL
"""


def plant() -> None:
    """Take every delivery for the first."""
    reactions.FIRST_TIME = EVERY_TIME
