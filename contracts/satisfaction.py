"""Events of satisfaction: none yet."""

from contracts.base import registry

EVENTS = registry()
