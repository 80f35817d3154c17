"""Run by Python at the start of each process of a stack with a planted bug: plants it where something is served."""

import importlib
import os
import sys

if "uvicorn" in sys.orig_argv:
    importlib.import_module(f"tests.chaos.planted.{os.environ['CHAOS_PLANTED']}").plant()
