"""The clock's work on imports of past cases."""

from chassis.imports.jobs import import_timers
from services.complaints.imports.actions import CASES

TIMERS = import_timers(CASES)
