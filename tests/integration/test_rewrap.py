"""After a master key was replaced, every key of a provider is wrapped anew, and the former one opens nothing more."""

import pytest
from cryptography.exceptions import InvalidTag
from pydantic import SecretStr

from chassis.clock import utc_now
from chassis.ids import new_id
from chassis.rewrap import rewrap
from chassis.sealing import Vault
from tests.make.exchange import PRODUCER, Exchange

PRESENT = "present" * 8


async def test_keys_are_wrapped_by_the_present_master_key_however_often_it_runs(exchange: Exchange) -> None:
    settings = exchange.settings(PRODUCER)
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
