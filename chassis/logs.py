"""Logs: one JSON object a line on standard output, with the trace; never personal data, never a body."""

import logging
import sys
import traceback

import asyncpg
import orjson
from fastapi.exceptions import ValidationException
from pydantic import ValidationError
from sqlalchemy.exc import EmulatedDBAPIException, StatementError

from chassis.absence import absent
from chassis.trace import current_trace

with absent("rich"):  # for consoles
    import structlog

QUOTING = (StatementError, EmulatedDBAPIException, asyncpg.PostgresError, ValidationError, ValidationException)


def _origin(service: str) -> structlog.typing.Processor:
    """What has every line say which service it is of, and which trace."""

    def add(logger: object, method: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
        fields["service"] = service
        trace = current_trace.get(None)
        if trace is not None:
            fields["trace_id"] = trace.id
        return fields

    return add


def configure_logs(service: str, level: str) -> None:
    """Sends all logs of the process, ours and the libraries', to standard output as JSON lines."""
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        _origin(service),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.EventRenamer("message"),
        structlog.processors.ExceptionRenderer(_told),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_json)],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    renderer = structlog.processors.JSONRenderer(serializer=_json)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, renderer]))
    logging.basicConfig(handlers=[handler], level=max(least, logging.WARNING), force=True)


def _json(value: object, **_: object) -> str:
    return orjson.dumps(value, default=str).decode()


def _told(exc_info: structlog.typing.ExcInfo) -> str:
    """Where an exception and its causes were raised, and their words unless these quote what somebody sent."""
    error: BaseException | None = exc_info[1]
    told: list[str] = []
    while error is not None:
        words = "" if isinstance(error, QUOTING) else f": {error}"
        told.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + words)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nwhich led to\n".join(reversed(told))


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
