"""The life of a message: states, steps, guards, and when what failed is tried again."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text

if TYPE_CHECKING:
    from chassis.messages.models import Message
    from chassis.messages.schemas import BounceIn


class State(StrEnum):
    """States of a message."""

    WAITING = "waiting"
    KEPT = "kept"
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    BOUNCED = "bounced"


STATES = {
    State.WAITING: Text("waiting to be sent", "待发送"),
    State.KEPT: Text("kept: no mail server is set up", "已留存（未设邮件服务器）"),
    State.SENT: Text("sent", "已发送"),
    State.REFUSED: Text("refused", "被拒收"),
    State.FAILED: Text("failed", "发送失败"),
    State.BOUNCED: Text("bounced", "被退回"),
}
UNREACHED = frozenset({State.REFUSED, State.FAILED, State.BOUNCED})
"""States in which nobody was reached."""

SYSTEM_ALONE = "system"
"""Stands for a permission where the system alone takes a step; no caller holds it."""

FIRST_WAIT, LONGEST_WAIT, LAST_TRY = timedelta(minutes=1), timedelta(hours=1), 29
"""Waits double from a minute to an hour: 29 tries are a day of waiting, to which time out of hours is added."""

NEVER_TRIED = Text("The message was never handed over.", "该消息从未发出。")


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries, the present one counted."""
    return min(FIRST_WAIT * (1 << min(tries - 1, 10)), LONGEST_WAIT)


def was_handed_over(
    message: "Message", facts: None, *, body: "BounceIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Only what was handed over can come back; a server may have taken it although we did not hear so."""
    return None if message.tries else Objection("never_tried", NEVER_TRIED)


@cache
def lifecycle(service: str) -> "Lifecycle[Message]":
    """The life of a service's messages."""

    def by_system(target: State) -> Step:
        return Step({State.WAITING}, target, permission=SYSTEM_ALONE)

    return Lifecycle(
        STATES,
        queue=Step((), State.WAITING, permission=SYSTEM_ALONE),
        keep=by_system(State.KEPT),
        send=by_system(State.SENT),
        refuse=by_system(State.REFUSED),
        give_up=by_system(State.FAILED),
        bounce=Step(
            {State.WAITING, State.SENT, State.FAILED},
            State.BOUNCED,
            permission=f"{service}.message.bounce",
            guards=(was_handed_over,),
        ),
    )
