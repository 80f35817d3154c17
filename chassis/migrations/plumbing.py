"""The tables that every service has, as its first revision creates them; later changes are revisions of their own."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations.operations import journal_table, plumbing_table, tenant_table

AT = sa.DateTime(timezone=True)


def create_plumbing(service: str) -> None:
    """Journal, outbox, inbox, dead letters, timers, idempotency, attempts, providers and their keys."""
    _create_journal(service)
    _create_deliveries(service)
    _create_requests(service)
    _create_providers(service)


def _column(name: str, kind: sa.types.TypeEngine[Any], *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _create_journal(service: str) -> None:
    op.create_table(
        "journal",
        _column("provider_id", sa.Uuid()),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _column("id", sa.Uuid()),
        _column("type", sa.Text()),
        _column("subject", sa.Uuid()),
        _column("version", sa.BigInteger()),
        _column("actor", sa.Text()),
        _column("at", AT),
        _column("correlation", sa.Uuid()),
        _column("causation", sa.Uuid(), null=True),
        _column("clause", sa.Text(), null=True),
        _column("data", postgresql.JSONB()),
        sa.PrimaryKeyConstraint("provider_id", "seq", name="pk_journal"),
        sa.UniqueConstraint("provider_id", "subject", "version", name="uq_journal_provider_id_subject_version"),
        sa.UniqueConstraint("provider_id", "id", name="uq_journal_provider_id_id"),
    )
    journal_table(service, "journal")
    op.create_table(
        "outbox",
        _column("seq", sa.BigInteger()),
        _column("provider_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
    )
    plumbing_table(service, "outbox")


def _create_deliveries(service: str) -> None:
    op.create_table(
        "inbox",
        _column("event_id", sa.Uuid()),
        _column("handled_at", AT),
        sa.PrimaryKeyConstraint("event_id", name="pk_inbox"),
    )
    op.create_index("ix_inbox_handled_at", "inbox", ["handled_at"])
    op.create_table(
        "delivery_failure",
        _column("event_id", sa.Uuid()),
        _column("failures", sa.SmallInteger()),
        _column("last_failed_at", AT),
        sa.PrimaryKeyConstraint("event_id", name="pk_delivery_failure"),
    )
    op.create_table(
        "dead_letter",
        _column("id", sa.Uuid()),
        _column("event_id", sa.Uuid(), null=True),
        _column("producer", sa.Text()),
        _column("sequence", sa.BigInteger()),
        _column("payload", sa.LargeBinary()),
        _column("reason", sa.Text()),
        _column("failures", sa.SmallInteger()),
        _column("died_at", AT),
        sa.PrimaryKeyConstraint("id", name="pk_dead_letter"),
    )
    op.create_index("ix_dead_letter_died_at", "dead_letter", ["died_at"])
    for table in ("inbox", "delivery_failure", "dead_letter"):
        plumbing_table(service, table)


def _create_requests(service: str) -> None:
    op.create_table(
        "timer",
        _column("provider_id", sa.Uuid()),
        _column("record", sa.Uuid()),
        _column("clock", sa.Text()),
        _column("step", sa.Text()),
        _column("due_at", AT),
        _column("failures", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("provider_id", "record", "clock", "step", name="pk_timer"),
    )
    op.create_index("ix_timer_due_at", "timer", ["due_at"])
    op.create_table(
        "idempotency",
        _column("key_hash", sa.LargeBinary()),
        _column("request_hash", sa.LargeBinary()),
        _column("answer", sa.LargeBinary(), null=True),
        _column("expires_at", AT),
        sa.PrimaryKeyConstraint("key_hash", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_expires_at", "idempotency", ["expires_at"])
    op.create_table(
        "attempt",
        _column("key_hash", sa.LargeBinary()),
        _column("tries", sa.SmallInteger()),
        _column("expires_at", AT),
        sa.PrimaryKeyConstraint("key_hash", name="pk_attempt"),
    )
    op.create_index("ix_attempt_expires_at", "attempt", ["expires_at"])
    for table in ("timer", "idempotency", "attempt"):
        plumbing_table(service, table)


def _create_providers(service: str) -> None:
    op.create_table(
        "provider",
        _column("id", sa.Uuid()),
        _column("slug", sa.Text()),
        _column("version", sa.BigInteger()),
        _column("state", postgresql.JSONB()),
        sa.PrimaryKeyConstraint("id", name="pk_provider"),
        sa.UniqueConstraint("slug", name="uq_provider_slug"),
    )
    plumbing_table(service, "provider")
    op.create_table(
        "provider_key",
        _column("provider_id", sa.Uuid()),
        _column("wrapped", sa.LargeBinary()),
        _column("created_at", AT),
        sa.PrimaryKeyConstraint("provider_id", name="pk_provider_key"),
    )
    tenant_table(service, "provider_key")
