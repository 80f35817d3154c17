"""What a serving process does not load: each library costs its memory five times, in every service and the gateway."""

import subprocess
import sys

import pytest
from alembic.script import ScriptDirectory

from chassis.migrate import alembic_of
from chassis.revisions import head_of
from chassis.service import service_of
from deploy.home import ROOT
from deploy.topology import EDGE, SERVICES

NOT_SERVED = {
    "alembic": "migrations are applied by a process of their own: 8 MB",
    "mako": "only Alembic needs it",
    "aiosmtplib": "mail is handed over only where a mail server is set: 2 MB",
    "rich": "structlog and httpx take it where it is installed, for consoles: 3 MB",
    "pygments": "only rich and httpx's command line need it: 1 MB",
}
NOT_BEHIND = {"aiohttp": "the gateway calls the services with it; nats-py takes it for websockets: 6 MB"}
"""What the services behind the gateway do without, too."""


@pytest.mark.parametrize("package", SERVICES.values())
def test_a_serving_process_loads_nothing_that_only_others_need(package: str) -> None:
    program = f"import sys, {package}.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    unwanted = NOT_SERVED if package == SERVICES[EDGE] else NOT_SERVED | NOT_BEHIND
    assert {name: why for name, why in unwanted.items() if name in loaded} == {}


@pytest.mark.parametrize("package", SERVICES.values())
def test_the_newest_revision_by_file_name_is_that_of_alembic(package: str) -> None:
    service = service_of(package)
    assert head_of(service) == ScriptDirectory.from_config(alembic_of(service)).get_current_head()
