"""Secrets are replaced in steps, and between any two of them every process that runs still fits the others."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import KeySet

from chassis.ids import new_id
from chassis.sealing import Vault
from deploy.rotation import STEPS
from deploy.secrets import PASSWORDS, Secrets
from deploy.topology import SERVICES, StackError


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    made = Secrets(tmp_path / "secrets")
    made.make()
    return made


def take(secrets: Secrets, *steps: str) -> None:
    for step in steps:
        STEPS[step](secrets)


def verified(secrets: Secrets, service: str) -> set[str | None]:
    """The ids of the keys whose signatures a service verifies."""
    return {key.kid for key in KeySet.import_key_set(json.loads(secrets.read(service, "verification_keys"))).keys}


def signs(secrets: Secrets) -> str:
    return str(json.loads(secrets.read("gateway", "signing_key"))["kid"])


def test_what_either_key_signs_is_verified_from_the_announcement_until_the_former_one_is_retired(
    secrets: Secrets,
) -> None:
    former = signs(secrets)
    take(secrets, "announce-signing-key", "announce-signing-key")
    assert signs(secrets) == former
    both = verified(secrets, "risk")
    assert former in both
    assert len(both) == 2
    take(secrets, "use-signing-key")
    present = signs(secrets)
    assert both == {former, present}
    assert all(verified(secrets, service) == both for service in SERVICES)
    take(secrets, "retire-signing-key")
    assert all(verified(secrets, service) == {present} for service in SERVICES)


def test_no_step_of_a_signing_key_is_taken_before_the_one_that_it_rests_on(secrets: Secrets) -> None:
    with pytest.raises(StackError, match="announce-signing-key"):
        take(secrets, "use-signing-key")
    with pytest.raises(StackError, match="use-signing-key"):
        take(secrets, "announce-signing-key", "retire-signing-key")


def test_every_password_is_replaced_and_nothing_else(secrets: Secrets) -> None:
    before = {path: path.read_text() for path in secrets.folder.rglob("surety_*")}
    take(secrets, "passwords")
    changed = {path for path, content in before.items() if path.read_text() != content}
    assert changed == {secrets.of(service) / f"surety_{name}" for service in SERVICES for name in PASSWORDS}


def test_a_former_master_key_opens_what_it_wrapped_until_it_is_forgotten(secrets: Secrets) -> None:
    provider = new_id()
    wrapped = Vault(secrets.read("risk", "master_key")).new_provider(provider)
    take(secrets, "master-keys", "master-keys")
    vault = Vault(secrets.read("risk", "master_key"), secrets.read("risk", "former_master_key"))
    anew = vault.rewrapped(provider, wrapped)
    take(secrets, "forget-master-keys")
    assert not secrets.has("risk", "former_master_key")
    assert Vault(secrets.read("risk", "master_key")).open_provider(provider, anew) == vault.open_provider(
        provider, wrapped
    )


def test_an_interrupted_step_of_the_master_keys_is_taken_again(secrets: Secrets) -> None:
    present = secrets.read("risk", "master_key")
    secrets.write("risk", "former_master_key", present)
    take(secrets, "master-keys")
    assert secrets.read("risk", "former_master_key") == present
    assert secrets.read("risk", "master_key") != present
