"""What a request to the token endpoint must be (RFC 6749, 2.3.1, 4.4.2, 5.2)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from gateway.credentials.rules import OAuthError

FORM_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 20


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request for a token by a client that proves itself with its secret."""

    client_id: str
    secret: str
    scope: tuple[str, ...] | None
    resource: str | None


def read_request(content_type: str | None, body: bytes, authorization: str | None) -> TokenRequest:
    """The token request in a form and an `Authorization: Basic` header; raises OAuthError."""
    form = _form(content_type, body)
    if "grant_type" not in form:
        raise OAuthError("invalid_request", "grant_type is missing.")
    if form["grant_type"] != "client_credentials":
        raise OAuthError("unsupported_grant_type", "Only client_credentials is served.")
    client_id, secret = _client(form, authorization)
    scope = tuple(form["scope"].split()) if form.get("scope", "").strip() else None
    return TokenRequest(client_id, secret, scope, form.get("resource"))


def _form(content_type: str | None, body: bytes) -> Mapping[str, str]:
    if (content_type or "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise OAuthError("invalid_request", f"The body must be {FORM_TYPE}.")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise OAuthError("invalid_request", "The form cannot be read.") from None
    if len({name for name, _ in fields}) != len(fields):
        raise OAuthError("invalid_request", "A field stands twice.")
    return dict(fields)


def _client(form: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    posted = "client_secret" in form
    if authorization is None:
        if not posted or "client_id" not in form:
            raise OAuthError("invalid_client", "The client must show its id and secret.")
        return form["client_id"], form["client_secret"]
    if posted:
        raise OAuthError("invalid_request", "The client must show its secret in one way only.")
    client_id, secret = _basic(authorization)
    if form.get("client_id", client_id) != client_id:
        raise OAuthError("invalid_request", "The form names another client.")
    return client_id, secret


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        if not colon:
            raise ValueError
    except (ValueError, binascii.Error):
        raise OAuthError("invalid_client", "The Authorization header is not that of a client.") from None
    return unquote_plus(client_id), unquote_plus(secret)
