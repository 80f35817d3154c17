"""Shapes of the token endpoint and its metadata on the wire."""

from typing import Any, Literal

from pydantic import BaseModel, Field

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "const": "client_credentials"},
                        "scope": {
                            "type": "string",
                            "description": "Roles and permissions, separated by spaces; else the client's roles.",
                        },
                        "resource": {
                            "type": "string",
                            "format": "uri",
                            "description": "Address of the provider that the token is for (RFC 8707).",
                        },
                        "client_id": {"type": "string", "format": "uuid"},
                        "client_secret": {"type": "string"},
                    },
                }
            }
        },
    }
}
"""The form of a token request: FastAPI reads forms with a library that this one form does not need."""


class TokenOut(BaseModel):
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the type of a token, not one
    expires_in: int = Field(description="Seconds.")
    scope: str


class TokenErrorOut(BaseModel):
    """A refusal of the token endpoint (RFC 6749, 5.2)."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


class MetadataOut(BaseModel):
    """Metadata of the authorization server (RFC 8414)."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    service_documentation: str


class KeySetOut(BaseModel):
    """The public keys that access tokens are verified with (RFC 7517)."""

    keys: list[dict[str, Any]]
