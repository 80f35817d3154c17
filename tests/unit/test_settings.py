"""Settings come from the environment and from secret files; what is for development only stops production."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import KeySet, OKPKey
from pydantic import SecretStr, ValidationError

from chassis.settings import DEVELOPMENT_ONLY, MailServer, Settings, load

PUBLIC_KEYS = json.dumps(KeySet([OKPKey.generate_key("Ed25519", auto_kid=True)]).as_dict(private=False))
SECRETS = {
    "database_owner_password": "owner's",
    "database_app_password": "app's",
    "database_worker_password": "worker's",
    "nats_seed": "SUAexample",
    "master_key": "m" * 32,
    "former_master_key": "f" * 32,
    "files_key_id": "files-key-id",
    "files_key_secret": "files-key-secret",
    "smtp_password": "mail's",
}
PLAIN = {"service": "doors", "database_name": "doors", "verification_keys": PUBLIC_KEYS, "files_url": "file:///files"}
SECRET_FIELDS = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the shell that runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith("SURETY_"):
            monkeypatch.delenv(name)


def settings(**changes: Any) -> Settings:
    return Settings(**{**PLAIN, **SECRETS, **changes})


def test_production_is_what_it_is_unless_told_otherwise() -> None:
    assert settings().environment == "production"


@pytest.mark.parametrize("name", SECRET_FIELDS)
def test_production_refuses_every_secret_of_development(name: str) -> None:
    secret = DEVELOPMENT_ONLY + "x" * 32
    with pytest.raises(ValidationError, match=f"{name} is a development secret") as refusal:
        settings(**{name: secret})
    assert secret not in str(refusal.value), "a refused secret is still not told"
    assert settings(environment="development", **{name: secret}).environment == "development"


def test_every_secret_is_among_those_that_are_looked_at() -> None:
    assert set(SECRET_FIELDS) == SECRETS.keys()


@pytest.mark.parametrize("name", ["database_app_password", "database_worker_password", "nats_seed", "master_key"])
def test_no_secret_has_a_default(name: str) -> None:
    without: dict[str, Any] = {**PLAIN, **{key: secret for key, secret in SECRETS.items() if key != name}}
    with pytest.raises(ValidationError, match=name):
        Settings(**without)


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="master_key"):
        settings(master_key="m" * 31)


def test_secrets_are_files_named_like_their_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / "service", tmp_path / "owner"]
    for folder in folders:
        folder.mkdir()
    for name, secret in (SECRETS | {"verification_keys": PUBLIC_KEYS, "files_url": "file:///files"}).items():
        (folders[name == "database_owner_password"] / f"surety_{name}").write_text(secret)
    monkeypatch.setenv("SURETY_SECRETS_DIR", os.pathsep.join(map(str, folders)))
    monkeypatch.setenv("SURETY_DATABASE_POOL_SIZE", "3")
    read = load(Settings, "doors")
    assert (read.service, read.database_name, read.database_pool_size) == ("doors", "doors", 3)
    assert read.master_key.get_secret_value() == SECRETS["master_key"]
    assert read.database_url("owner").password == SECRETS["database_owner_password"]
    assert len(read.token_keys.keys) == 1
    monkeypatch.setenv("SURETY_DATABASE_NAME", "elsewhere")
    assert load(Settings, "doors").database_name == "elsewhere"


def test_an_address_of_the_database_for_each_role() -> None:
    url = settings(database_host="/run/postgres", database_port=5433).database_url("worker")
    assert (url.username, url.password, url.database) == ("doors_worker", "worker's", "doors")
    assert (url.host, url.port) == ("/run/postgres", 5433)
    assert settings().database_url("app").username == "doors_app"
    with pytest.raises(ValueError, match="owner"):
        settings(database_owner_password=None).database_url("owner")


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(settings()) + str(settings().model_dump())
    assert [secret for secret in SECRETS.values() if secret in shown] == []
    assert isinstance(settings().master_key, SecretStr)


@pytest.mark.parametrize(
    "wrong",
    [{"environment": "test"}, {"worker": "maybe"}, {"port": 0}, {"database_pool_size": 0}, {"log_level": "loud"}],
    ids=str,
)
def test_a_setting_out_of_range_stops_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


SENDER = "no-reply@provider.example"


def mail(url: str, **changes: Any) -> MailServer | None:
    return settings(**{"smtp_url": url, "smtp_password": None, "mail_from": SENDER} | changes).mail_server


def test_without_an_address_there_is_no_mail_server() -> None:
    assert settings().mail_server is None


def test_mail_is_encrypted_unless_the_server_is_on_this_machine() -> None:
    assert mail("smtp://mail.example") == MailServer("mail.example", 587, "starttls", None, None, SENDER)
    assert mail("smtps://mail.example") == MailServer("mail.example", 465, "tls", None, None, SENDER)
    for host in ("127.0.0.1", "localhost", "[::1]"):
        server = mail(f"smtp://{host}:1025")
        assert server is not None
        assert (server.port, server.encryption) == (1025, "none")


def test_a_mail_server_with_a_user_needs_the_password() -> None:
    server = mail("smtp://us%40er@mail.example:25", smtp_password="secret")
    assert server == MailServer("mail.example", 25, "starttls", "us@er", "secret", SENDER)
    assert "secret" not in repr(server)


@pytest.mark.parametrize(
    ("url", "changes"),
    [
        ("mail.example:587", {}),
        ("http://mail.example", {}),
        ("smtp://", {}),
        ("smtp://user:password@mail.example", {}),
        ("smtp://user@mail.example", {}),
        ("smtp://mail.example", {"smtp_password": "secret"}),
        ("smtp://mail.example:99999", {}),
        ("smtp://mail.example", {"mail_from": None}),
        ("smtp://mail.example", {"mail_from": "Provider <a@b.example>"}),
        ("smtp://mail.example", {"mail_from": "a@b.example\nBcc: c@d.example"}),
    ],
)
def test_a_mail_server_that_cannot_be_used_stops_the_start(url: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        mail(url, **changes)
