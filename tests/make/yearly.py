"""Years of complaints that are over: their registers, and the reviews that are due of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from chassis.actors import SYSTEM
from chassis.ids import new_id
from chassis.tables import Timer
from services.complaints.app import SERVICE
from services.complaints.registers.models import Register
from tests.make.complaints import Json, made, receive
from tests.make.handling import Desk
from tests.make.house import House, Tenant

DECEMBER = datetime(2025, 12, 29, 2, tzinfo=UTC)
NEW_YEAR = datetime(2025, 12, 31, 16, tzinfo=UTC)
"""Midnight in Shanghai, where the desk is."""


async def close_year(desk: Desk, year: int = 2025) -> Json:
    """The register of a year, numbered."""
    register = made(await desk.by["lead"].post("/v1/registers", json={"year": year}), 201)
    assert register["state"] == "numbering"
    desk.clock.forward(timedelta(seconds=10))
    await settle(desk, register)
    return made(await desk.by["lead"].get(f"/v1/registers/{register['id']}"))


async def settle(desk: Desk, register: Json) -> None:
    """Takes what the clock has to do for a register; another worker may be at it, whose end the lock waits for."""
    database, register_id = desk.house.database("complaints"), UUID(register["id"])
    waiting = True
    while waiting:
        await desk.fire()
        async with database.work(desk.tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await work.load(Register, register_id)
            left = select(Timer).where(Timer.provider_id == work.provider_id, Timer.record == register_id)
            waiting = (await work.session.execute(left)).first() is not None


async def past_register(house: House, tenant: Tenant) -> Json:
    """The register of a year that was long over, not numbered yet; the same for whoever asks."""
    person = house.person_token(tenant, new_id(), "complaint_lead")
    async with house.client_of("complaints", person) as client:
        found = made(await client.get("/v1/registers"))["items"]
        register: Json = found[0] if found else made(await client.post("/v1/registers", json={"year": 2001}), 201)
    return register


async def due_review(house: House, tenant: Tenant) -> Json:
    """The review of last year; the same for whoever asks."""
    last_year = datetime.now(UTC).replace(month=6, day=1) - timedelta(days=365)
    async with house.client("complaints", tenant, "administrator") as client:
        await receive(client, received_at=last_year.isoformat())
        async with house.database("complaints").work(tenant.id, actor=SYSTEM, correlation=new_id()) as work:
            await SERVICE.daily["yearly_review"](work, work.provider_id, "sweeps")
        review: Json = made(await client.get("/v1/reviews"))["items"][0]
    return review
