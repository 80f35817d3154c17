"""Ids of records and codes told to people."""

import secrets
import unicodedata
from uuid import UUID

import uuid_utils.compat

# Crockford's base 32: no I, L, O, U, so that a code survives the telephone (https://www.crockford.com/base32.html).
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODED = bytes(ord(CROCKFORD[one % len(CROCKFORD)]) for one in range(256))  # 32 divides 256
_HEARD = str.maketrans("ILO", "110")


def new_id() -> UUID:
    """A UUID of version 7: ordered by the time of its making."""
    return uuid_utils.compat.uuid7()


def new_code(length: int = 10) -> str:
    """A random code of Crockford characters, 5 bits each."""
    return secrets.token_bytes(length).translate(_CODED).decode()


def heard(code: str) -> str:
    """A code as a person typed it, brought to its one spelling: letters and digits only, of normal width and in upper
    case, I and L as 1, O as 0.
    """
    plain = filter(str.isalnum, unicodedata.normalize("NFKC", code).upper())
    return "".join(plain).translate(_HEARD)
