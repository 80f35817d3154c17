"""The hashes that a person is found by again, the same when a way to reach them is kept and when it is looked for."""

import unicodedata

from chassis.sealing import ProviderVault

PURPOSE = "contact"


def telephone_hash(vault: ProviderVault, number: str | None) -> bytes | None:
    """The hash of a telephone number by its digits, however it is grouped or typed; None without one."""
    return _hash(vault, "".join(filter(str.isdigit, unicodedata.normalize("NFKC", number or ""))))


def email_hash(vault: ProviderVault, address: str | None) -> bytes | None:
    """The hash of an e-mail address in lower case; None without one."""
    return _hash(vault, unicodedata.normalize("NFKC", address or "").strip().lower())


def _hash(vault: ProviderVault, plain: str) -> bytes | None:
    return vault.keyed_hash(plain, PURPOSE) if plain else None
