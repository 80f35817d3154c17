"""${message[0].upper() + message[1:]}."""

import sqlalchemy as sa
from alembic import op
% if imports:
${imports}
% endif

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Applies the change."""
    ${upgrades if upgrades else "pass"}
