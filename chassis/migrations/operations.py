"""Operations of migrations: grants, and the policies that hold a table to one provider at a time."""

from alembic import op

THIS_PROVIDER = "provider_id = nullif(current_setting('app.provider_id', true), '')::uuid"


def tenant_table(service: str, table: str) -> None:
    """Holds a table to the provider of the transaction, for its owner too, and lets both serving roles work on it."""
    _hold_to_provider(table)
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {service}_app, {service}_worker")


def journal_table(service: str, table: str) -> None:
    """The same for an append-only table; the worker, which publishes for all providers, reads them all."""
    _hold_to_provider(table)
    op.execute(f"CREATE POLICY every_provider ON {table} FOR SELECT TO {service}_worker USING (true)")
    op.execute(f"GRANT SELECT, INSERT ON {table} TO {service}_app, {service}_worker")


def plumbing_table(service: str, table: str) -> None:
    """Lets both serving roles work on a table that knows no provider's data."""
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {service}_app, {service}_worker")


def _hold_to_provider(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY this_provider ON {table} USING ({THIS_PROVIDER}) WITH CHECK ({THIS_PROVIDER})")
