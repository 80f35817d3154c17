"""What the clock does to cases at authorities: it asks level after level for the reply."""

from chassis.clocks.terms import term_ladder
from contracts.external_cases import ExternalCaseClockReached
from services.complaints.external_cases.models import ExternalCase
from services.complaints.external_cases.queries import shared, task_parameters
from services.complaints.external_cases.rules import REPLY


def clock_reached(case: ExternalCase) -> ExternalCaseClockReached:
    """What the others are told when so much of an authority's time has passed."""
    return ExternalCaseClockReached(**shared(case), percent=case.reached)


TIMERS = term_ladder(REPLY, ExternalCase, clock_reached, task_parameters)
