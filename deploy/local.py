"""Runs the whole of Surety on this machine: `python -m deploy.local run`, `start` in the background, `stop`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from deploy.home import ROOT, Home, Supervisor, ask_to_stop
from deploy.logs import Follower
from deploy.processes import TICK, tail
from deploy.seed import seed
from deploy.stack import Stack
from deploy.topology import EDGE, SERVICES, StackError

STOP_SECONDS = 120.0


def run(home: Home, *, follow: bool = True) -> None:
    """Start everything, keep it alive until Ctrl-C or SIGTERM, stop everything."""
    home.make()
    with home.locked():
        home.secrets.make()
        stack = Stack(home, _base())
        gateway = f"http://127.0.0.1:{stack.base}"
        home.announce(Supervisor(os.getpid(), gateway, ready=False))
        begun = time.monotonic()
        _interrupt_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        try:
            print("Starting ...", flush=True)
            stack.start()
            seed(home.credentials, home.secrets.operator_key, gateway, gateway)
            home.announce(Supervisor(os.getpid(), gateway, ready=True))
            print(f"Ready after {time.monotonic() - begun:.1f} s.\n{greeting(home, gateway)}", flush=True)
            stack.keep(Follower(stack.logs) if follow else None)
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
        finally:
            for what in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(what, signal.SIG_IGN)
            stack.stop()


def supervise(home: Home) -> None:
    """What `start` leaves in the background."""
    run(home, follow=False)


def start(home: Home) -> None:
    """Run in the background; returns when everything is ready, raises StackError with what went wrong."""
    home.make()
    if home.supervisor() is None:
        background = _in_background(home)
        while background.poll() is None and not _is_ready(home):
            time.sleep(TICK)
        if background.returncode is not None:
            raise StackError(tail(_log(home)))
    while (supervisor := home.supervisor()) is not None and not supervisor.ready:
        time.sleep(TICK)
    if supervisor is None:
        raise StackError("Surety was stopped before it was ready.")
    print(greeting(home, supervisor.gateway))


def stop(home: Home) -> None:
    """Stop what runs, and what a crash left running; returns when all is gone."""
    home.make()
    supervisor = home.supervisor()
    if supervisor is None:
        with home.locked():
            home.stop_left_over()
        print("Surety is not running.")
        return
    ask_to_stop(supervisor)
    end = time.monotonic() + STOP_SECONDS
    while home.supervisor() is not None:
        if time.monotonic() > end:
            raise StackError(f"Surety (process {supervisor.pid}) did not stop within {STOP_SECONDS:g} s.")
        time.sleep(TICK)
    print("Stopped.")


def greeting(home: Home, gateway: str) -> str:
    """Where everything is and how to log in."""
    base = int(gateway.rpartition(":")[2])
    services = ", ".join(f"{name} {base + place}" for place, name in enumerate(SERVICES) if name != EDGE)
    return f"""
  Surety      {gateway}
  API         {gateway}/docs
  Keys        {home.credentials}
              curl -H "Authorization: Bearer <a key>" {gateway}/v1/complaints
  Services    {services} (ports of 127.0.0.1)
  Servers     PostgreSQL {base + len(SERVICES)}, NATS {base + len(SERVICES) + 1}
  Logs        {home.logs}
  Stop        Ctrl-C, or make stop
"""


def _base() -> int:
    given = os.environ.get("SURETY_PORT", "8080")
    if not given.isdecimal():
        raise StackError(f"The base port must be a number, not {given!r}.")
    return int(given)


def _in_background(home: Home) -> subprocess.Popen[bytes]:
    with _log(home).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "supervise"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
        )


def _log(home: Home) -> Path:
    return home.logs / "stack.log"


def _is_ready(home: Home) -> bool:
    supervisor = home.supervisor()
    return supervisor is not None and supervisor.ready


def _interrupt_on(*signals: signal.Signals) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for what in signals:
        signal.signal(what, interrupt)


COMMANDS: dict[str, Callable[[Home], None]] = {"run": run, "supervise": supervise, "start": start, "stop": stop}


def main(arguments: list[str]) -> int:
    """The command line; the exit code is 0 when all went well."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    os.umask(0o077)
    try:
        COMMANDS[arguments[0]](Home.from_environment())
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
