"""What processes have used: CPU to the nanosecond where the kernel counts it, and memory."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")

Used = Mapping[tuple[str, int], float]
"""CPU seconds since its start of each process, by its group and process id."""


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process; 0 for one that is gone.

    `schedstat` counts nanoseconds on the CPU (Linux, Documentation/scheduler/sched-stats.rst); without it, user and
    system time in ticks of 10 ms.
    """
    process = Path(f"/proc/{pid}")
    try:
        return sum(_nanoseconds(thread) for thread in (process / "task").iterdir()) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


def _nanoseconds(thread: Path) -> int:
    return int((thread / "schedstat").read_text().split()[0])


def used(groups: Iterable[tuple[str, int]]) -> Used:
    """What each process of the groups has used until now."""
    return {(group, pid): cpu_seconds(pid) for group, pid in groups}


def between(before: Used, after: Used) -> dict[str, float]:
    """CPU seconds of each group between two looks; a process that came in between counts from its start."""
    spent: defaultdict[str, float] = defaultdict(float)
    for one, seconds in after.items():
        spent[one[0]] += max(0.0, seconds - before.get(one, 0.0))
    return dict(spent)


def memory(pids: Iterable[int]) -> int:
    """Bytes that processes hold together: the sum of their proportional set sizes (PSS), shared pages counted once."""
    total = 0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
    return total
