"""The life of an invitation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from chassis.tasks.rules import TaskKind
from contracts.base import Text
from gateway.members.rules import State as MemberState

if TYPE_CHECKING:
    from gateway.invitations.models import Invitation

RECOVERY_WAITS, RECOVERY_LIVES = timedelta(hours=72), timedelta(days=7)
"""How long a provider's administrators can object to the operator's invitation, and how long it is then usable."""


class State(StrEnum):
    """States of an invitation; that its time is over is no state, but a time."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


STATES = {
    State.OPEN: Text("open", "待接受"),
    State.ACCEPTED: Text("accepted", "已接受"),
    State.WITHDRAWN: Text("withdrawn", "已撤回"),
}

RECOVERED = Text(
    "An administrator is being recovered by the operator: withdraw it if you did not ask for it",
    "运营方正在恢复一名管理员：如非贵方要求，请撤回该邀请",
)
OBJECT_TO_RECOVERY = TaskKind(
    "object_to_recovery",
    "invitation",
    title=RECOVERED,
    reminder=RECOVERED,
)

BY_LINK = Text("Only whoever has the link accepts it.", "仅持有链接者可接受邀请。")
OVER = Text("The invitation is over; ask for a new one.", "邀请已过期，请索取新的邀请。")
TOO_EARLY = Text("The invitation can be accepted from {at} on.", "该邀请自 {at} 起方可接受。")
ANOTHER_PERSON = Text("The invitation is for another person.", "该邀请属于他人。")
IS_MEMBER = Text(
    "You are or were a member already; ask for an invitation as that member.",
    "您已是或曾是成员，请索取针对该成员的邀请。",
)
GONE = Text("The member was withdrawn since; ask for a new invitation.", "该成员已停用，请索取新的邀请。")
STAYS = Text(
    "An active member keeps their roles; change them on the member.", "有效成员的角色保持不变，请在成员资料中修改。"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside an invitation.

    The account of the one who accepts, if signed in; and the state of the member that the invitation or that account
    belongs to, if there is one.
    """

    account_id: UUID | None = None
    member_state: str | None = None


def has_secret(invitation: "Invitation", facts: Facts, *, body: object, actor: Who, now: datetime) -> Objection | None:
    """The one who accepts has shown the secret: by it the invitation was found."""
    return Objection("by_link", BY_LINK) if body is None else None


def is_in_time(invitation: "Invitation", facts: Facts, *, body: object, actor: Who, now: datetime) -> Objection | None:
    """An invitation is usable between two times."""
    if now >= invitation.expires_at:
        return Objection("expired", OVER)
    if now < invitation.usable_from:
        return Objection("too_early", TOO_EARLY.filled(at=invitation.usable_from.isoformat(timespec="minutes")))
    return None


def suits_person(
    invitation: "Invitation", facts: Facts, *, body: object, actor: Who, now: datetime
) -> Objection | None:
    """Somebody new comes by an invitation for nobody in particular, a member by one for that member alone."""
    if invitation.account_id is None:
        return None if facts.member_state is None else Objection("is_member", IS_MEMBER)
    if facts.account_id not in {None, invitation.account_id}:
        return Objection("another_person", ANOTHER_PERSON)
    if facts.member_state == MemberState.WITHDRAWN and not invitation.roles:
        return Objection("member_withdrawn", GONE)
    return None


def link_of(issuer: str, slug: str, secret: str) -> str:
    """The link of an invitation; browsers send nobody what follows the `#`."""
    return f"{issuer.rstrip('/')}/invitations#{slug}.{secret}"


LIFECYCLE: "Lifecycle[Invitation]" = Lifecycle(
    STATES,
    create=Step((), State.OPEN, permission="gateway.invitation.create"),
    accept=Step(
        {State.OPEN},
        State.ACCEPTED,
        permission="gateway.invitation.read",
        guards=(has_secret, is_in_time, suits_person),
    ),
    withdraw=Step({State.OPEN}, State.WITHDRAWN, permission="gateway.invitation.withdraw"),
)
