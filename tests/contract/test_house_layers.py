"""Who may import whom, what stays pure, and what happens in one place only."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.make.sources import Source, at_run_time, imported, sources

OURS = frozenset({"contracts", "chassis", "services", "gateway", "deploy", "tests", "bench"})
MAY_IMPORT = {
    "contracts": {"contracts"},
    "chassis": {"contracts", "chassis"},
    "services": {"contracts", "chassis", "services"},
    "gateway": {"contracts", "chassis", "gateway"},
    "bench": {"contracts", "chassis", "deploy", "bench"},
}
DOMAIN = re.compile(
    r"complain|channel|follow.?up|survey|satisf|consultation|opinion|inspect|indicator|improvement|assessment"
    r"|\brisks?\b|\bsignals?\b|incident|weakness|\bcustomers?\b|\bprojects?\b|requirement|deliverable|innovation|employee"
    r"|投诉|渠道|回访|满意|咨询|意见|检查|指标|改进|风险|事件|弱点|需方|项目|需求|交付|创新|员工",
    re.IGNORECASE,
)
NO_WORDS = re.compile(r"services\.[a-z]+|import signal$|signal\.SIG[A-Z]+")
IMPURE = (
    "sqlalchemy",
    "fastapi",
    "starlette",
    "httpx",
    "aiohttp",
    "nats",
    "asyncpg",
    "time",
    "random",
    "secrets",
    "os",
)
PURE_CHASSIS = {
    "chassis.actors",
    "chassis.canonical",
    "chassis.clocks.rules",
    "chassis.errors",
    "chassis.lifecycle",
    "chassis.statistics",
    "chassis.tasks.rules",
    "chassis.worktime",
}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "new_id", "uuid4", "uuid7"}
CLIENTS = ("httpx", "aiohttp", "requests", "urllib.request", "http.client")
COMMITS = re.compile(
    r"\bCOMMIT\b|\.commit\(|\.rollback\(|\bROLLBACK\b|(session|connection|engine)\.begin\b|\.begin_nested\("
)
TENANT_SETTING = re.compile(r"SET LOCAL|set_config|SET app\.")


def out_of_layer(source: Source) -> Iterator[str]:
    """Imports that point the wrong way."""
    layer = source.path.parts[0]
    for name, node in imported(source):
        top = name.split(".")[0]
        if top in OURS and top not in MAY_IMPORT[layer]:
            yield f"{source.at(node)} imports {name}"


def of_another_service(source: Source) -> Iterator[str]:
    """Imports of one service by another."""
    own = source.path.parts[1]
    for name, node in imported(source):
        parts = name.split(".")
        if parts[0] == "services" and len(parts) > 1 and parts[1] != own:
            yield f"{source.at(node)} imports {name}"


def impurities(source: Source) -> Iterator[str]:
    """What a module of rules does that is no rule: imports of input and output at run time, and reads of a clock."""
    tree = at_run_time(source.tree)
    for name, node in imported(source, tree):
        pure = name in PURE_CHASSIS or name.rpartition(".")[0] in PURE_CHASSIS
        if name.split(".")[0] in IMPURE or (name.startswith("chassis.") and not pure):
            yield f"{source.at(node)} imports {name}"
    for part in ast.walk(tree):
        if isinstance(part, ast.Call) and ast.unparse(part.func).split(".")[-1] in CLOCKS:
            yield f"{source.at(part)} calls {ast.unparse(part.func)}"
        if isinstance(part, ast.AsyncFunctionDef | ast.Await | ast.Global):
            yield f"{source.path}:{part.lineno} is asynchronous or global"


def lines_with(pattern: re.Pattern[str], source: Source, ignoring: re.Pattern[str] | None = None) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), start=1):
        found = pattern.search(ignoring.sub("", line) if ignoring else line)
        if found:
            yield f"{source.path}:{number} has {found[0]!r}"


def running_code() -> list[Source]:
    """What serves; migrations run before it and commit by themselves."""
    return [one for one in sources("chassis", "services", "gateway") if "migrations" not in one.path.parts]


def rules() -> list[Source]:
    return [one for one in sources("chassis", "services", "gateway") if one.path.name == "rules.py"]


def test_imports_point_from_services_and_gateway_to_chassis_to_contracts() -> None:
    wrong = [line for one in sources(*MAY_IMPORT) for line in out_of_layer(one)]
    assert not wrong, (
        f"contracts ← chassis ← services, gateway: what stands lower must not know what is above it: {wrong}"
    )


def test_no_service_imports_another_service() -> None:
    wrong = [line for one in sources("services") if len(one.path.parts) > 2 for line in of_another_service(one)]
    assert not wrong, f"a service learns of another by events and keeps what it needs; else they fail together: {wrong}"


def test_no_service_calls_another_over_http() -> None:
    wrong = [
        f"{one.at(node)} imports {name}"
        for one in sources("services")
        for name, node in imported(one)
        if name.startswith(CLIENTS)
    ]
    assert not wrong, f"a service that calls another is away when the other is; it reacts to events instead: {wrong}"


def test_the_chassis_has_no_word_of_the_domain() -> None:
    wrong = [line for one in sources("chassis") for line in lines_with(DOMAIN, one, ignoring=NO_WORDS)]
    assert not wrong, f"the chassis is mechanism; what it knows of one service, all others carry along: {wrong}"


@pytest.mark.parametrize("source", rules(), ids=lambda source: str(source.path.parent))
def test_rules_are_pure(source: Source) -> None:
    wrong = list(impurities(source))
    assert not wrong, f"a rule is a function of record, facts, body, actor and now, so that tables can test it: {wrong}"


def test_commits_and_transactions_are_begun_and_ended_in_one_place() -> None:
    places = {Path(f"chassis/{one}.py") for one in ("connections", "database", "db", "transactions")}
    wrong = [line for one in running_code() if one.path not in places for line in lines_with(COMMITS, one)]
    assert not wrong, f"an action that commits tears row, journal, outbox and answer apart; its route does it: {wrong}"


def test_the_provider_of_a_transaction_is_set_in_one_place() -> None:
    wrong = [
        line
        for one in sources("chassis", "services", "gateway")
        if one.path != Path("chassis/connections.py")
        for line in lines_with(TENANT_SETTING, one)
    ]
    assert not wrong, f"row-level security trusts app.provider_id; only chassis/connections.py may set it: {wrong}"


WRONG_RULES = """
from typing import TYPE_CHECKING
from sqlalchemy import select
from chassis.db import UnitOfWork
from chassis.errors import Objection
if TYPE_CHECKING:
    from services.complaints.channels.models import Channel
    from fastapi import Request

def is_due(channel):
    return channel.due < datetime.now(UTC)
"""


def test_the_tests_of_layers_see_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(Path("services/risk/signals/rules.py"))
    monkeypatch.setitem(source.__dict__, "text", WRONG_RULES)
    assert [line.split(" ", 1)[1] for line in impurities(source)] == [
        "imports sqlalchemy.select",
        "imports chassis.db.UnitOfWork",
        "calls datetime.now",
    ]
    assert [line.split(" ", 1)[1] for line in of_another_service(source)] == [
        "imports services.complaints.channels.models.Channel"
    ]
    chassis = Source(Path("chassis/errors.py"))
    monkeypatch.setitem(chassis.__dict__, "text", "from services.risk.app import SERVICE\nfrom . import db\nx = '投诉'")
    assert list(out_of_layer(chassis)) == ["chassis/errors.py:1 imports services.risk.app.SERVICE"]
    assert list(lines_with(DOMAIN, chassis)) == [
        "chassis/errors.py:1 has 'risk'",
        "chassis/errors.py:3 has '投诉'",
    ]
    assert not list(lines_with(DOMAIN, chassis, ignoring=re.compile("services.*|投诉")))
