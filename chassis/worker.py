"""Relay, consumers, timers, messages and reconciliation of a service: in its HTTP process, or alone.

python -m chassis.worker services.complaints
"""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import uvloop

from chassis.attachments.jobs import file_timers
from chassis.attachments.store import FileStore
from chassis.broker import Broker
from chassis.clock import Clock, utc_now
from chassis.consumers import Consumers
from chassis.database import Database
from chassis.jobs import Timers
from chassis.logs import configure_logs
from chassis.messages.jobs import Dispatch, outcome_handlers
from chassis.messages.mail import Mailbox
from chassis.reactions import Reactor
from chassis.rebuild import Rebuild
from chassis.reconciliation.answers import Answers
from chassis.reconciliation.jobs import Reconciler
from chassis.relay import Relay
from chassis.sealing import Vault, vault_of
from chassis.service import Service, service_of
from chassis.settings import Settings, load
from chassis.watch import Watch


class Worker:
    """The background of one service; any number of workers of a service are right together."""

    def __init__(self, service: Service, settings: Settings, vault: Vault, clock: Clock = utc_now) -> None:
        self._database = Database(settings, "worker", vault, clock=clock)
        self.broker = Broker(service.name, settings.nats_url, settings.nats_seed.get_secret_value())
        self.relay = Relay(self._database, self.broker)
        contracts = Reactor(self._database, service.reactions).contracts
        self.reconciler = Reconciler(self._database, self.broker, contracts)
        self._consumers = Consumers(self._database, self.broker, service.reactions, self.reconciler.wish)
        handlers = {**file_timers(FileStore(settings)), **outcome_handlers(service.messages), **service.timers}
        self._timers = Timers(self._database, handlers, service.daily, service.soon)
        self._rebuild = Rebuild(self._database, self.relay.wake)
        self._watch = Watch(self._database, self.broker, contracts)
        self._dispatch = Dispatch(self._database, _mailbox(settings), service.messages) if service.messages else None
        self._database.on_journal(self.relay.wake)
        self.broker.on_declared(self._rebuild.note)
        Answers(self._database, self.broker, service.events, self.relay.wake)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins to work; waits for nothing."""
        await self.broker.start()
        parts = (self.relay, self._consumers, self._timers, self._rebuild, self.reconciler, self._watch)
        runs: list[Coroutine[Any, Any, None]] = [part.run() for part in parts]
        if self._dispatch is not None:
            runs.append(self._dispatch.run())
        self._tasks = [asyncio.create_task(run) for run in runs]

    async def stop(self) -> None:
        """Stops; what is unfinished is rolled back and taken up by another worker or the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.broker.stop()
        await self._database.close()


def _mailbox(settings: Settings) -> Mailbox | None:
    if settings.mail_server is None:
        return None
    from chassis.messages.mail_server import MailServerMailbox

    return MailServerMailbox(settings.mail_server)


async def work_alone(package: str) -> None:
    """Runs a service's worker until SIGTERM or SIGINT."""
    service = service_of(package)
    settings = load(Settings, service.name)
    configure_logs(service.name, settings.log_level)
    worker = Worker(service, settings, vault_of(settings))
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await worker.start()
    await stopped.wait()
    await worker.stop()


if __name__ == "__main__":
    uvloop.run(work_alone(sys.argv[1]))
