"""Tries at a code: five an hour for each thing it opens, counted one by one, whatever becomes of the request."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chassis import errors
from chassis.actors import SYSTEM
from chassis.attempts import TRIES, WINDOW, count_attempt, forget_attempts
from chassis.clock import utc_now
from chassis.database import Database
from chassis.db import INSTALLATION
from chassis.errors import Problem
from chassis.ids import new_id
from chassis.sealing import Vault
from tests.make.complaints import SetClock
from tests.make.house import House


@pytest.fixture
def clock() -> SetClock:
    return SetClock(utc_now())


@pytest.fixture
async def database(house: House, clock: SetClock) -> AsyncIterator[Database]:
    """Connections of the serving role by the test's clock."""
    settings = house.settings("projects")
    database = Database(settings, "app", Vault(settings.master_key.get_secret_value()), clock=clock)
    yield database
    await database.close()


@pytest.fixture
def what() -> str:
    """Something that a code opens."""
    return f"door {new_id()}"


async def spent(database: Database, what: str) -> Problem:
    with pytest.raises(Problem) as refused:
        await count_attempt(database, what)
    assert refused.value.kind is errors.TOO_MANY
    return refused.value


async def test_the_sixth_try_within_an_hour_is_refused_and_told_when_to_come_again(
    database: Database, clock: SetClock, what: str
) -> None:
    for _ in range(TRIES):
        await count_attempt(database, what)
    clock.forward(timedelta(minutes=20))
    assert int((await spent(database, what)).headers["Retry-After"]) == 40 * 60
    await count_attempt(database, f"another {what}")


async def test_an_hour_after_the_first_try_there_are_five_again(database: Database, clock: SetClock, what: str) -> None:
    for _ in range(2):
        for _ in range(TRIES):
            await count_attempt(database, what)
        await spent(database, what)
        clock.forward(WINDOW + timedelta(seconds=1))


async def test_trying_on_while_it_is_refused_does_not_put_the_hour_off(
    database: Database, clock: SetClock, what: str
) -> None:
    for _ in range(TRIES):
        await count_attempt(database, what)
    for _ in range(6):
        clock.forward(timedelta(minutes=9))
        await spent(database, what)
    clock.forward(timedelta(minutes=7))
    await count_attempt(database, what)


async def test_tries_side_by_side_count_one_by_one(database: Database, what: str) -> None:
    tries = (count_attempt(database, what) for _ in range(4 * TRIES))
    ended = await asyncio.gather(*tries, return_exceptions=True)
    assert [one for one in ended if one is not None and not isinstance(one, Problem)] == []
    assert sum(one is None for one in ended) == TRIES


async def test_a_right_code_forgets_the_tries_unless_its_request_fails(database: Database, what: str) -> None:
    async def open_door(*, well: bool) -> None:
        async with database.work(INSTALLATION, actor=SYSTEM, correlation=new_id()) as work:
            await forget_attempts(work, what)
            if not well:
                raise Problem(errors.REFUSED)

    for _ in range(TRIES):
        await count_attempt(database, what)
    with pytest.raises(Problem):
        await open_door(well=False)
    await spent(database, what)
    await open_door(well=True)
    await count_attempt(database, what)
