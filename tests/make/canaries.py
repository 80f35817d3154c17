"""Canary values: planted where personal data belong, then looked for wherever they must never be, in any writing."""

import base64
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg

from deploy.throwaway import Servers
from deploy.topology import SERVICES

TAG = re.compile(r"kanari[0-9a-f]+")
TEXTS = ("utf-8", "utf-16-le", "utf-16-be")


@dataclass
class Canaries:
    """Values that no other place has, by the field they were planted in."""

    planted: dict[str, str] = field(default_factory=dict)

    def text(self, where: str) -> str:
        """A name or words."""
        return self._plant(where, f"金丝雀 {_tag()}")

    def name(self, where: str, ending: str) -> str:
        """A file name."""
        return self._plant(where, f"金丝雀{_tag()}{ending}")

    def email(self, where: str) -> str:
        """An e-mail address."""
        return self._plant(where, f"{_tag()}@{_tag()}.example")

    def telephone(self, where: str) -> str:
        """A telephone number, written in groups."""
        digits = "".join(str(secrets.randbelow(10)) for _ in range(11))
        return self._plant(where, f"+86 {digits[:3]} {digits[3:7]} {digits[7:]}")

    def secret(self, where: str, value: str) -> str:
        """A secret that the house made, and shows once."""
        return self._plant(where, value)

    def _plant(self, where: str, value: str) -> str:
        assert where not in self.planted
        self.planted[where] = value
        return value

    def seen_in(self, content: bytes) -> list[str]:
        """Fields whose value stands in some content, in whatever writing."""
        lowered = content.lower()
        return [where for where, value in self.planted.items() if any(one in lowered for one in writings(value))]


def writings(value: str) -> set[bytes]:
    """A value as it may be written, in small letters: whole and its own part alone, as text, escaped, encoded; a
    telephone number by its digits too.
    """
    parts = {value, *TAG.findall(value)}
    if value.startswith("+"):
        digits = "".join(filter(str.isdigit, value))
        parts |= {digits, digits.removeprefix("86")}
    plain = {part.encode(text) for part in parts for text in TEXTS}
    escaped = {json.dumps(part)[1:-1].encode() for part in parts} | {quote(part, safe="").encode() for part in parts}
    encoded = {one.hex().encode() for one in plain} | {one for part in plain for one in _base64(part)}
    return {one.lower() for one in plain | escaped | encoded}


def _base64(content: bytes) -> Iterator[bytes]:
    """What base64 makes of some content in each of its three places, without what its neighbours decide."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + content)
        begins = (0, 2, 3)[before]
        ends = (len(content) + before) * 8 // 6
        yield whole[begins:ends]
        yield whole[begins:ends].replace(b"+", b"-").replace(b"/", b"_")


def _tag() -> str:
    return "kanari" + secrets.token_hex(5)


async def rows_with(canaries: Canaries, own: Servers) -> list[tuple[str, str]]:
    """Every column of every row of every table of every database: which field's value stands in which table."""
    found: list[tuple[str, str]] = []
    for service in SERVICES:
        connection = await asyncpg.connect(own.postgres.dsn(service))
        try:
            query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            for (table,) in await connection.fetch(query):
                for row in await connection.fetch(f'SELECT t::text FROM "{table}" t'):
                    found += [(f"{service}.{table}", where) for where in canaries.seen_in(row[0].encode())]
        finally:
            await connection.close()
    return found


def files_with(canaries: Canaries, folder: Path) -> list[tuple[str, str]]:
    """Every file below a folder, its name and its bytes: which field's value stands in which file."""
    found: list[tuple[str, str]] = []
    for path in (one for one in folder.rglob("*") if one.is_file()):
        name = str(path.relative_to(folder))
        found += [(name, where) for where in canaries.seen_in(name.encode() + b"\n" + path.read_bytes())]
    return found
