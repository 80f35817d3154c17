"""One campaign: each caller's schemathesis on one stack, two of them at a time, and what they found."""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.home import ROOT
from tests.fuzz.callers import Caller, callers, stack_without_limits

AT_ONCE = 2
CHAINS = 5
"""Chains of linked requests for each example of an operation: there are many operations to begin with."""
PHASES = "examples,coverage,fuzzing,stateful"
CONFIGURATION = """
[generation]
database = "none"
exclude-header-characters = "\\u0000\\r\\n"

[phases.stateful.generation]
mode = "positive"
max-examples = {chains}

[phases.stateful.inference]
algorithms = []

[checks.missing_required_header]
expected-statuses = [400, 401, 403, 406, 415, 422, 428]
"""
AUTHENTICATION = """
[auth.openapi.token]
bearer = "{key}"
"""
OPEN = (
    "issue_token|public|accept_invitation|make_complaint|track_complaint|send_evidence|download_complaint_attachment"
    "|download_document_version_attachment"
)


@dataclass(frozen=True)
class Outcome:
    """What one caller's run came to: whether all checks held, and its report."""

    caller: str
    clean: bool
    seconds: float
    report: str

    @property
    def summary(self) -> str:
        """One line: operations, test cases, seconds."""
        cases = re.search(r"Test cases:\n\s+(.*)", self.report)
        what = f"{self.tested} operations, {cases[1] if cases else 'nothing generated'}"
        return f"{self.caller}: {what}, {self.seconds:.0f} s"

    @property
    def tested(self) -> int:
        """How many operations were called."""
        found = re.search(r"Tested: (\d+)", self.report)
        return int(found[1]) if found else 0


def campaign(seed: int, examples: int) -> list[Outcome]:
    """Fuzzes a new stack through its gateway; `examples` for each operation, phase and caller."""
    with stack_without_limits() as stack, ThreadPoolExecutor(AT_ONCE) as pool:
        gateway, folder = stack.credentials["gateway"], stack.home.folder
        return list(pool.map(lambda caller: fuzz(caller, gateway, folder, seed, examples), callers(stack)))


def fuzz(caller: Caller, address: str, folder: Path, seed: int, examples: int) -> Outcome:
    """Has one caller call what the document at an address has for it."""
    begun = time.monotonic()
    configuration = folder / f"{caller.name}.toml"
    configuration.write_text(
        CONFIGURATION.format(chains=CHAINS * examples) + (AUTHENTICATION.format(key=caller.key) if caller.key else "")
    )
    told = {"SURETY_FUZZ_KNOWN": json.dumps(caller.known), "SURETY_FUZZ_SPARED": json.dumps(caller.spared)}
    environment = os.environ | told | {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        _command(caller, address, configuration, seed, examples),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(caller.name, done.returncode == 0, time.monotonic() - begun, done.stdout)


def _command(caller: Caller, address: str, configuration: Path, seed: int, examples: int) -> list[str]:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
        *("run", f"{address}/openapi.json", "--url", address),
        *("--phases", PHASES, "--seed", str(seed), "--max-examples", str(examples)),
        *("--continue-on-failure", "--no-color", "--no-shrink", "--request-timeout", "30", "--warnings", "off"),
    ]
    if caller.key is not None:
        command += ["--exclude-operation-id-regex", f"^({OPEN})$"]
    return [*command, "--include-operation-id-regex", caller.operations] if caller.operations else command
