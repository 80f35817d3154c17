"""Secrets are replaced in steps, and between any two of them every process that runs still fits the others."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import KeySet

from chassis.ids import new_id
from chassis.sealing import Vault
from deploy.rotation import STEPS, master_keys, note_rewrapped
from deploy.secrets import INSTALLATION, OWNER, PASSWORDS, Secrets
from deploy.topology import SERVICES, StackError


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    made = Secrets(tmp_path / "secrets")
    made.make()
    return made


def take(secrets: Secrets, *steps: str) -> list[str]:
    """What each step says that it did."""
    return [STEPS[step](secrets) for step in steps]


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


def test_another_announcement_leaves_verified_what_the_key_before_signed(secrets: Secrets) -> None:
    keys = [signs(secrets)]
    for steps in (("announce-signing-key", "use-signing-key"), ("announce-signing-key",)):
        take(secrets, *steps)
        keys.append(signs(secrets))
    keys[-1] = json.loads(secrets.read("gateway", "next_signing_key"))["kid"]
    assert all(verified(secrets, service) == set(keys) for service in SERVICES)
    assert len(set(keys)) == 3


def test_every_step_says_what_it_did_and_when_there_was_nothing_to_do(secrets: Secrets) -> None:
    assert take(secrets, "retire-signing-key", "forget-master-keys") == [
        "There was no former key to retire.",
        "There are no former master keys.",
    ]
    for step in ("announce-signing-key", "superuser-password", "master-keys"):
        first, again = take(secrets, step, step)
        assert "before" in again
        assert "before" not in first
    assert take(secrets, "use-signing-key", "retire-signing-key", "passwords") == [
        "The announced key signs.",
        "Only what the present key signs is verified.",
        "Every role has another password: `bootstrap` tells the server.",
    ]


def test_no_step_of_a_signing_key_is_taken_before_the_one_that_it_rests_on(secrets: Secrets) -> None:
    with pytest.raises(StackError, match="announce-signing-key"):
        take(secrets, "use-signing-key")
    with pytest.raises(StackError, match="use-signing-key"):
        take(secrets, "announce-signing-key", "retire-signing-key")


def test_every_password_is_replaced_and_nothing_else(secrets: Secrets) -> None:
    before = {path: path.read_text() for path in secrets.folder.rglob("surety_*")}
    take(secrets, "passwords")
    changed = {path for path, content in before.items() if path.read_text() != content}
    assert changed == {
        (secrets.of_owner if name == OWNER else secrets.of)(service) / f"surety_{name}"
        for service in SERVICES
        for name in PASSWORDS
    }


def test_the_superuser_s_next_password_waits_beside_the_present_one(secrets: Secrets) -> None:
    present = secrets.superuser_password
    take(secrets, "superuser-password")
    following = secrets.read(INSTALLATION, "next_superuser_password")
    take(secrets, "superuser-password")
    assert secrets.superuser_password == present != following
    assert secrets.read(INSTALLATION, "next_superuser_password") == following


def test_a_former_master_key_opens_what_it_wrapped_until_it_is_forgotten(secrets: Secrets) -> None:
    provider = new_id()
    wrapped = Vault(secrets.read("risk", "master_key")).new_provider(provider)
    take(secrets, "master-keys", "master-keys")
    vault = Vault(secrets.read("risk", "master_key"), secrets.read("risk", "former_master_key"))
    anew = vault.rewrapped(provider, wrapped)
    note_rewrapped(secrets, master_keys(secrets))
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


def test_no_former_master_key_is_forgotten_before_all_is_wrapped_by_the_present_ones(secrets: Secrets) -> None:
    before = master_keys(secrets)
    take(secrets, "master-keys")
    for done in (None, before):
        if done is not None:
            note_rewrapped(secrets, done)
        with pytest.raises(StackError, match="rewrap"):
            take(secrets, "forget-master-keys")
    assert all(secrets.has(service, "former_master_key") for service in SERVICES)
    note_rewrapped(secrets, master_keys(secrets))
    assert take(secrets, "forget-master-keys") == ["5 former master keys are forgotten."]
    take(secrets, "master-keys")
    with pytest.raises(StackError, match="rewrap"):
        take(secrets, "forget-master-keys")
