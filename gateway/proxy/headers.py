"""Headers on their way through: what ends here, what is set here, and nothing that a caller could smuggle."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from multidict import CIMultiDict

from chassis import errors
from chassis.errors import Problem

Headers = list[tuple[bytes, bytes]]

# RFC 9110, 7.6.1: for this connection alone. Proxy-Connection is no standard, but is sent.
HOP_BY_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
})  # fmt: skip
# What the gateway says itself; a caller's word for it ends here.
SAID_HERE = frozenset({
    b"host", b"authorization", b"content-length", b"expect", b"forwarded", b"traceparent", b"via", b"x-real-ip",
})  # fmt: skip
SERVERS_OWN = frozenset({b"server", b"date", b"strict-transport-security"})

POLICY = b"content-security-policy"
SECURITY: Headers = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
NOTHING_LOADS = (POLICY, b"default-src 'none'; frame-ancestors 'none'")
ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")
_SECURITY_NAMES = frozenset(name for name, _ in SECURITY)


@dataclass(slots=True)
class Incoming:
    """A request's headers, read once: those that go on, and those that the gateway itself needs."""

    onward: CIMultiDict[str] = field(default_factory=CIMultiDict)
    authorization: bytes | None = None
    traceparent: str | None = None
    length: int | None = None
    has_body: bool = False


def read(received: Iterable[tuple[bytes, bytes]]) -> Incoming:
    """Sorts a request's headers, whose names are in lower case; raises a 400 problem for what is ambiguous."""
    incoming, named = Incoming(), _named(received)
    try:
        for name, value in received:
            if name == b"authorization":
                if incoming.authorization is not None:
                    raise Problem(errors.MALFORMED)
                incoming.authorization = value
            elif name == b"traceparent":
                incoming.traceparent = value.decode()
            elif name == b"content-length":
                incoming.length = int(value)
                incoming.has_body = incoming.length > 0
            elif name == b"transfer-encoding":
                incoming.has_body = True
            elif _goes_on(name, named):
                incoming.onward.add(name.decode(), value.decode())
    except ValueError:
        raise Problem(errors.MALFORMED) from None
    return incoming


def answered(received: Iterable[tuple[bytes, bytes]], *, https: bool) -> Headers:
    """The headers of a service's answer as the caller gets them."""
    named = _named(received)
    passed = [
        (lower, value)
        for name, value in received
        if (lower := name.lower()) not in HOP_BY_HOP and lower not in SERVERS_OWN and lower not in named
    ]
    return secured(passed, https=https)


def secured(headers: Headers, *, https: bool) -> Headers:
    """Headers with those that every answer has; a content policy of its own stays."""
    added = list(SECURITY)
    if not any(name == POLICY for name, _ in headers):
        added.append(NOTHING_LOADS)
    if https:
        added.append(ONLY_HTTPS)
    return [(name, value) for name, value in headers if name not in _SECURITY_NAMES] + added


def _goes_on(name: bytes, named: frozenset[bytes]) -> bool:
    return not (name in HOP_BY_HOP or name in SAID_HERE or name in named or name.startswith(b"x-forwarded-"))


def _named(received: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """The headers that `Connection` names, which then are for this connection alone too."""
    return frozenset(
        option.strip().lower()
        for name, value in received
        if name.lower() == b"connection"
        for option in value.split(b",")
    )
