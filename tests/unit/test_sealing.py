"""What is sealed opens with its own key, context and field only, and is found again by its keyed hash."""

from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from chassis.sealing import Vault, derive, seal, unseal

MASTER = "m" * 32
keys = st.binary(min_size=32, max_size=32)


def vault(master: str = MASTER) -> Vault:
    return Vault(master)


@given(keys, st.binary(max_size=500), st.binary(max_size=50))
def test_what_is_sealed_opens_again(key: bytes, content: bytes, context: bytes) -> None:
    sealed = seal(key, content, context)
    assert unseal(key, sealed, context) == content
    assert seal(key, content, context) != sealed, "equal contents must not look equal"
    assert len(content) < 8 or content not in sealed


@given(keys, st.binary(min_size=1, max_size=100), st.data())
def test_a_changed_byte_is_noticed(key: bytes, content: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(key, content, b"field"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidTag):
        unseal(key, bytes(sealed), b"field")


def test_another_key_or_context_opens_nothing() -> None:
    key, other = derive(b"one", "purpose"), derive(b"other", "purpose")
    sealed = seal(key, b"words", b"field")
    for wrong_key, wrong_context in ((other, b"field"), (key, b"another field"), (key, b"")):
        with pytest.raises(InvalidTag):
            unseal(wrong_key, sealed, wrong_context)


def test_keys_for_different_purposes_or_from_different_secrets_differ() -> None:
    made = {derive(secret, purpose) for secret in (b"one", b"other") for purpose in ("cursors", "answers")}
    assert len(made) == 4
    assert {len(key) for key in made} == {32}
    assert derive(b"one", "cursors") == derive(b"one", "cursors")


def test_a_person_is_opened_by_the_stored_key_within_the_same_provider_only() -> None:
    provider_id, person_id = new_id(), new_id()
    wrapped_provider = vault().new_provider(provider_id)
    ours = vault().open_provider(provider_id, wrapped_provider)
    person = ours.new_person(person_id)
    sealed = person.seal("王芳", "name")
    assert sealed is not None
    later = vault().open_provider(provider_id, wrapped_provider).person(person_id, person.wrapped)
    assert later.open(sealed, "name") == "王芳"
    with pytest.raises(InvalidTag):
        later.open(sealed, "address")
    with pytest.raises(InvalidTag):
        ours.person(new_id(), person.wrapped)
    with pytest.raises(InvalidTag):
        vault().open_provider(new_id(), wrapped_provider)
    with pytest.raises(InvalidTag):
        vault("n" * 32).open_provider(provider_id, wrapped_provider)


def test_nothing_stays_nothing() -> None:
    person = vault().open_provider(UUID(int=1), vault().new_provider(UUID(int=1))).new_person(new_id())
    assert person.seal(None, "name") is None
    assert person.open(None, "name") is None
    assert person.open(person.seal("", "name"), "name") == ""


def test_two_persons_have_two_keys_and_two_providers_two_hashes() -> None:
    ours = vault().open_provider(UUID(int=1), vault().new_provider(UUID(int=1)))
    theirs = vault().open_provider(UUID(int=2), vault().new_provider(UUID(int=2)))
    assert ours.new_person(UUID(int=3)).key != ours.new_person(UUID(int=3)).key
    assert ours.keyed_hash("+8613800000000", "contact") == ours.keyed_hash("+8613800000000", "contact")
    hashes = {
        ours.keyed_hash("+8613800000000", "contact"),
        ours.keyed_hash("+8613800000000", "receipt code"),
        ours.keyed_hash("+8613800000001", "contact"),
        theirs.keyed_hash("+8613800000000", "contact"),
    }
    assert len(hashes) == 4


def test_a_vault_remembers_a_provider_once_it_is_told_to() -> None:
    own, provider_id = vault(), new_id()
    assert own.known(provider_id) is None
    opened = own.remember(provider_id, own.open_provider(provider_id, own.new_provider(provider_id)))
    assert own.known(provider_id) is opened
    assert own.remember(provider_id, own.open_provider(provider_id, own.new_provider(provider_id))) is opened


def test_signatures_and_answer_keys_depend_on_master_key_and_content() -> None:
    own, other = vault(), vault("n" * 32)
    assert own.sign(b"a") == own.sign(b"a")
    assert len({own.sign(b"a"), own.sign(b"b"), other.sign(b"a")}) == 3
    assert len(own.sign(b"a")) == 16
    assert len({*own.answer_keys(b"a"), *own.answer_keys(b"b"), *other.answer_keys(b"a")}) == 3
    assert {len(key) for key in own.answer_keys(b"a")} == {32}


def test_while_there_is_a_former_master_key_it_opens_and_verifies_and_makes_nothing() -> None:
    former, present, provider = vault("f" * 32), vault("p" * 32), new_id()
    both = Vault("p" * 32, "f" * 32)
    wrapped, signature = former.new_provider(provider), former.sign(b"cursor")
    assert both.open_provider(provider, wrapped) == former.open_provider(provider, wrapped)
    assert both.signed(b"cursor", signature)
    assert not both.signed(b"another", signature)
    assert not present.signed(b"cursor", signature)
    assert both.sign(b"cursor") == present.sign(b"cursor")
    assert both.answer_keys(b"name") == [*present.answer_keys(b"name"), *former.answer_keys(b"name")]
    present.open_provider(provider, both.new_provider(provider))
    with pytest.raises(InvalidTag):
        present.open_provider(provider, wrapped)


def test_no_key_is_told_by_what_holds_it() -> None:
    of_provider = vault().open_provider(provider := new_id(), vault().new_provider(provider))
    person = of_provider.new_person(new_id())
    for one in (of_provider, person):
        assert repr(one.key) not in repr(one)
