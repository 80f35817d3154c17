"""Brings one service's database to the newest revision, or drafts a revision from the models.

python -m chassis.migrate services.complaints
python -m chassis.migrate revision services.complaints "add severity"
"""

import importlib
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from chassis.service import Service, service_of
from chassis.settings import Settings, load

SCRIPTS = Path(__file__).parent / "migrations"


def alembic_of(service: Service, settings: Settings | None = None) -> Config:
    """Alembic's configuration for a service's own revisions with the chassis' scripts."""
    package = importlib.import_module(service.package)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("version_locations", str(Path(next(iter(package.__path__))) / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["service"] = service.name
    if settings is not None:
        config.attributes["url"] = settings.database_url("owner")
    return config


def upgrade(package: str) -> None:
    """Applies what is missing; safe to run again."""
    service = service_of(package)
    command.upgrade(alembic_of(service, load(Settings, service.name)), "head")


def draft(package: str, message: str) -> None:
    """Writes the next revision from the difference between models and database."""
    service = service_of(package)
    config = alembic_of(service, load(Settings, service.name))
    command.upgrade(config, "head")
    number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
    command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["revision", package, message]:
            draft(package, message)
        case [package]:
            upgrade(package)
        case _:
            sys.exit(__doc__)
