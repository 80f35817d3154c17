"""JSON in one spelling, so that equal content has an equal hash, whoever computes it."""

import json
from datetime import UTC, datetime


def canonical(content: object) -> str:
    """Content as JSON: keys in order, no blanks, no escapes but needed ones, instants as 2026-01-05T02:00:00+00:00."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_written)


def _written(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
