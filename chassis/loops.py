"""Loops that run until their task is cancelled."""

import asyncio


def wanted() -> bool:
    """Whether the task at hand has not been cancelled; every endless loop asks once a turn.

    Before Python 3.12 `asyncio.wait_for`, which libraries use, loses a cancellation that arrives together with its
    result, and the loop would never hear of it.
    """
    task = asyncio.current_task()
    return task is None or not task.cancelling()
