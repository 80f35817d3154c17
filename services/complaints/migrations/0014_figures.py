"""Figures of complaints, and how often they occur."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations.operations import tenant_table

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "complaint_figure",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Integer(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("acknowledged_minutes", sa.Integer(), nullable=True),
        sa.Column("acknowledged_work", sa.Integer(), nullable=True),
        sa.Column("responded_minutes", sa.Integer(), nullable=True),
        sa.Column("responded_work", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_minutes", sa.Integer(), nullable=True),
        sa.Column("decided_work", sa.Integer(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.Column("first_time", sa.Boolean(), nullable=False),
        sa.Column("promised_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("promised_met", sa.Boolean(), nullable=False),
        sa.Column("agreed_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("agreed_met", sa.Boolean(), nullable=False),
        sa.Column("follow_up_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("follow_up_on", sa.Date(), nullable=True),
        sa.Column("follow_up_met", sa.Boolean(), nullable=False),
        sa.Column("followed_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("followed_up_on", sa.Date(), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.Column("returned", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("reopened", sa.Boolean(), nullable=False),
        sa.Column("refused_on", sa.Date(), nullable=True),
        sa.Column("overturned", sa.Boolean(), nullable=False),
        sa.Column("waivers", sa.SmallInteger(), nullable=False),
        sa.Column("overrides", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_complaint_figure")),
        sa.UniqueConstraint(
            "provider_id", "complaint_id", "round", name=op.f("uq_complaint_figure_provider_id_complaint_id_round")
        ),
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_agreed_due_at_id"),
        "complaint_figure",
        ["provider_id", "agreed_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("open AND decided_at IS NULL"),
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_agreed_on"),
        "complaint_figure",
        ["provider_id", "agreed_on"],
        unique=False,
        postgresql_where=sa.text("agreed_on IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_closed_on"),
        "complaint_figure",
        ["provider_id", "closed_on"],
        unique=False,
        postgresql_where=sa.text("closed_on IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_customer_id"),
        "complaint_figure",
        ["provider_id", "customer_id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_decided_on"),
        "complaint_figure",
        ["provider_id", "decided_on"],
        unique=False,
        postgresql_where=sa.text("decided_on IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_follow_up_on"),
        "complaint_figure",
        ["provider_id", "follow_up_on"],
        unique=False,
        postgresql_where=sa.text("follow_up_on IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_followed_up_on"),
        "complaint_figure",
        ["provider_id", "followed_up_on"],
        unique=False,
        postgresql_where=sa.text("followed_up_on IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_promised_on"),
        "complaint_figure",
        ["provider_id", "promised_on"],
        unique=False,
        postgresql_where=sa.text("promised_on IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_received_at_id"),
        "complaint_figure",
        ["provider_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_received_on"),
        "complaint_figure",
        ["provider_id", "received_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_complaint_figure_provider_id_refused_on"),
        "complaint_figure",
        ["provider_id", "refused_on"],
        unique=False,
        postgresql_where=sa.text("refused_on IS NOT NULL"),
    )
    op.create_table(
        "figure_count",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "provider_id",
            "measure",
            "grain",
            "starts_on",
            "channel",
            "customer",
            "service",
            "cause",
            name=op.f("pk_figure_count"),
        ),
    )
    op.create_table(
        "figure_progress",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("through_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("through_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_figure_progress")),
    )
    for table in ("complaint_figure", "figure_count", "figure_progress"):
        tenant_table("complaints", table)
