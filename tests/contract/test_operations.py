"""What operators read is true: alerts are of figures that there are, and explained; all settings stand in the table."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, Histogram

from chassis import metrics
from deploy.rotation import STEPS
from deploy.settings import BEGIN, END, table, with_table
from gateway.settings import GatewaySettings

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def figures() -> set[str]:
    """The names of all series of a process."""
    assert isinstance(metrics.REQUESTS, Histogram)  # what is imported is registered
    named = {one.name for one in REGISTRY.collect()}
    suffixes = ("", "_total", "_count", "_sum", "_bucket")
    return {f"{name}{suffix}" for name in named for suffix in suffixes}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_is_of_figures_that_there_are_and_is_explained(rule: dict[str, Any]) -> None:
    named = set(re.findall(r"surety_\w+", rule["expr"]))
    assert named <= figures()
    assert named or "up{" in rule["expr"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert f"| `{rule['alert']}` |" in OPERATIONS


def test_no_alert_is_explained_that_is_not_there() -> None:
    assert set(re.findall(r"^\| `(Surety\w+)` \|", OPERATIONS, re.MULTILINE)) == {one["alert"] for one in rules()}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_takes_the_rules() -> None:
    done = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_table_has_every_setting_once_and_stands_between_its_marks() -> None:
    variables = re.findall(r"^\| `(SURETY_\w+)`", table(), re.MULTILINE)
    assert sorted(variables) == sorted(f"SURETY_{name.upper()}" for name in GatewaySettings.model_fields)
    assert with_table(f"before {BEGIN} old {END} after") == f"before {BEGIN}\n\n{table()}\n\n{END} after"
    with pytest.raises(ValueError, match="not there"):
        with_table("nothing")


def test_every_step_of_a_rotation_is_written_down_in_its_order() -> None:
    assert re.findall(r"^rotate ([\w-]+)", OPERATIONS, re.MULTILINE) == list(STEPS)
