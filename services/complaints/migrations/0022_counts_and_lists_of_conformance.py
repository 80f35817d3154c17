"""Counts of follow-ups and closings, and indexes of what conformance lists; filled from the figures that are here."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

LISTED = {
    "promised_on_id": "promised_on IS NOT NULL AND NOT promised_met",
    "follow_up_on_id": "follow_up_on IS NOT NULL AND NOT follow_up_met",
    "closed_on_id_incomplete": "incomplete",
    "closed_on_id_waived": "waivers > 0",
}
COUNTED = {
    "follow_up": ("follow_up_on", "true"),
    "follow_up_met": ("follow_up_on", "follow_up_met"),
    "closed": ("closed_on", "true"),
    "dossiers": ("closed_on", "present AND incomplete IS NOT NULL"),
}
COUNTS = """
INSERT INTO figure_count (provider_id, measure, grain, starts_on, channel, customer, service, cause, number)
SELECT f.provider_id, '{measure}', cell.grain, cell.starts_on, cell.channel, cell.customer, '', '', count(*)
FROM complaint_figure AS f
CROSS JOIN LATERAL (
    VALUES ('day', f.{day}, f.channel, ''),
           ('month', date_trunc('month', f.{day})::date, '', coalesce(f.customer_id::text, '-'))
) AS cell (grain, starts_on, channel, customer)
WHERE f.{day} IS NOT NULL AND {counts}
GROUP BY 1, 3, 4, 5, 6
"""


def upgrade() -> None:
    """Applies the change."""
    for name, which in LISTED.items():
        op.create_index(
            op.f(f"ix_complaint_figure_provider_id_{name}"),
            "complaint_figure",
            ["provider_id", name.partition("_id")[0], "id"],
            unique=False,
            postgresql_where=sa.text(which),
        )
    for measure, (day, counts) in COUNTED.items():
        op.execute(COUNTS.format(measure=measure, day=day, counts=counts))
