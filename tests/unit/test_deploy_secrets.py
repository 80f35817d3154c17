"""Secrets of an installation are made once, privately, and fit each other."""

import hashlib
import json
import stat
from pathlib import Path

from joserfc.jwk import KeySet, OKPKey

from deploy.secrets import OWNER, Secrets, write_private
from deploy.topology import SERVICES


def made(folder: Path) -> Secrets:
    secrets = Secrets(folder / "secrets")
    secrets.make()
    return secrets


def contents(secrets: Secrets) -> dict[str, str]:
    files = (file for file in secrets.folder.rglob("*") if file.is_file())
    return {str(file.relative_to(secrets.folder)): file.read_text() for file in files}


def test_secrets_are_never_made_twice(tmp_path: Path) -> None:
    secrets = made(tmp_path)
    before = contents(secrets)
    secrets.make()
    assert contents(secrets) == before


def test_a_missing_secret_is_made_beside_those_that_exist(tmp_path: Path) -> None:
    secrets = made(tmp_path)
    before = contents(secrets)
    (secrets.of("risk") / "surety_nats_seed").unlink()
    secrets.make()
    after = contents(secrets)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"risk/surety_nats_seed"}


def test_nobody_else_can_read_a_secret(tmp_path: Path) -> None:
    secrets = made(tmp_path)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in secrets.folder.rglob("*") if path.is_file()}
    below = (path for path in secrets.folder.rglob("*") if path.is_dir())
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (secrets.folder, *below)}
    assert modes == {0o600}
    assert folders == {0o700}


def test_no_two_secrets_of_an_installation_are_the_same(tmp_path: Path) -> None:
    secrets = contents(made(tmp_path))
    own = [value for name, value in secrets.items() if "verification_keys" not in name]
    assert len(set(own)) == len(own)


def test_every_service_verifies_what_the_gateway_signs(tmp_path: Path) -> None:
    secrets = made(tmp_path)
    signing = OKPKey.import_key(json.loads(secrets.read("gateway", "signing_key")))
    for service in SERVICES:
        keys = KeySet.import_key_set(json.loads(secrets.read(service, "verification_keys")))
        assert [key.kid for key in keys.keys] == [signing.kid]
        assert not any(key.is_private for key in keys.keys)


def test_the_gateway_knows_only_the_hash_of_the_operator_s_key(tmp_path: Path) -> None:
    secrets = made(tmp_path)
    assert secrets.operator_key.startswith("sk_")
    assert secrets.read("gateway", "operator_key") == hashlib.sha256(secrets.operator_key.encode()).hexdigest()


def test_what_the_owner_of_a_database_is_told_stands_apart_also_where_it_did_not_once(tmp_path: Path) -> None:
    secrets = made(tmp_path)
    (secrets.of("risk") / f"surety_{OWNER}").write_text("of an older installation")
    secrets.make()
    assert {file.parent for file in secrets.folder.rglob(f"surety_{OWNER}")} == set(map(secrets.of_owner, SERVICES))
    assert all(list(secrets.of_owner(service).iterdir()) == [owners(secrets, service)] for service in SERVICES)


def owners(secrets: Secrets, service: str) -> Path:
    return secrets.of_owner(service) / f"surety_{OWNER}"


def test_a_file_is_never_seen_with_another_mode(tmp_path: Path) -> None:
    file = tmp_path / "password"
    for mode in (0o444, 0o600):
        write_private(file, "secret", mode)
        assert stat.S_IMODE(file.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [file]
