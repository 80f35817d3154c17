"""Access tokens and their metadata over HTTP."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from chassis import errors
from chassis.revocations import PATH, RevocationList
from chassis.runtime import runtime_of
from gateway.access import anyone
from gateway.credentials.feed import WithdrawalFeed
from gateway.credentials.issuing import AuthorizationServer
from gateway.credentials.rules import IN_PROVIDER, OAuthError
from gateway.oauth.rules import read_request
from gateway.oauth.schemas import FORM, KeySetOut, MetadataOut, TokenErrorOut, TokenOut

router = APIRouter(tags=["tokens"], dependencies=[anyone()])

REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": TokenErrorOut, "description": "The request is refused."},
    401: {"model": TokenErrorOut, "description": "The client is unknown, or its secret is another one."},
}


@router.post("/oauth/token", response_model=TokenOut, responses=REFUSALS, openapi_extra=FORM)
async def issue_token(request: Request) -> TokenOut | JSONResponse:
    """Issues an access token to a client by its id and secret (`client_credentials`); it is for its one provider.

    Refusals have the shape of RFC 6749, because clients of OAuth expect it: the one exception to problem documents.
    """
    server: AuthorizationServer = request.app.state.authorization_server
    authorization = request.headers.get("Authorization")
    try:
        asked = read_request(request.headers.get("Content-Type"), await request.body(), authorization)
        issued = await server.grant(asked.client_id, asked.secret, asked.scope, asked.resource)
    except OAuthError as refusal:
        return _refused(refusal)
    seconds = (issued.expires_at - runtime_of(request).clock()).total_seconds()
    return TokenOut(access_token=issued.token, expires_in=int(seconds), scope=" ".join(issued.scope))


@router.get("/.well-known/jwks.json")
async def read_jwks(request: Request) -> KeySetOut:
    """The public keys that access tokens are verified with."""
    return KeySetOut.model_validate(runtime_of(request).settings.token_keys.as_dict(private=False))


@router.get("/.well-known/oauth-authorization-server")
async def read_oauth_metadata(request: Request) -> MetadataOut:
    """Where tokens come from, and how they are asked for."""
    issuer = runtime_of(request).settings.issuer
    address = issuer.rstrip("/")
    return MetadataOut(
        issuer=issuer,
        token_endpoint=f"{address}/oauth/token",
        jwks_uri=f"{address}/.well-known/jwks.json",
        scopes_supported=list(IN_PROVIDER),
        response_types_supported=[],
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        service_documentation=f"{address}/docs",
    )


@router.get(PATH)
async def read_revocations(request: Request) -> RevocationList:
    """What was withdrawn within twice the life of a token: ids and times. 503 while this is not known yet."""
    feed: WithdrawalFeed = request.app.state.feed
    if feed.withdrawn is None:
        raise errors.unavailable()
    return RevocationList(withdrawn=dict(feed.withdrawn))


def _refused(refusal: OAuthError) -> JSONResponse:
    unknown = refusal.code == "invalid_client"
    headers = {"WWW-Authenticate": 'Basic realm="surety"'} if unknown else None
    content = {"error": refusal.code, "error_description": refusal.description}
    return JSONResponse(content, 401 if unknown else 400, headers)
