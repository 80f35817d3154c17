"""Who may: no route reaches the database without saying which permission it needs."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request

from chassis import errors
from chassis.actors import PUBLIC, Who
from chassis.db import INSTALLATION, UnitOfWork
from chassis.exports import EXPORTER
from chassis.idempotency import Claim
from chassis.runtime import runtime_of
from chassis.tokens import Caller, InvalidToken
from chassis.trace import present_trace
from chassis.transactions import opened
from contracts.base import Text
from contracts.gateway import ProviderState

NO_TOKEN = Text(
    "Send Authorization: Bearer with a valid access token.", "请在 Authorization: Bearer 中提供有效的访问令牌。"
)
NO_PERMISSION = Text("The token lacks the permission {permission}.", "令牌缺少权限 {permission}。")
NO_PROVIDER = Text("The token is not for a provider.", "该令牌不属于任何供方。")
NOT_ACTIVE = Text(
    "The provider is suspended or leaving: its records can be read, and not changed.",
    "该供方已暂停或正在退出：其记录可以查看，不能更改。",
)
FOR_OPERATORS = Text("Only a token of the installation's operator may do this.", "仅限本系统运营方的令牌。")
NEED_IF_MATCH = Text("Say in If-Match which version you have seen.", "请在 If-Match 中注明所见的版本。")
BAD_IF_MATCH = Text('If-Match is a version in quotes, such as "3".', 'If-Match 应为带引号的版本号，例如 "3"。')

READING = frozenset({"GET", "HEAD"})

ProviderName = Annotated[str, Path(description="The provider's short name or id.", max_length=63, examples=["demo"])]


def authenticate(request: Request) -> Caller:
    """The caller that the request's bearer token speaks for; raises a 401 problem."""
    verifier = runtime_of(request).verifier
    begun_by: Caller | None = request.scope.get(EXPORTER)
    if begun_by is not None:
        if verifier.revocations.hit(begun_by):
            raise unauthenticated()
        return begun_by
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise InvalidToken
        request.state.caller = caller = verifier.verify(token.strip())
    except InvalidToken:
        raise unauthenticated() from None
    return caller


def unauthenticated() -> errors.Problem:
    """401, with the challenge of RFC 6750."""
    headers = {"WWW-Authenticate": 'Bearer realm="surety", error="invalid_token"'}
    return errors.Problem(errors.UNAUTHENTICATED, NO_TOKEN, headers=headers)


def need(caller: Who, permission: str) -> None:
    """Raises a 403 problem unless the caller has a permission."""
    if not caller.may(permission):
        raise errors.Problem(errors.FORBIDDEN, NO_PERMISSION.filled(permission=permission))


class Access:
    """What a route declares: the permission it needs, or None for an open entry point."""

    permission: str | None


class Permitted(Access):
    """Opens a unit of work of the caller's provider, for callers with one permission.

    Raises 401, 403, and 404 or 503 for a provider that is unknown here. `at_any_life` is for a POST that changes no
    record or only takes access away: it serves a provider that is suspended or leaving too.
    """

    def __init__(self, permission: str, *, at_any_life: bool = False) -> None:
        self.permission: str = permission
        self._at_any_life = at_any_life

    async def __call__(self, request: Request) -> UnitOfWork:
        caller = authenticate(request)
        need(caller, self.permission)
        return await _within(request, caller, at_any_life=self._at_any_life)


class SignedIn(Access):
    """Opens a unit of work of the caller's provider, for every caller who has one: what concerns the caller alone.

    Raises 401, 403 without a provider, and 404 or 503 for a provider that is unknown here.
    """

    permission = None

    async def __call__(self, request: Request) -> UnitOfWork:
        caller = authenticate(request)
        return await _within(request, caller)


class Open(Access):
    """Opens a unit of work of the provider named in the address, for anyone."""

    permission = None

    async def __call__(self, request: Request, provider: ProviderName) -> UnitOfWork:
        runtime = runtime_of(request)
        found = await runtime.providers.get(provider)
        refuse_writing(request, found)
        return await open_work(request, found.provider_id, PUBLIC)


class Operating(Access):
    """Admits the installation's operator with one permission; raises 401 or 403."""

    def __init__(self, permission: str) -> None:
        self.permission: str = permission

    async def __call__(self, request: Request) -> Caller:
        caller = authenticate(request)
        need(caller, self.permission)
        if caller.provider_id is not None:
            raise errors.Problem(errors.FORBIDDEN, FOR_OPERATORS)
        return caller


class OfInstallation(Operating):
    """Opens a unit of work that belongs to no provider, for the installation's operator: plumbing only."""

    async def __call__(self, request: Request) -> UnitOfWork:  # type: ignore[override]
        caller = await super().__call__(request)
        return await open_work(request, INSTALLATION, caller)


async def open_work(
    request: Request, provider_id: UUID, actor: Who, *, claimed_within: UUID | None = None
) -> UnitOfWork:
    """A request's unit of work, with its Idempotency-Key claimed; see `Claim.take` for `claimed_within`."""
    database = runtime_of(request).database
    correlation, writes = present_trace().correlation, request.method not in READING
    begun = database.begin(provider_id, actor=actor, correlation=correlation, by_keys=writes)
    work = await opened(request, begun)
    claim: Claim | None = getattr(request.state, "claim", None)
    if claim is not None:
        await claim.take(work, claimed_within)
    return work


async def _within(request: Request, caller: Caller, *, at_any_life: bool = False) -> UnitOfWork:
    if caller.provider_id is None:
        raise errors.Problem(errors.FORBIDDEN, NO_PROVIDER)
    provider = await runtime_of(request).providers.get(str(caller.provider_id))
    if not at_any_life:
        refuse_writing(request, provider)
    return await open_work(request, provider.provider_id, caller)


def refuse_writing(request: Request, provider: ProviderState) -> None:
    """Raises a 403 problem for a request that would change something of a provider that is not active."""
    if provider.life != "active" and request.method not in READING:
        raise errors.Problem(errors.FORBIDDEN, NOT_ACTIVE)


def permitted(permission: str, *, at_any_life: bool = False) -> Any:
    """A dependency: the unit of work of a caller with a permission, committed before the answer goes out."""
    return Depends(Permitted(permission, at_any_life=at_any_life))


def signed_in() -> Any:
    """A dependency: the unit of work of any caller within a provider, committed before the answer goes out."""
    return Depends(SignedIn())


def open_to_all() -> Any:
    """A dependency: the unit of work of the provider in the address, committed before the answer goes out."""
    return Depends(Open())


def operating(permission: str) -> Any:
    """A dependency: the installation's operator with a permission."""
    return Depends(Operating(permission))


def of_installation(permission: str) -> Any:
    """A dependency: a unit of work without a provider for the installation's operator, committed before the answer."""
    return Depends(OfInstallation(permission))


async def expected_version(request: Request) -> int | None:
    """The version that If-Match names; None without the header."""
    if_match = request.headers.get("if-match")
    if if_match is None:
        return None
    text = if_match.strip()
    if len(text) < 3 or text[0] != '"' or text[-1] != '"' or not text[1:-1].isascii() or not text[1:-1].isdigit():
        raise errors.invalid("If-Match", "version_expected", BAD_IF_MATCH)
    return int(text[1:-1][:18])


IfMatch = Annotated[int | None, Depends(expected_version)]


async def required_version(expected: IfMatch) -> int:
    """The version that If-Match names; raises a 428 problem without the header."""
    if expected is None:
        raise errors.Problem(errors.PRECONDITION_REQUIRED, NEED_IF_MATCH)
    return expected


RequiredIfMatch = Annotated[int, Depends(required_version)]
