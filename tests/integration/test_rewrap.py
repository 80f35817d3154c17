"""After a master key was replaced, every key of a provider is wrapped anew, and the former one opens nothing more."""

from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from pydantic import SecretStr

from chassis import rewrap as rewrapping
from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.rewrap import rewrap
from chassis.sealing import Vault
from chassis.settings import Settings
from deploy.secrets import OWNER
from tests.make.exchange import PRODUCER, Exchange

PRESENT = "present" * 8


def settings_of_owner(exchange: Exchange) -> Settings:
    """What a process that acts as the owner of the producer's database is told."""
    password = SecretStr(exchange.broker.secrets.read(PRODUCER, OWNER))
    return exchange.settings(PRODUCER).model_copy(update={"database_owner_password": password})


async def test_keys_are_wrapped_by_the_present_master_key_however_often_it_runs(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrapping, "BATCH", 2)
    settings = settings_of_owner(exchange)
    former = settings.master_key
    told = settings.model_copy(update={"master_key": SecretStr(PRESENT), "former_master_key": former})
    providers = [new_id() for _ in range(3)]
    wrapped = {one: Vault(former.get_secret_value()).new_provider(one) for one in providers}
    for one in providers:
        query = "INSERT INTO provider_key (provider_id, wrapped, created_at) VALUES ($1, $2, $3)"
        await exchange.ask(PRODUCER, query, one, wrapped[one], utc_now())
    try:
        assert await rewrap(told) == await rewrap(told) == 3
        rows = await exchange.ask(PRODUCER, "SELECT provider_id, wrapped FROM provider_key")
        with pytest.raises(InvalidTag):
            await rewrap(settings)
        assert await exchange.ask(PRODUCER, "SELECT provider_id, wrapped FROM provider_key") == rows
    finally:
        await exchange.ask(PRODUCER, "TRUNCATE provider_key")
    for row in rows:
        provider, old = row["provider_id"], Vault(former.get_secret_value())
        assert Vault(PRESENT).open_provider(provider, row["wrapped"]) == old.open_provider(provider, wrapped[provider])


async def test_a_key_that_nothing_opens_stops_it_after_what_was_wrapped_before(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrapping, "BATCH", 2)
    settings = settings_of_owner(exchange)
    told = settings.model_copy(update={"master_key": SecretStr(PRESENT), "former_master_key": settings.master_key})
    providers = sorted(new_id() for _ in range(5))
    for number, one in enumerate(providers):
        wrapped = Vault("another" * 8 if number == 3 else settings.master_key.get_secret_value()).new_provider(one)
        query = "INSERT INTO provider_key (provider_id, wrapped, created_at) VALUES ($1, $2, $3)"
        await exchange.ask(PRODUCER, query, one, wrapped, utc_now())
    try:
        with pytest.raises(InvalidTag):
            await rewrap(told)
        rows = await exchange.ask(PRODUCER, "SELECT provider_id, wrapped FROM provider_key ORDER BY provider_id")
    finally:
        await exchange.ask(PRODUCER, "TRUNCATE provider_key")
    assert [row["provider_id"] for row in rows if opened(row["provider_id"], row["wrapped"])] == providers[:2]


def opened(provider: UUID, wrapped: bytes) -> bool:
    """Whether the present master key opens a provider's key."""
    try:
        Vault(PRESENT).open_provider(provider, wrapped)
    except InvalidTag:
        return False
    return True
