"""The life of a member."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text
from gateway.clients.rules import leaves_administrator

if TYPE_CHECKING:
    from gateway.members.models import Member


class State(StrEnum):
    """States of a member."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


STATES = {State.ACTIVE: Text("active", "有效"), State.WITHDRAWN: Text("withdrawn", "已停用")}

WITHDRAWN = Text("The member was withdrawn.", "该成员已停用。")
BY_INVITATION = Text(
    "Whoever was withdrawn comes back by an invitation of their own.", "已停用的成员须凭针对其本人的邀请重新加入。"
)


def is_invited(member: "Member", facts: object, *, body: object, actor: Who, now: datetime) -> Objection | None:
    """Nobody is taken in again unasked."""
    return Objection("not_invited", BY_INVITATION) if body is None else None


def withdrawn(member: "Member") -> Objection | None:
    """What stands against a change of a member or a new key for one: that the member was withdrawn."""
    return Objection("member_withdrawn", WITHDRAWN) if member.state == State.WITHDRAWN else None


LIFECYCLE: "Lifecycle[Member]" = Lifecycle(
    STATES,
    join=Step((), State.ACTIVE, permission="gateway.invitation.create"),
    rejoin=Step({State.WITHDRAWN}, State.ACTIVE, permission="gateway.invitation.create", guards=(is_invited,)),
    withdraw=Step(
        {State.ACTIVE}, State.WITHDRAWN, permission="gateway.member.withdraw", guards=(leaves_administrator,)
    ),
)
