"""The object store: sealed content by name, in a local folder or a bucket of S3."""

import asyncio
import os
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

from chassis import errors
from chassis.errors import Problem
from chassis.logs import log
from chassis.settings import Settings
from contracts.base import Text

if TYPE_CHECKING:
    from obstore.store import S3Config

SECONDS = 10.0
AT_ONCE = 2
TOGETHER = 500
AWAY = Text("Files cannot be read or kept at the moment; try again shortly.", "暂时无法读取或保存文件，请稍后再试。")
GONE = Text("The content of this file cannot be found.", "找不到该文件的内容。")


class FileStore:
    """Where one service keeps the content of its files, and what it lets a provider keep.

    `quota_bytes` is for each provider. `turns` lets two files be checked and sealed at a time: what that takes of
    memory and processor is bounded, however many arrive.
    """

    def __init__(self, settings: Settings) -> None:
        self.quota_bytes = settings.files_quota_mb * 1_000_000
        self.turns = asyncio.Semaphore(AT_ONCE)
        self._folder: Path | None = None
        self._store = self._opened(settings)

    async def put(self, name: str, content: bytes) -> None:
        """Keeps content under a name, on the disk when it returns; raises a 503 problem when the store is away."""
        try:
            async with asyncio.timeout(SECONDS):
                await obstore.put_async(self._store, name, content, use_multipart=False)
                if self._folder is not None:
                    await asyncio.to_thread(_settle, self._folder / name)
        except (BaseError, OSError) as fault:  # TimeoutError is an OSError
            raise _away(fault) from fault

    async def get(self, name: str) -> bytes:
        """The content of a name; raises a 503 problem when the store is away, and a 500 when it is not there."""
        try:
            async with asyncio.timeout(SECONDS):
                found = await obstore.get_async(self._store, name)
                return (await found.bytes_async()).to_bytes()
        except (NotFoundError, FileNotFoundError) as fault:
            log.error("a file is not in the store")
            raise Problem(errors.INTERNAL, GONE) from fault
        except (BaseError, OSError) as fault:
            raise _away(fault) from fault

    async def remove(self, name: str) -> None:
        """Removes content, and what an interrupted `put` left of it; nothing happens where there is none.

        Raises a 503 problem when the store is away.
        """
        try:
            async with asyncio.timeout(SECONDS):
                if self._folder is not None:
                    await asyncio.to_thread(_clear, self._folder / name)
                else:
                    await obstore.delete_async(self._store, name)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as fault:
            raise _away(fault) from fault

    async def remove_some(self, folder: str) -> int:
        """Removes at most 500 objects whose names begin with a folder's, and says how many; 0 when none was left.

        Raises a 503 problem when the store is away.
        """
        try:
            async with asyncio.timeout(SECONDS):
                if self._folder is not None:
                    return await asyncio.to_thread(_clear_some, self._folder / folder)
                async for listed in obstore.list(self._store, f"{folder}/", chunk_size=TOGETHER):
                    await obstore.delete_async(self._store, [one["path"] for one in listed])
                    return len(listed)
        except (NotFoundError, FileNotFoundError):
            return 1  # somebody else removes them too: look again
        except (BaseError, OSError) as fault:
            raise _away(fault) from fault
        return 0

    def _opened(self, settings: Settings) -> LocalStore | S3Store:
        url = urlsplit(settings.files_url)
        if url.scheme == "file":
            self._folder = Path(unquote(url.path))
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return LocalStore(self._folder)
        config: S3Config = {}
        if settings.files_endpoint is not None:
            config["endpoint"] = settings.files_endpoint
        if settings.files_key_id is not None and settings.files_key_secret is not None:
            config["access_key_id"] = settings.files_key_id.get_secret_value()
            config["secret_access_key"] = settings.files_key_secret.get_secret_value()
        plain = settings.files_endpoint is not None and settings.files_endpoint.startswith("http://")
        return S3Store(
            url.netloc,
            prefix=url.path.strip("/") or None,
            config=config,
            client_options={"connect_timeout": "2s", "timeout": f"{SECONDS:g}s", "allow_http": plain},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=SECONDS)},
        )


def _settle(file: Path) -> None:
    """Writes a file and its name to the disk: the library leaves them to the operating system."""
    for path in (file, file.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _clear(file: Path) -> None:
    """Removes a file, and the pieces `<name>#<number>` that the library writes before it gives them the name."""
    if file.parent.exists():
        for piece in (file, *file.parent.glob(f"{file.name}#*")):
            piece.unlink(missing_ok=True)


def _clear_some(folder: Path) -> int:
    """Removes the first files of a folder, and the folder when it is empty."""
    if not folder.exists():
        return 0
    files = list(islice(folder.iterdir(), TOGETHER))
    for file in files:
        file.unlink(missing_ok=True)
    if not files:
        folder.rmdir()
    return len(files)


def _away(fault: Exception) -> Problem:
    log.warning("the store of files is away", fault=type(fault).__name__)
    return errors.unavailable(AWAY)
