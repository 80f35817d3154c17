"""How fast past cases are imported, from the request until the job is done."""

import asyncio
import time

from bench.figures import Series
from bench.filling import HEADER, MAPPING, past_case
from bench.provider import Api, Machine
from bench.rounds import by_part
from bench.stand import Stand
from deploy.topology import StackError


def measure_imports(stand: Stand, machine: Machine, rows: int, rounds: int) -> Series:
    """Import a new file of so many cases in each round; a request of the series is a row."""
    api, series = Api(machine.gateway, machine.key), Series()
    for number in range(rounds):
        start = time.time_ns()
        file = HEADER + "".join(past_case(f"I-{start}-{row}") for row in range(rows))
        before = asyncio.run(stand.used())
        begun = time.perf_counter()
        job = api.upload("/v1/complaints/imports", MAPPING, file.encode())
        done = api.until(f"/v1/complaints/imports/{job['id']}", "state", "done")
        seconds = time.perf_counter() - begun
        if done["created"] != rows:
            raise StackError(f"Of {rows} past cases {done['created']} were imported in round {number + 1}.")
        series.add([seconds / rows] * rows, seconds, by_part(before, asyncio.run(stand.used())))
    return series
