"""Bugs that the checker must find: each module changes classes of the chassis within the processes of one run.

Production code has no switch for it. The folder `hook` stands on the PYTHONPATH of the run's stack, and its
`sitecustomize` calls `plant()` of the module that the environment names, in the processes that serve.
"""

from collections.abc import Mapping

from deploy.home import ROOT

BUG = "CHAOS_PLANTED"


def planted(bug: str) -> Mapping[str, str]:
    """What the processes of a stack find in their environment to have a bug."""
    return {BUG: bug, "PYTHONPATH": f"{ROOT / 'tests/chaos/planted/hook'}:{ROOT}"}
