"""What each service may say and hear at the broker: its own stream, and its durables on those it consumes from."""

from dataclasses import dataclass

from deploy.topology import CONSUMES


@dataclass(frozen=True)
class Permissions:
    """Subjects of one NATS user; everything else is refused. A wildcard matches whole tokens."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def permissions(service: str) -> Permissions:
    """What the user of one service may do."""
    return Permissions(
        publish=(
            f"evt.{service}.>",
            *(f"$JS.API.STREAM.{verb}.{service}" for verb in ("CREATE", "UPDATE", "INFO")),
            *(subject for producer in CONSUMES[service] for subject in _consuming(producer, service)),
        ),
        subscribe=(f"_INBOX_{service}.>", f"svc.{service}.>"),
    )


def _consuming(producer: str, consumer: str) -> tuple[str, ...]:
    """Create, watch, read and acknowledge one durable, and ask its producer for what is missing."""
    return (
        f"$JS.API.CONSUMER.CREATE.{producer}.{consumer}",
        f"$JS.API.CONSUMER.CREATE.{producer}.{consumer}.>",
        f"$JS.API.CONSUMER.INFO.{producer}.{consumer}",
        f"$JS.API.CONSUMER.MSG.NEXT.{producer}.{consumer}",
        f"$JS.API.STREAM.INFO.{producer}",
        f"$JS.ACK.{producer}.{consumer}.>",
        f"svc.{producer}.digest",
        f"svc.{producer}.replay",
    )
