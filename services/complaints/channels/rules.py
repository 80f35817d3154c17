"""The life of a channel: states, steps and guards."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text

if TYPE_CHECKING:
    from services.complaints.channels.models import Channel
    from services.complaints.channels.schemas import CreateChannelIn, PublishIn

OTHER = "other"
"""The built-in channel, which promises nothing: for whatever reached the provider in a way that is not published."""


class State(StrEnum):
    """States of a channel."""

    DRAFTED = "drafted"
    PUBLISHED = "published"
    RETIRED = "retired"


STATES = {
    State.DRAFTED: Text("drafted", "草拟"),
    State.PUBLISHED: Text("published", "已公布"),
    State.RETIRED: Text("retired", "已停用"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside the record: from when the latest version holds."""

    latest_valid_from: datetime | None


NEEDED = {
    "telephone": Text("The complaint telephone number is missing.", "缺少投诉电话。"),
    "web_address": Text("The online complaint address is missing.", "缺少网上投诉地址。"),
    "procedure": Text("The procedure for accepting complaints is missing.", "缺少受理程序。"),
    "limits": Text("The time limits are missing.", "缺少处理时限。"),
    "next_review_on": Text("The date of the next review is missing.", "缺少下次评审日期。"),
}
BUILT_IN = Text("The channel “other” is built in; choose another code.", "“other”为内置渠道，请使用其他代码。")
NOT_IN_ORDER = Text(
    "The limit to decide cannot be shorter than the limit to acknowledge.", "办结时限不得短于告知收悉的时限。"
)
BACKDATED = Text("A promise cannot hold from a time that has passed.", "承诺的生效时间不得早于当前时间。")
NOT_AFTER = Text("It must hold from later than the version before it.", "生效时间须晚于上一版本。")
REVIEW_PAST = Text("The next review must lie after the start.", "下次评审日期须晚于生效日期。")


def is_not_built_in(
    channel: None, facts: Facts, *, body: "CreateChannelIn", actor: Who, now: datetime
) -> Objection | None:
    """The code is not that of the built-in channel."""
    return Objection("built_in", BUILT_IN, "8.2") if body.code == OTHER else None


def has_telephone(
    channel: "Channel", facts: Facts, *, body: "PublishIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The complaint telephone number is published."""
    return _missing(body, "telephone", "8.2-6")


def has_web_address(
    channel: "Channel", facts: Facts, *, body: "PublishIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The online complaint address is published."""
    return _missing(body, "web_address", "8.2-7")


def has_procedure(
    channel: "Channel", facts: Facts, *, body: "PublishIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The procedure for accepting complaints is published."""
    return _missing(body, "procedure", "8.2-8")


def has_limits(
    channel: "Channel", facts: Facts, *, body: "PublishIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The time limits are published."""
    return _missing(body, "limits", "8.2-9")


def limits_in_order(
    channel: "Channel", facts: Facts, *, body: "PublishIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Nothing is to be decided before it is acknowledged."""
    limits = None if body is None else body.limits
    if limits is not None and limits.decide < limits.acknowledge:
        return Objection("limits_not_in_order", NOT_IN_ORDER, "8.2-9")
    return None


def holds_from_now_on(
    channel: "Channel", facts: Facts, *, body: "PublishIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A promise is not backdated, and follows the version before it."""
    if body is None:
        return None
    start = body.valid_from or now
    if start < now:
        return Objection("backdated", BACKDATED, "8.2")
    if facts.latest_valid_from is not None and start <= facts.latest_valid_from:
        return Objection("not_after_previous", NOT_AFTER, "8.2")
    return None


def review_follows(
    channel: "Channel", facts: Facts, *, body: "PublishIn | None", actor: Who, now: datetime
) -> Objection | None:
    """The next review is set, for after the day from which the promise holds."""
    if body is not None and body.next_review_on is not None and body.next_review_on <= (body.valid_from or now).date():
        return Objection("review_not_after_start", REVIEW_PAST, "8.2")
    return _missing(body, "next_review_on", "8.2")


def _missing(body: "PublishIn | None", field: str, clause: str) -> Objection | None:
    if body is None or getattr(body, field) is None:
        return Objection(f"{field}_missing", NEEDED[field], clause)
    return None


LIFECYCLE: "Lifecycle[Channel]" = Lifecycle(
    STATES,
    create=Step((), State.DRAFTED, permission="complaints.channel.create", guards=(is_not_built_in,), clause="8.2"),
    publish=Step(
        {State.DRAFTED, State.PUBLISHED},
        State.PUBLISHED,
        permission="complaints.channel.publish",
        guards=(
            has_telephone,
            has_web_address,
            has_procedure,
            has_limits,
            limits_in_order,
            holds_from_now_on,
            review_follows,
        ),
        clause="8.2",
    ),
    retire=Step({State.DRAFTED, State.PUBLISHED}, State.RETIRED, permission="complaints.channel.retire", clause="8.2"),
)
