"""Events of projects: none yet."""

from contracts.base import registry

EVENTS = registry()
