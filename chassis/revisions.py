"""The newest migration of a service, told by its files' names: a process that only serves needs no Alembic."""

import importlib
from pathlib import Path

from chassis.service import Service


def head_of(service: Service) -> str | None:
    """The newest revision of a service, None without any; files are `<revision>_<what it does>.py`, numbered."""
    package = importlib.import_module(service.package)
    folder = Path(next(iter(package.__path__))) / "migrations"
    return max((file.name.partition("_")[0] for file in folder.glob("[0-9]*_*.py")), default=None)
