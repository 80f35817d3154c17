"""Routes that take more than a body has in general: who calls is asked before the body is read."""

from fastapi import Request, Response

from chassis.access import Permitted, authenticate, need
from chassis.bodies import DECLARED
from chassis.idempotency import IdempotentRoute
from chassis.openapi import access_of
from chassis.transactions import Handler


class UploadRoute(IdempotentRoute):
    """A route that may take a large body, and takes it from nobody who has not the permission."""

    def get_route_handler(self) -> Handler:
        """The handler, wrapped where a large body is declared."""
        handle, access = super().get_route_handler(), access_of(self)
        if not (self.openapi_extra and DECLARED in self.openapi_extra and isinstance(access, Permitted)):
            return handle
        permission = access.permission

        async def handle_known(request: Request) -> Response:
            need(authenticate(request), permission)
            return await handle(request)

        return handle_known
