"""A request's transaction: its access opens it, its route commits it before the answer goes out."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import cached_property
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from chassis.connections import Moved
from chassis.db import UnitOfWork
from chassis.logs import log

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
WORK = "surety.work"
"""Where a request's scope has the unit of work that it opened; there is one at most."""
AGAIN = "surety.again"
"""In the scope of a request that is done again, because what it rested on had moved: now it locks what it reads."""


class WorkRoute(APIRoute):
    """A route whose unit of work is committed when its answer is made, and rolled back on any exception.

    Where something that it rests on has moved meanwhile, nothing was written, and it is done again under locks.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this is the route of a request; most addresses are told from its own without its pattern.

        No parameter of it has a slash, and no application is mounted under another.
        """
        path: str = scope["path"]
        if not path.startswith(self._begins) or path.count("/") != self._slashes:
            return Match.NONE, {}
        return super().matches(scope)

    @cached_property
    def _begins(self) -> str:
        return self.path.partition("{")[0]

    @cached_property
    def _slashes(self) -> int:
        return self.path.count("/")

    def get_route_handler(self) -> Handler:
        """The handler, wrapped."""
        handle = super().get_route_handler()

        async def handle_whole(request: Request) -> Response:
            try:
                return await self._handled(request, handle)
            except Moved:
                log.info("a request is done again: what it rested on has moved", operation=self.name)
                request.scope[AGAIN] = True
                return await self._handled(request, handle)

        return handle_whole

    async def _handled(self, request: Request, handle: Handler) -> Response:
        scope = request.scope
        scope[WORK] = None
        try:
            response = await handle(request)
            work: UnitOfWork | None = scope[WORK]
            if work is not None:
                self.keep(request, response)
                await work.commit()
        except BaseException as error:
            work = scope[WORK]
            if work is not None:
                await work.roll_back(error)
            raise
        return response

    def keep(self, request: Request, response: Response) -> None:
        """What else is written of an answer, in the transaction of its effect: nothing."""


async def opened(request: Request, begun: Awaitable[UnitOfWork]) -> UnitOfWork:
    """The unit of work that a request begins, noted for its route; raises RuntimeError where none would commit it."""
    if request.scope.get(WORK, begun) is not None:
        raise RuntimeError("its route is no WorkRoute, or has opened another unit of work before")
    request.scope[WORK] = work = await begun
    if AGAIN in request.scope:
        await work.begun()
    return work
