"""Headers on their way through: what ends here, what is set here, and nothing that a caller could smuggle."""

from collections.abc import Iterable, Iterator
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
REQUEST_ENDS = HOP_BY_HOP | SAID_HERE
SAID_HERE_PREFIX = b"x-forwarded-"

POLICY = b"content-security-policy"
SECURITY: Headers = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
NOTHING_LOADS = (POLICY, b"default-src 'none'; frame-ancestors 'none'")
ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")
SECURITY_NAMES = frozenset(name for name, _ in SECURITY)
ANSWER_ENDS = HOP_BY_HOP | SECURITY_NAMES | {b"server", b"date", b"strict-transport-security"}


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
    incoming, options = Incoming(), b""
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
            elif name == b"connection":
                options += b"," + value
            elif name not in REQUEST_ENDS and not name.startswith(SAID_HERE_PREFIX):
                incoming.onward.add(name.decode(), value.decode())
        for name in _named(options):
            incoming.onward.popall(name.decode(), None)
    except ValueError:
        raise Problem(errors.MALFORMED) from None
    return incoming


def answered(received: Iterable[tuple[bytes, bytes]], *, https: bool) -> Headers:
    """The headers of a service's answer as the caller gets them."""
    passed, options = [], b""
    for name, value in received:
        lower = name.lower()
        if lower == b"connection":
            options += b"," + value
        elif lower not in ANSWER_ENDS:
            passed.append((lower, value))
    if options:
        named = set(_named(options))
        passed = [(name, value) for name, value in passed if name not in named]
    return _with_security(passed, https=https)


def secured(headers: Headers, *, https: bool) -> Headers:
    """Headers with those that every answer has; a content policy of its own stays."""
    return _with_security([(name, value) for name, value in headers if name not in SECURITY_NAMES], https=https)


def _with_security(headers: Headers, *, https: bool) -> Headers:
    added = [*headers, *SECURITY]
    if all(name != POLICY for name, _ in headers):
        added.append(NOTHING_LOADS)
    if https:
        added.append(ONLY_HTTPS)
    return added


def _named(options: bytes) -> Iterator[bytes]:
    """The headers that `Connection` names, which then are for this connection alone too."""
    return (option.strip().lower() for option in options.split(b",") if option.strip())
