"""Encryption of personal data per person, and keyed hashes to find it by.

A person's key seals that person's fields; the provider's key wraps it; a key from the configuration wraps that.
Deleting a person's wrapped key erases what it sealed, and nothing else.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES, KEY_BYTES = 12, 32


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose from a longer-lived secret (HKDF-SHA-256, RFC 5869)."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)


def seal(key: bytes, content: bytes, context: bytes) -> bytes:
    """AES-256-GCM: nonce and ciphertext; `context` must be the same when it is opened."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The content of a sealed value; raises `cryptography.exceptions.InvalidTag` for another key or context."""
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)


@dataclass(frozen=True, slots=True)
class PersonKey:
    """The key of one person in one record; `wrapped` is what is stored."""

    key: bytes
    wrapped: bytes

    def seal(self, text: str | None, field: str) -> bytes | None:
        """A text sealed for one field; None stays None."""
        return None if text is None else seal(self.key, text.encode(), field.encode())

    def open(self, sealed: bytes | None, field: str) -> str | None:
        """The text of a sealed field."""
        return None if sealed is None else unseal(self.key, sealed, field.encode()).decode()


@dataclass(frozen=True, slots=True)
class ProviderVault:
    """One provider's key: makes and opens keys of persons, and hashes what must be found again."""

    key: bytes

    def new_person(self, person_id: UUID) -> PersonKey:
        """A fresh key for a person, wrapped for this person's id alone."""
        key = secrets.token_bytes(KEY_BYTES)
        return PersonKey(key, seal(self.key, key, person_id.bytes))

    def person(self, person_id: UUID, wrapped: bytes) -> PersonKey:
        """The key of a person from its wrapped form."""
        return PersonKey(unseal(self.key, wrapped, person_id.bytes), wrapped)

    def keyed_hash(self, value: str, purpose: str) -> bytes:
        """HMAC-SHA-256 of a value for one purpose: finds equal values, tells nothing of them without the key."""
        return hmac.digest(self.key, f"{purpose}\0{value}".encode(), hashlib.sha256)


class Vault:
    """The providers' keys of one service, unwrapped once and kept in memory."""

    def __init__(self, master_key: str) -> None:
        self._master = derive(master_key.encode(), "provider keys")
        self._cursor = derive(master_key.encode(), "cursors")
        self._answers = derive(master_key.encode(), "answers")
        self._known: dict[UUID, ProviderVault] = {}

    def sign(self, content: bytes) -> bytes:
        """A 16-byte signature of what a client carries for us and brings back."""
        return hmac.digest(self._cursor, content, hashlib.sha256)[:16]

    def answer_key(self, name: bytes) -> bytes:
        """The key that seals the answer kept for one Idempotency-Key: it needs that key and ours."""
        return hmac.digest(self._answers, name, hashlib.sha256)

    def known(self, provider_id: UUID) -> ProviderVault | None:
        """A provider's vault, if it was opened before."""
        return self._known.get(provider_id)

    def forget(self, provider_id: UUID) -> None:
        """Forgets an opened vault, whose key is no more."""
        self._known.pop(provider_id, None)

    def new_provider(self, provider_id: UUID) -> bytes:
        """A fresh provider's key, wrapped for this provider alone."""
        return seal(self._master, secrets.token_bytes(KEY_BYTES), provider_id.bytes)

    def open_provider(self, provider_id: UUID, wrapped: bytes) -> ProviderVault:
        """A provider's vault from its wrapped key."""
        return ProviderVault(unseal(self._master, wrapped, provider_id.bytes))

    def remember(self, provider_id: UUID, vault: ProviderVault) -> ProviderVault:
        """Keeps an opened vault in memory."""
        return self._known.setdefault(provider_id, vault)
