"""What schemathesis is taught about this API; its process loads this module by `SCHEMATHESIS_HOOKS`."""

import json
import os
import re
import uuid
from itertools import count
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.generation import GenerationMode

from tests.make.imports import COLUMNS, csv_of, mapping
from tests.make.imports import case as case_in_file

KNOWN: dict[str, str] = json.loads(os.environ.get("SURETY_FUZZ_KNOWN", "{}"))
SPARED = frozenset(json.loads(os.environ.get("SURETY_FUZZ_SPARED", "[]")))
ENDING = ("withdraw_", "change_client", "suspend_", "leave_", "erase_", "hold_provider", "recover_", "create_first")
"""Beginnings of the ids of operations after which a caller may do less."""
NOBODY = "00000000-0000-4000-8000-000000000000"
CASES = csv_of((case_in_file(f"C-{number}") for number in range(3)), columns=COLUMNS).decode()
_numbers = count()

UNSAID = {
    "cursor_refused": "a cursor is what the page before gave, and is signed",
    "key_reused": "a key is reused only by a repetition of its request",
    "out_of_range": "calendars reach from 2000 to 2099, times from 1 to 9999; a format has no such bound",
    "unknown_data_class": "which classes there are is a table of the service's",
    "time_zone_unknown": "the names of IANA are hundreds, and change",
    "stale": "a version is what the caller has read",
    "hours_faulty": "spells of a day follow each other",
    "working_hours_faulty": "as hours_faulty",
    "hours_unwanted": "two fields go together",
    "hours_missing": "two fields go together",
    "region_unknown": "the countries whose holidays are known are a library's",
    "account_of_subject": "two fields go together",
    "subject_not_named": "two fields go together",
    "evidence_missing": "one field or the other",
    "reviewer_not_named": "two fields go together",
    "not_by_channel": "two fields go together",
    "not_by_service": "two fields go together",
    "unknown_channel": "a channel is a record; one in an address would be 404",
    "unknown_complaint": "as unknown_channel",
    "channel_not_for_surveys": "as unknown_channel",
    "scope_not_covered": "which roles a holder has is a record",
    "no_working_time": "when anybody works is a record",
    "day_twice": "days differ by date, not by all that is said of them",
    "cause_twice": "causes differ by code, not by all that is said of them",
    "satisfied_wants_more": "two fields go together",
    "window_backwards": "two fields go together",
    "period_backwards": "two fields go together",
    "period_too_long": "two fields go together",
    "export_is_whole": "a parameter and a header go together",
    "reviewer_inside": "who is employed is a record",
    "in_future": "the present moves",
    "not_yet": "as in_future",
    "too_late": "as in_future",
    "over": "as in_future",
    "invisible": "whether a text shows anything is a matter of Unicode's categories",
    "control_character": "as invisible",
}
"""Codes of 422 for what JSON Schema cannot say, with why: such a refusal of valid data is in order."""

FILE = {"unsupported_media_type": "a file's type is told by its content", "empty": "a file has no least size"}
UNSAID_AT = {
    "find_complaints_persons": {"missing": "one field or the other"},
    "import_complaints": {
        "missing": "an empty field of a form is none",
        "malformed": "the mapping is JSON in a field",
        "empty": "a file has no least size in JSON Schema",
        "unknown_column": "the mapping names columns of the file",
    },
    "add_complaint_attachment": FILE,
    "receive_recorded_complaint": {
        **FILE,
        "missing": "an empty field of a form is none",
        "malformed": "the complaint is JSON in a field",
        "sound_expected": "a file's type is told by its content",
    },
    "add_publication_attachment": FILE,
    "send_evidence": FILE,
    "add_document_version_attachment": FILE,
    "load_official_list": {
        "missing": "a list in CSV does not say its year, one in JSON does",
        "of_another_year": "the days are of that year",
        "columns": "what stands in CSV is beyond JSON Schema",
    },
    "override_days": {"columns": "what stands in CSV is beyond JSON Schema"},
    "take_step_for_many": {
        "missing": "the step that a field names says which fields its body has",
        "unknown_step": "the steps are a table of the service's, and some are no steps in bulk",
    },
    "search_complaints": {"too_short": "which characters make a word is a matter of Unicode's scripts"},
    "issue_token": {"invalid_request": "RFC 6749: no field stands twice, and a secret is shown in one way"},
}
"""The same for single operations."""

NO_VIOLATION = {
    r"in header - (object with unexpected|only required) properties": "HTTP knows headers that no document names",
    r"in body - violates `type` at /properties/file ": "a form has bytes alone, of a text and a number alike",
}
"""What schemathesis thinks to be invalid data, by its words, and is not, with why."""


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """A new Idempotency-Key for a request that has a valid one, ids that exist for most that could, nobody's for what
    would end the caller."""
    number = next(_numbers)
    key = case.headers.get("Idempotency-Key") if case.headers else None
    if isinstance(key, str) and key.isascii() and key.isprintable() and 0 < len(key.strip()) <= 255:
        case.headers["Idempotency-Key"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key} {number}"))
    version = case.headers.get("if-match")
    if isinstance(version, str) and version.isdecimal() and _is_valid(case):  # schemathesis takes the quotes for JSON's
        case.headers["if-match"] = f'"{version}"'
    operation = case.operation.definition.raw["operationId"]
    if number % 4 and (case.meta is None or case.meta.phase.name.value != "stateful"):
        _teach(case)
    if operation.startswith(ENDING):
        for name, value in (case.path_parameters or {}).items():
            if value in SPARED:
                case.path_parameters[name] = NOBODY


def _teach(case: Case[Any]) -> None:
    for name, value in (case.path_parameters or {}).items():
        if name in KNOWN and (not name.endswith("_id") or _is_uuid(value)):
            case.path_parameters[name] = KNOWN[name]
    if isinstance(case.body, dict) and "mapping" in case.body and _is_valid(case):
        case.body |= {"mapping": json.dumps(mapping()), "file": CASES}
    if "receipt" in (case.path_parameters or {}) and "receipt-code" in case.headers:
        case.headers["receipt-code"] = KNOWN.get("receipt-code", case.headers["receipt-code"])


def _is_valid(case: Case[Any]) -> bool:
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _is_uuid(value: object) -> bool:
    try:
        return bool(uuid.UUID(str(value)))
    except ValueError:
        return False


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Drops refusals of valid data that have a code of UNSAID, what HTTP allows, and 503 for a provider to come."""
    problem = _problem(response)
    codes = {one["code"] for one in problem.get("errors", [])} or {
        problem.get("error") or problem.get("type", "").rpartition(":")[2]
    }
    if failure.code == "ST202":
        here = UNSAID_AT.get(case.operation.definition.raw["operationId"], {})
        return not codes <= UNSAID.keys() | here.keys()
    if failure.code == "ST201" and any(re.search(pattern, failure.message) for pattern in NO_VIOLATION):
        return False
    # For 30 s nobody can tell a provider that is new from one that is none: 503 with Retry-After, then 404.
    if failure.code == "ST101" and response.status_code == 503:
        asked = case.path_parameters.get("provider")
        return asked is None or asked == KNOWN.get("provider") or "retry-after" not in response.headers
    return True


def _problem(response: Response) -> dict[str, Any]:
    try:
        problem = json.loads(response.content)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
