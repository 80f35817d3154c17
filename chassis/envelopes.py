"""The envelope that events travel in: CloudEvents 1.0, structured JSON (https://github.com/cloudevents/spec)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from chassis.trace import trace_of
from contracts.base import Event

E_co = TypeVar("E_co", bound=Event, covariant=True)


class UnreadableError(Exception):
    """A message that is no envelope, or whose data do not keep their contract; it never says what the data were."""


class UnknownTypeError(Exception):
    """An envelope whose event type the reader has no contract for."""


@dataclass(frozen=True, slots=True)
class Received(Generic[E_co]):
    """An event as it reaches another service.

    `subject` is the record it tells of and `version` that record's version after it; `actor` is who acted, as kind and
    id. Order is the version's: a message may come late, or twice.
    """

    id: UUID
    type: str
    provider_id: UUID
    subject: UUID
    version: int
    time: datetime
    correlation: UUID
    causation: UUID | None
    actor: str | None
    data: E_co


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="ignore")

    specversion: str
    id: UUID
    type: str
    subject: UUID
    time: AwareDatetime
    providerid: UUID
    sequence: int
    correlationid: UUID
    causationid: UUID | None = None
    actor: str | None = None
    data: dict[str, Any]


def write_envelope(service: str, entry: Mapping[str, Any]) -> bytes:
    """The envelope of a row of the journal; `entry["data"]` is JSON text.

    `sequence` is a string that sorts like the record's version, as the Sequence extension of CloudEvents wants it;
    `correlationid` and `traceparent` hold the same trace, of which every envelope is a span.
    """
    correlation: UUID = entry["correlation"]
    envelope = {
        "specversion": "1.0",
        "id": str(entry["id"]),
        "source": f"/surety/{service}",
        "type": entry["type"],
        "subject": str(entry["subject"]),
        "time": entry["at"].astimezone(UTC),
        "datacontenttype": "application/json",
        "providerid": str(entry["provider_id"]),
        "sequence": f"{entry['version']:010d}",
        "correlationid": str(correlation),
        "traceparent": trace_of(correlation).traceparent,
        "actor": entry["actor"],
        "data": orjson.Fragment(entry["data"]),
    }
    if entry["causation"] is not None:
        envelope["causationid"] = str(entry["causation"])
    return orjson.dumps(envelope, option=orjson.OPT_UTC_Z)


def read_envelope(payload: bytes, contracts: Mapping[str, type[Event]]) -> Received[Event]:
    """The event in a message, read by the contract of its type.

    Raises `UnreadableError`, or `UnknownTypeError` when `contracts` has nothing for the type.
    """
    try:
        envelope = _Envelope.model_validate_json(payload)
        contract = contracts.get(envelope.type)
        if contract is None:
            raise UnknownTypeError(envelope.type)
        data = contract.model_validate(envelope.data)
    except ValidationError as error:
        raise UnreadableError(_what(error)) from None
    return Received(
        id=envelope.id,
        type=envelope.type,
        provider_id=envelope.providerid,
        subject=envelope.subject,
        version=envelope.sequence,
        time=envelope.time,
        correlation=envelope.correlationid,
        causation=envelope.causationid,
        actor=envelope.actor,
        data=data,
    )


def _what(error: ValidationError) -> str:
    """What is wrong and where, without the values."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'message'}: {one['type']}" for one in found[:5])
