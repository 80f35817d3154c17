"""Encryption of personal data per person, and keyed hashes to find it by.

A person's key seals that person's fields; the provider's key wraps it; a key from the configuration wraps that.
Deleting a person's wrapped key erases what it sealed, and nothing else.
"""

import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from chassis.settings import Settings

NONCE_BYTES, KEY_BYTES = 12, 32


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose from a longer-lived secret (HKDF-SHA-256, RFC 5869)."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)


def seal(key: bytes, content: bytes, context: bytes) -> bytes:
    """AES-256-GCM: nonce and ciphertext; `context` must be the same when it is opened."""
    return _sealed(AESGCM(key), content, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The content of a sealed value; raises `cryptography.exceptions.InvalidTag` for another key or context."""
    return _opened(AESGCM(key), sealed, context)


def _sealed(cipher: AESGCM, content: bytes, context: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, content, context)


def _opened(cipher: AESGCM, sealed: bytes, context: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)


@dataclass(frozen=True, slots=True)
class _Key:
    """A key, with the cipher that is made of it once."""

    key: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cipher", AESGCM(self.key))


@dataclass(frozen=True, slots=True)
class PersonKey(_Key):
    """The key of one person in one record; `wrapped` is what is stored."""

    wrapped: bytes

    def seal(self, text: str | None, field: str) -> bytes | None:
        """A text sealed for one field; None stays None."""
        return None if text is None else _sealed(self._cipher, text.encode(), field.encode())

    def open(self, sealed: bytes | None, field: str) -> str | None:
        """The text of a sealed field."""
        return None if sealed is None else _opened(self._cipher, sealed, field.encode()).decode()


@dataclass(frozen=True, slots=True)
class ProviderVault(_Key):
    """One provider's key: makes and opens keys of persons, and hashes what must be found again."""

    def new_person(self, person_id: UUID) -> PersonKey:
        """A fresh key for a person, wrapped for this person's id alone."""
        key = secrets.token_bytes(KEY_BYTES)
        return PersonKey(key, _sealed(self._cipher, key, person_id.bytes))

    def person(self, person_id: UUID, wrapped: bytes) -> PersonKey:
        """The key of a person from its wrapped form."""
        return PersonKey(_opened(self._cipher, wrapped, person_id.bytes), wrapped)

    def keyed_hash(self, value: str, purpose: str) -> bytes:
        """HMAC-SHA-256 of a value for one purpose: finds equal values, tells nothing of them without the key."""
        return hmac.digest(self.key, f"{purpose}\0{value}".encode(), "sha256")


class Vault:
    """The providers' keys of one service, unwrapped once and kept in memory.

    While a master key is replaced there is a former one: it still opens and verifies, and nothing new is made with it.
    """

    def __init__(self, master_key: str, former_key: str | None = None) -> None:
        masters = [key.encode() for key in (master_key, former_key) if key is not None]
        self._masters, self._cursors, self._answers = (
            [derive(master, purpose) for master in masters] for purpose in ("provider keys", "cursors", "answers")
        )
        self._known: dict[UUID, ProviderVault] = {}

    def sign(self, content: bytes) -> bytes:
        """A 16-byte signature of what a client carries for us and brings back."""
        return _signature(self._cursors[0], content)

    def signed(self, content: bytes, signature: bytes) -> bool:
        """Whether a signature is one of ours."""
        return any(hmac.compare_digest(signature, _signature(key, content)) for key in self._cursors)

    def answer_keys(self, name: bytes) -> list[bytes]:
        """The key that seals the answer kept for one Idempotency-Key: it needs that key and ours; a former one last."""
        return [hmac.digest(key, name, "sha256") for key in self._answers]

    def known(self, provider_id: UUID) -> ProviderVault | None:
        """A provider's vault, if it was opened before."""
        return self._known.get(provider_id)

    def forget(self, provider_id: UUID) -> None:
        """Forgets an opened vault, whose key is no more."""
        self._known.pop(provider_id, None)

    def new_provider(self, provider_id: UUID) -> bytes:
        """A fresh provider's key, wrapped for this provider alone."""
        return seal(self._masters[0], secrets.token_bytes(KEY_BYTES), provider_id.bytes)

    def rewrapped(self, provider_id: UUID, wrapped: bytes) -> bytes:
        """A provider's key, wrapped by the present master key."""
        return seal(self._masters[0], self._unwrapped(provider_id, wrapped), provider_id.bytes)

    def open_provider(self, provider_id: UUID, wrapped: bytes) -> ProviderVault:
        """A provider's vault from its wrapped key."""
        return ProviderVault(self._unwrapped(provider_id, wrapped))

    def remember(self, provider_id: UUID, vault: ProviderVault) -> ProviderVault:
        """Keeps an opened vault in memory."""
        return self._known.setdefault(provider_id, vault)

    def _unwrapped(self, provider_id: UUID, wrapped: bytes) -> bytes:
        *others, last = self._masters
        for master in others:
            with suppress(InvalidTag):
                return unseal(master, wrapped, provider_id.bytes)
        return unseal(last, wrapped, provider_id.bytes)


def vault_of(settings: "Settings") -> Vault:
    """The vault of a process."""
    former = settings.former_master_key
    return Vault(settings.master_key.get_secret_value(), None if former is None else former.get_secret_value())


def _signature(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")[:16]
