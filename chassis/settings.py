"""What a process is told from outside: environment variables and secret files."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import unquote, urlsplit

from joserfc.jwk import KeySet
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL

DEVELOPMENT_ONLY = "development-only-"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
SMTP_SCHEMES = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, how the connection is encrypted, and the address that mail comes from."""

    host: str
    port: int
    encryption: Literal["none", "starttls", "tls"]
    user: str | None
    password: str | None = field(repr=False)
    sender: str


class Settings(BaseSettings):
    """Settings of one process, read from `SURETY_…` variables and from files of that name in `SURETY_SECRETS_DIR`.

    A secret is a file named like its variable in lower case, for example `surety_nats_seed`; there may be several
    folders of them, separated as those of `PATH` are. Raises `pydantic.ValidationError` when something is missing, or
    when a development secret meets production.
    """

    model_config = SettingsConfigDict(
        env_prefix="SURETY_", extra="ignore", frozen=True, ignored_types=(cached_property,)
    )

    environment: Literal["development", "production"] = Field(
        "production", description="`development` admits secrets that start with `development-only-`."
    )
    service: str = Field(
        description="Name of the service; its database roles are `<service>_owner`, `_app`, `_worker`."
    )
    host: str = Field("127.0.0.1", description="Address that the process listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that the process listens on.")
    worker: Literal["on", "off"] = Field("on", description="`off`: no relay, consumers and jobs in this process.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    database_host: str = Field("127.0.0.1", description="Host of PostgreSQL, or the folder of its socket.")
    database_port: int = Field(5432, ge=1, le=65535, description="Port of PostgreSQL.")
    database_name: str = Field(description="Database of this service.")
    database_pool_size: int = Field(10, ge=1, le=100, description="Connections of each role at most.")
    database_owner_password: SecretStr | None = Field(
        None, description="Password of `<service>_owner`: migrations only."
    )
    database_app_password: SecretStr = Field(description="Password of `<service>_app`, the role that serves.")
    database_worker_password: SecretStr = Field(description="Password of `<service>_worker`: relay, consumers, jobs.")

    files_url: str = Field(
        pattern=r"^(file:///|s3://).+",
        description="Where attachments are kept, sealed: `file:///folder` or `s3://bucket/prefix`, one a service.",
    )
    files_endpoint: str | None = Field(
        None, pattern=r"^https?://.+", description="Where the bucket is, if not at Amazon: `https://s3.example`."
    )
    files_key_id: SecretStr | None = Field(
        None, description="Access key of the bucket; without it, what `AWS_…` variables say."
    )
    files_key_secret: SecretStr | None = Field(None, description="Secret of that access key.")
    files_quota_mb: int = Field(2_000, ge=1, description="What one provider's files may take up, in MB.")

    nats_url: str = Field("nats://127.0.0.1:4222", description="Address of NATS.")
    nats_seed: SecretStr = Field(description="Seed of this service's NATS user (nkey).")

    gateway_url: str = Field("http://127.0.0.1:8080", description="Address of the gateway, for the revocation list.")
    issuer: str = Field("http://127.0.0.1:8080", description="Issuer of access tokens: the gateway's public address.")
    verification_keys: str = Field(description="JWKS document with the public keys that sign access tokens.")
    master_key: SecretStr = Field(min_length=32, description="Wraps the providers' keys; at least 32 characters.")

    former_master_key: SecretStr | None = Field(
        None, min_length=32, description="The master key before, until all that it wraps is wrapped anew."
    )

    smtp_url: str | None = Field(
        None,
        description="Mail server: `smtp://user@host:587` (STARTTLS, unless on this machine) or `smtps://user@host:465`;"
        " without one, messages are kept.",
    )
    smtp_password: SecretStr | None = Field(None, description="Password of the user in `SURETY_SMTP_URL`.")
    mail_from: str | None = Field(None, description="Address that mail comes from; needed with `SURETY_SMTP_URL`.")

    @cached_property
    def mail_server(self) -> MailServer | None:
        """The mail server, if there is one; raises ValueError for a URL or sender that cannot be used."""
        if self.smtp_url is None:
            return None
        url = urlsplit(self.smtp_url)
        if url.scheme not in SMTP_SCHEMES or not url.hostname or url.password is not None:
            raise ValueError("smtp_url is smtp://user@host:587 or smtps://user@host:465; the password is a secret")
        if (url.username is None) != (self.smtp_password is None):
            raise ValueError("a user in smtp_url and smtp_password go together")
        if self.mail_from is None or not re.fullmatch(r"[!-?A-~]{1,64}@[a-z0-9.-]{1,190}", self.mail_from):
            raise ValueError("mail_from is an address such as no-reply@provider.example")
        plain: Literal["none", "starttls"] = "none" if url.hostname in LOOPBACK else "starttls"
        return MailServer(
            url.hostname,
            url.port or SMTP_SCHEMES[url.scheme],
            "tls" if url.scheme == "smtps" else plain,
            unquote(url.username) if url.username is not None else None,
            self.smtp_password.get_secret_value() if self.smtp_password is not None else None,
            self.mail_from,
        )

    @cached_property
    def token_keys(self) -> KeySet:
        """The public keys that access tokens are verified with."""
        return KeySet.import_key_set(json.loads(self.verification_keys))

    def database_url(self, role: Literal["owner", "app", "worker"]) -> URL:
        """Where this service's database is for one of its three roles; raises ValueError without a password."""
        password: SecretStr | None = getattr(self, f"database_{role}_password")
        if password is None:
            raise ValueError(f"no password for the database role {role}")
        return URL.create(
            "postgresql+asyncpg",
            username=f"{self.service}_{role}",
            password=password.get_secret_value(),
            host=self.database_host,
            port=self.database_port,
            database=self.database_name,
        )

    @model_validator(mode="after")
    def _refuse_development_secrets(self) -> Self:
        if self.environment == "production":
            for name, secret in self._secrets():
                if secret.get_secret_value().startswith(DEVELOPMENT_ONLY):
                    raise ValueError(f"{name} is a development secret; production needs one of its own")
        return self

    @model_validator(mode="after")
    def _refuse_unusable_mail_server(self) -> Self:
        _ = self.mail_server
        return self

    def _secrets(self) -> Iterator[tuple[str, SecretStr]]:
        for name in type(self).model_fields:
            value: Any = getattr(self, name)
            if isinstance(value, SecretStr):
                yield name, value


S = TypeVar("S", bound=Settings)


def load(kind: type[S], service: str) -> S:
    """Settings of a service from the environment; the database is named like the service unless told otherwise."""
    folders = os.environ.get("SURETY_SECRETS_DIR", "")
    given: dict[str, Any] = {"service": service}
    if "SURETY_DATABASE_NAME" not in os.environ:
        given["database_name"] = service
    return kind(_secrets_dir=[Path(folder) for folder in folders.split(os.pathsep) if folder], **given)
