"""The life of a client, and who may give it which roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from chassis.actors import Who
from chassis.errors import Objection
from chassis.lifecycle import Lifecycle, Step
from contracts.base import Text

if TYPE_CHECKING:
    from gateway.clients.models import Client
    from gateway.clients.schemas import ClientIn

ADMINISTRATOR = "administrator"


class State(StrEnum):
    """States of a client."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


STATES = {State.ACTIVE: Text("active", "有效"), State.WITHDRAWN: Text("withdrawn", "已停用")}

HAS_ADMINISTRATOR = Text(
    "The provider has an administrator already, who registers its clients.", "该供方已有管理员，客户端由其登记。"
)
LAST_ADMINISTRATOR = Text(
    "It is the provider's last active administrator; make another one first.",
    "这是该供方最后一个有效的管理员，请先设立另一个管理员。",
)
NOT_ADMINISTRATOR = Text(
    "The operator registers a provider's first administrator only.", "系统运营方只能登记供方的首个管理员。"
)
WITHDRAWN = Text("The client was withdrawn.", "该客户端已停用。")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards know beside the record: whether the provider has another active administrator."""

    has_administrator: bool


def needs_administrator(
    client: "Client | None", facts: Facts, *, body: "ClientIn", actor: Who, now: datetime
) -> Objection | None:
    """The operator helps a provider to its first administrator; from then on the provider is its own master."""
    return Objection("has_administrator", HAS_ADMINISTRATOR) if facts.has_administrator else None


def is_administrator(
    client: "Client | None", facts: Facts, *, body: "ClientIn", actor: Who, now: datetime
) -> Objection | None:
    """What the operator registers is an administrator."""
    return None if list(body.roles) == [ADMINISTRATOR] else Objection("not_administrator", NOT_ADMINISTRATOR)


class HasRoles(Protocol):
    """Who acts for a provider: a client or a member."""

    roles: Any


def last_administrator(holder: HasRoles, facts: Facts, roles: Sequence[str]) -> Objection | None:
    """What stands against other roles: that a provider without an administrator could not be helped by its own."""
    loses = ADMINISTRATOR in holder.roles and ADMINISTRATOR not in roles
    return Objection("last_administrator", LAST_ADMINISTRATOR) if loses and not facts.has_administrator else None


def leaves_administrator(
    holder: HasRoles, facts: Facts, *, body: object, actor: Who, now: datetime
) -> Objection | None:
    """Whoever goes leaves an administrator behind, a person or a machine."""
    return last_administrator(holder, facts, ())


def withdrawn(client: "Client") -> Objection | None:
    """What stands against a change of a client or a new key for it: that it was withdrawn."""
    return Objection("client_withdrawn", WITHDRAWN) if client.state == State.WITHDRAWN else None


LIFECYCLE: "Lifecycle[Client]" = Lifecycle(
    STATES,
    create=Step((), State.ACTIVE, permission="gateway.client.create"),
    create_first=Step(
        (), State.ACTIVE, permission="gateway.client.create", guards=(needs_administrator, is_administrator)
    ),
    withdraw=Step(
        {State.ACTIVE}, State.WITHDRAWN, permission="gateway.client.withdraw", guards=(leaves_administrator,)
    ),
)
