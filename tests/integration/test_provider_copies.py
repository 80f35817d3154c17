"""A service finds providers in its own copy: new ones within moments, changed ones within five seconds."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from chassis import errors, providers
from chassis.actors import SYSTEM
from chassis.errors import Problem
from chassis.ids import new_id
from chassis.providers import FRESH_SECONDS, GRACE_SECONDS, ProviderDirectory, keep_provider
from contracts.gateway import ProviderState
from gateway.providers.schemas import RegisterIn
from tests.make.house import House, Tenant


class Ticking:
    """A monotonic clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        """Seconds since whenever."""
        return self.seconds


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Ticking:
    """The directory's clock, set by the test."""
    ticking = Ticking()
    monkeypatch.setattr(providers, "time", SimpleNamespace(monotonic=ticking.monotonic))
    return ticking


@pytest.fixture
def directory(house: House) -> ProviderDirectory:
    """A directory that has not been asked yet."""
    return ProviderDirectory(house.database("risk"))


async def told(house: House, tenant: Tenant, version: int, **changes: Any) -> None:
    """The service learns of a provider's state."""
    state = {"provider_id": tenant.id, "slug": tenant.slug, "name": "示范供方", "time_zone": "UTC", "language": "en"}
    async with house.database("risk").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
        await keep_provider(work, ProviderState(**{**state, "working_hours": {}, **changes}), version)


async def refusal(directory: ProviderDirectory, provider: str) -> Problem:
    with pytest.raises(Problem) as refused:
        await directory.get(provider)
    return refused.value


async def test_a_provider_is_found_by_its_id_and_by_its_short_name(
    directory: ProviderDirectory, tenant: Tenant
) -> None:
    for name in (str(tenant.id), str(tenant.id).upper(), tenant.slug):
        assert (await directory.get(name)).provider_id == tenant.id


async def test_an_unknown_provider_is_awaited_for_half_a_minute_and_then_not_there(
    directory: ProviderDirectory, ticking: Ticking
) -> None:
    name = f"p-{new_id().hex[-12:]}"
    first = await refusal(directory, name)
    assert (first.kind, first.headers) == (errors.UNAVAILABLE, {"Retry-After": "1"})
    ticking.seconds += GRACE_SECONDS - 1
    assert (await refusal(directory, name)).kind is errors.UNAVAILABLE
    ticking.seconds += 1
    assert (await refusal(directory, name)).kind is errors.NOT_FOUND
    assert (await refusal(directory, f"{name}-2")).kind is errors.UNAVAILABLE, "another one is awaited by itself"


async def test_a_provider_that_arrives_late_is_found_also_after_it_was_given_up(
    house: House, directory: ProviderDirectory, ticking: Ticking
) -> None:
    provider_id = new_id()
    late = Tenant(provider_id, f"p-{provider_id.hex[-12:]}")
    await refusal(directory, late.slug)
    ticking.seconds += GRACE_SECONDS
    assert (await refusal(directory, late.slug)).kind is errors.NOT_FOUND
    await told(house, late, 1)
    assert (await directory.get(late.slug)).provider_id == late.id


async def test_a_change_shows_within_five_seconds(
    house: House, directory: ProviderDirectory, tenant: Tenant, ticking: Ticking
) -> None:
    assert (await directory.get(tenant.slug)).name == "示范供方"
    await told(house, tenant, 2, name="另一名称")
    ticking.seconds += FRESH_SECONDS
    assert (await directory.get(tenant.slug)).name == "另一名称"


async def test_the_newest_state_stands_whatever_order_it_is_told_in(
    house: House, directory: ProviderDirectory, tenant: Tenant
) -> None:
    await told(house, tenant, 5, name="fifth")
    await told(house, tenant, 3, name="third")
    await told(house, tenant, 5, name="fifth again")
    assert (await directory.get(tenant.slug)).name == "fifth"


async def test_no_more_than_so_many_names_are_remembered(
    directory: ProviderDirectory, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "REMEMBERED", 3)
    for number in range(5):
        await refusal(directory, f"nobody-{number}")
        await directory.get(str(tenant.id))
    assert len(directory._missed) == 3


async def test_whatever_a_provider_is_called_in_an_address_breaks_nothing(house: House) -> None:
    async with house.client("complaints") as client:
        for name in ("%00", "%ff", "a" * 63, "'; DROP TABLE provider; --", "供方", "{}", "%7B%7D"):
            answer = await client.get(f"/v1/public/{name}/channels")
            assert answer.status_code in {404, 422, 503}, f"{name}: {answer.text}"
        assert (await client.get(f"/v1/public/{'a' * 64}/channels")).status_code == 422


@pytest.mark.parametrize(
    "slug", ["0" * 32, "01a20a0f-9f16-75b9-8e67-e5c5f6259115", "0-1a20a0f9f1675b98e67e5c5f625911-5"]
)
def test_no_short_name_can_be_taken_for_an_id(slug: str) -> None:
    assert UUID(slug).int >= 0, "an address with it is looked up by id"
    profile = {"name": "示范供方", "time_zone": "UTC", "language": "en", "working_hours": {}}
    assert RegisterIn.model_validate(profile | {"slug": f"{slug}x"}).slug == f"{slug}x"
    with pytest.raises(ValidationError, match="refused"):
        RegisterIn.model_validate(profile | {"slug": slug})
