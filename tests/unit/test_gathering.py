"""Answers go out in one piece, in order and whole."""

import asyncio
from typing import cast

from chassis.gathering import MOST_HELD, Gathering


class Wire:
    """A connection that notes what is done with it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def gathering(wire: Wire) -> Gathering:
    return Gathering(cast(asyncio.Transport, wire), asyncio.get_running_loop())


async def test_what_is_said_at_one_go_is_one_write_and_what_follows_another() -> None:
    connection = gathering(wire := Wire())
    connection.write(b"head")
    connection.write(b"body")
    assert wire.written == []
    await asyncio.sleep(0)
    connection.write(b"more")
    await asyncio.sleep(0)
    assert wire.written == [b"headbody", b"more"]


async def test_what_is_held_back_goes_out_before_the_connection_closes() -> None:
    connection = gathering(wire := Wire())
    connection.write(b"last")
    connection.close()
    assert wire.written == [b"last"]
    assert connection.is_closing()
    await asyncio.sleep(0)
    assert wire.written == [b"last"]


async def test_much_is_not_held_back() -> None:
    connection = gathering(wire := Wire())
    connection.write(b"head")
    connection.write(b"x" * MOST_HELD)
    assert wire.written == [b"head" + b"x" * MOST_HELD]
    connection.write(b"end")
    await asyncio.sleep(0)
    assert wire.written[1:] == [b"end"]
