"""Every route says who may call it, and every permission is asked for by a route."""

import re
from collections import Counter

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from chassis.access import Access, OfInstallation, Open, Permitted, SignedIn, open_to_all, permitted
from chassis.health import router as health
from chassis.idempotency import IdempotentRoute
from chassis.openapi import access_of, document_of, routes_of
from chassis.transactions import WorkRoute
from contracts.permissions import OF_INSTALLATION, PERMISSIONS, WITHIN_PROVIDER
from deploy.topology import SERVICES
from tests.make.operations import Operation, application_of, operations

WITHOUT_KEY = {
    "requeue_complaints_dead_letter": "takes effect once by itself: the letter is gone with its effect",
    "requeue_projects_dead_letter": "takes effect once by itself: the letter is gone with its effect",
    "requeue_risk_dead_letter": "takes effect once by itself: the letter is gone with its effect",
    "requeue_satisfaction_dead_letter": "takes effect once by itself: the letter is gone with its effect",
    "run_complaints_reconciliations": "asking twice has the effect of asking once",
    "run_projects_reconciliations": "asking twice has the effect of asking once",
    "run_risk_reconciliations": "asking twice has the effect of asking once",
    "run_satisfaction_reconciliations": "asking twice has the effect of asking once",
    "bounce_message": "the service that has the message honours the key, which is passed on",
    "issue_token": "changes nothing; OAuth 2.0 (RFC 6749) knows no such header",
}
OPEN_BY_NATURE = re.compile(r"/v1/public/\{provider\}/|/oauth/token$|/\.well-known/|/docs|/openapi\.json$")

every_operation = pytest.mark.parametrize("operation", operations(), ids=str)


@every_operation
def test_a_route_declares_who_may_call_it(operation: Operation) -> None:
    assert operation.access is not None, "a route without permitted(…), open_to_all() or the like is open by oversight"


@every_operation
def test_a_route_is_open_to_all_only_where_the_address_says_so(operation: Operation) -> None:
    is_open = operation.access is not None and operation.access.permission is None
    if isinstance(operation.access, SignedIn):
        assert operation.description["security"], "the document says that a token is needed"
        return
    assert is_open == bool(OPEN_BY_NATURE.match(operation.path)), (
        "entry points without a login stand under /v1/public/{provider}/, where limits and reviewers look for them"
    )


@every_operation
def test_a_route_asks_for_a_known_permission_that_its_callers_can_hold(operation: Operation) -> None:
    assert operation.access is not None
    permission = operation.access.permission
    if permission is None:
        return
    assert permission in PERMISSIONS, "a permission that contracts/permissions.py does not know is held by nobody"
    assert permission.split(".")[0] == operation.service, "a permission is the service's own that asks for it"
    holders = WITHIN_PROVIDER if type(operation.access) is Permitted else OF_INSTALLATION
    assert permission in holders, "those whom the route admits can never hold this permission"


@every_operation
def test_the_document_says_which_permission_a_route_needs(operation: Operation) -> None:
    assert operation.access is not None
    permission = operation.access.permission
    needs_token = permission is not None or isinstance(operation.access, SignedIn)
    assert operation.description.get("x-permission") == permission
    assert operation.description["security"] == ([{"token": []}] if needs_token else [])
    assert operation.description["operationId"] == operation.name
    assert operation.description["x-service"] == operation.service
    assert ({"401", "403"} <= operation.description["responses"].keys()) == needs_token
    with_token = permission is not None or isinstance(operation.access, SignedIn)
    assert operation.description["security"] == ([{"token": []}] if with_token else [])
    assert operation.description["operationId"] == operation.name
    assert operation.description["x-service"] == operation.service
    assert ({"401", "403"} <= operation.description["responses"].keys()) == with_token


@every_operation
def test_a_post_honours_the_idempotency_key(operation: Operation) -> None:
    if operation.method != "POST":
        return
    honours = isinstance(operation.route, IdempotentRoute)
    assert honours or operation.name in WITHOUT_KEY, (
        "a client without an answer must be able to ask again: route_class=IdempotentRoute, or WITHOUT_KEY says why not"
    )
    assert not (honours and operation.name in WITHOUT_KEY)
    if honours:
        assert operation.opens_work, "the key is claimed in the unit of work that the access opens; this one opens none"
        names = [parameter["name"] for parameter in operation.description["parameters"]]
        assert "Idempotency-Key" in names


@every_operation
def test_a_route_commits_the_unit_of_work_that_its_access_opens(operation: Operation) -> None:
    commits = isinstance(operation.route, WorkRoute)
    assert commits or not operation.opens_work, "its router needs route_class=WorkRoute, or one that is made from it"


@every_operation
def test_a_patch_needs_if_match(operation: Operation) -> None:
    if operation.method == "PATCH":
        assert "428" in operation.description["responses"]
        headers = [one["name"].lower() for one in operation.description["parameters"] if one["in"] == "header"]
        assert "if-match" in headers, "without If-Match the later of two people overwrites the earlier unseen"


def test_every_permission_is_asked_for_by_a_route() -> None:
    asked = {operation.access.permission for operation in operations() if operation.access is not None}
    unused = sorted(PERMISSIONS.keys() - asked)
    assert not unused, f"a permission that no route asks for promises what is not there: {unused}"


def test_operation_ids_are_unique_over_all_services() -> None:
    counted = Counter(operation.name for operation in operations())
    twice = sorted(name for name, count in counted.items() if count > 1)
    assert not twice, f"the merged document, and clients made from it, have one function for each id: {twice}"


def test_paths_are_unique_over_all_services() -> None:
    counted = Counter((operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path)) for operation in operations())
    assert max(counted.values()) == 1, f"the gateway could not tell where to send a request: {counted.most_common(3)}"


@pytest.mark.parametrize("service", SERVICES)
def test_no_route_is_hidden_from_the_document(service: str) -> None:
    routes = application_of(service).routes
    hidden = [route for route in routes if not isinstance(route, APIRoute) or not route.include_in_schema]
    assert not hidden, f"what is not in the document is not checked by any of these tests: {hidden}"


def test_only_health_and_figures_are_served_beside_the_document() -> None:
    assert {route.path for route in health.routes if isinstance(route, APIRoute)} == {"/livez", "/readyz", "/metrics"}


def test_a_route_without_access_and_a_route_of_a_router_are_seen() -> None:
    router = APIRouter(prefix="/v1", route_class=WorkRoute)

    @router.get("/things")
    async def list_things(work: None = open_to_all()) -> None: ...

    @router.get("/words")
    async def list_words(work: None = permitted("complaints.complaint.read")) -> None: ...

    @router.get("/holes")
    async def list_holes() -> None: ...

    app = FastAPI(routes=router.routes, openapi_url=None, docs_url=None, redoc_url=None)
    found: dict[str, Access | None] = {route.name: access_of(route) for route in routes_of(app)}
    assert isinstance(found["list_things"], Open)
    assert isinstance(found["list_words"], Permitted)
    assert not isinstance(found["list_words"], OfInstallation)
    assert found["list_holes"] is None
    paths = document_of(app, "complaints")["paths"]
    assert paths["/v1/words"]["get"]["x-permission"] == "complaints.complaint.read"
