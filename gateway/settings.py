"""What the gateway's process is told from outside, beyond what every service is told."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Self

from joserfc.jwk import OKPKey
from pydantic import Field, SecretStr, StringConstraints, model_validator

from chassis.settings import Settings

Address = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#\s]+$")]


class GatewaySettings(Settings):
    """Settings of a gateway's process. Raises `pydantic.ValidationError` when no service could verify what it signs."""

    signing_key: SecretStr = Field(description="Private Ed25519 key that signs access tokens: a JWK with `kid`.")
    operator_key: SecretStr = Field(description="SHA-256, as 64 hexadecimal digits, of the operator's API key.")

    complaints_url: Address = Field(description="Address of the service complaints.")
    projects_url: Address = Field(description="Address of the service projects.")
    risk_url: Address = Field(description="Address of the service risk.")
    satisfaction_url: Address = Field(description="Address of the service satisfaction.")

    client_rate: float = Field(300, gt=0, description="Requests a second of one API key or client.")
    client_burst: int = Field(600, ge=1, description="Requests of one API key or client at once.")
    public_rate: float = Field(5, gt=0, description="Requests a second without a token from one address.")
    public_burst: int = Field(20, ge=1, description="Requests without a token from one address at once.")
    refusals: int = Field(30, ge=1, description="Failed authentications from one address in a minute.")

    @cached_property
    def private_key(self) -> OKPKey:
        """The key that access tokens are signed with."""
        return OKPKey.import_key(json.loads(self.signing_key.get_secret_value()))

    @property
    def services(self) -> Mapping[str, str]:
        """Where the services behind the gateway are, by name."""
        return {
            "complaints": self.complaints_url,
            "projects": self.projects_url,
            "risk": self.risk_url,
            "satisfaction": self.satisfaction_url,
        }

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        digest = self.operator_key.get_secret_value()
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError("operator_key is not a SHA-256 in lower-case hexadecimal digits")
        if self.private_key.kid not in {key.kid for key in self.token_keys.keys}:
            raise ValueError("signing_key has no public key of the same kid among verification_keys")
        return self
