"""Every exception has one meaning to a caller; what has none is our fault, and says nothing of itself."""

from typing import Annotated, Any

import asyncpg
import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.exceptions import HTTPException

from chassis import errors
from chassis.errors import Problem
from chassis.faults import INPUT, problem_of
from chassis.schemas import NUMBER
from contracts.base import Text

TAKEN = Text("Taken.", "已被占用。")
CONFLICTS = {"uq_door_provider_id_code": TAKEN}


def wrapped(cause: Exception, kind: type[DBAPIError] = DBAPIError, *, invalidated: bool = False) -> DBAPIError:
    """A driver's exception as SQLAlchemy raises it."""
    original = Exception("dbapi")
    original.__cause__ = cause
    return kind("SELECT 1", None, original, connection_invalidated=invalidated)


def violation(constraint: str) -> asyncpg.UniqueViolationError:
    error = asyncpg.UniqueViolationError("duplicate key")
    error.constraint_name = constraint
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Problem(errors.STALE), errors.STALE),
        (HTTPException(404), errors.NOT_FOUND),
        (HTTPException(405, headers={"Allow": "GET"}), errors.METHOD_NOT_ALLOWED),
        (HTTPException(415), errors.UNSUPPORTED),
        (HTTPException(418), errors.INTERNAL),
        (ConnectionRefusedError(111, "refused"), errors.UNAVAILABLE),
        (FileNotFoundError(2, "no socket"), errors.UNAVAILABLE),
        (TimeoutError(), errors.UNAVAILABLE),
        (asyncpg.AdminShutdownError("terminating connection"), errors.UNAVAILABLE),
        (asyncpg.CannotConnectNowError("starting up"), errors.UNAVAILABLE),
        (asyncpg.TooManyConnectionsError("sorry"), errors.UNAVAILABLE),
        (asyncpg.ConnectionDoesNotExistError("closed"), errors.UNAVAILABLE),
        (wrapped(asyncpg.InterfaceError("connection is closed")), errors.UNAVAILABLE),
        (wrapped(asyncpg.QueryCanceledError("statement timeout")), errors.UNAVAILABLE),
        (wrapped(asyncpg.TransactionTimeoutError("transaction timeout")), errors.UNAVAILABLE),
        (wrapped(asyncpg.PostgresError("any"), invalidated=True), errors.UNAVAILABLE),
        (wrapped(asyncpg.LockNotAvailableError("lock timeout")), errors.BUSY),
        (wrapped(asyncpg.DeadlockDetectedError("deadlock")), errors.BUSY),
        (wrapped(violation("uq_door_provider_id_code"), IntegrityError), errors.CONFLICT),
        (violation("uq_door_provider_id_code"), errors.CONFLICT),
        (wrapped(asyncpg.CharacterNotInRepertoireError("0x00")), errors.INVALID),
        (wrapped(asyncpg.UntranslatableCharacterError("\\u0000")), errors.INVALID),
        (wrapped(asyncpg.DataError("date value out of range")), errors.INVALID),
    ],
    ids=lambda value: value.code if isinstance(value, errors.Kind) else type(getattr(value, "orig", value)).__name__,
)
def test_an_exception_means_one_kind_of_problem(error: Exception, kind: errors.Kind) -> None:
    problem = problem_of(error, CONFLICTS)
    assert problem is not None
    assert problem.kind is kind
    if kind in {errors.UNAVAILABLE, errors.BUSY}:
        assert int(problem.headers["Retry-After"]) >= 1, "a client must be told when to come again"


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("boom"),
        KeyError("name"),
        violation("uq_unheard_of"),
        wrapped(asyncpg.ForeignKeyViolationError("gone"), IntegrityError),
        wrapped(asyncpg.UndefinedTableError("no such table")),
        wrapped(asyncpg.InsufficientPrivilegeError("row-level security")),
        wrapped(asyncpg.DivisionByZeroError("division by zero")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_our_fault_means_no_problem_of_the_caller(error: Exception) -> None:
    assert problem_of(error, CONFLICTS) is None


def test_a_conflict_is_told_in_the_words_that_the_service_has_for_it() -> None:
    problem = problem_of(violation("uq_door_provider_id_code"), CONFLICTS)
    assert problem is not None
    assert problem.detail == TAKEN


def test_a_problem_that_was_raised_while_the_body_was_read_is_not_lost() -> None:
    error = HTTPException(400)
    error.__cause__ = Problem(errors.TOO_LARGE)
    problem = problem_of(error, {})
    assert problem is not None
    assert problem.kind is errors.TOO_LARGE


def test_headers_of_the_framework_stay() -> None:
    problem = problem_of(HTTPException(405, headers={"Allow": "GET"}), {})
    assert problem is not None
    assert problem.headers == {"Allow": "GET"}


class Door(BaseModel):
    """What the requests of these tests send."""

    name: str = Field(min_length=2)
    width: int = Field(ge=1)
    panels: dict[str, int] = {}


def refused(content: Any, *where: str) -> Problem:
    """The problem of a request whose part `where` has this content."""
    with pytest.raises(ValidationError) as invalid:
        TypeAdapter(Door).validate_python(content)
    found = [{**one, "loc": (*where, *one["loc"])} for one in invalid.value.errors()]
    problem = problem_of(RequestValidationError(found), {})
    assert problem is not None
    return problem


def test_every_invalid_value_is_named_by_its_pointer_and_explained_in_both_languages() -> None:
    problem = refused({"name": "x", "width": 0, "panels": {"a/b~c": "no"}}, "body")
    assert problem.kind is errors.INVALID
    assert [(one.pointer, one.code) for one in problem.errors] == [
        ("/name", "string_too_short"),
        ("/width", "greater_than_equal"),
        ("/panels/a~1b~0c", "int_parsing"),
    ]
    assert problem.errors[0].detail == Text("It is too short: at least 2 characters.", "内容过短：至少 2 个字符。")


@pytest.mark.parametrize("value", [True, False, "2", "", None])
def test_what_is_no_whole_number_is_refused_as_such(value: Any) -> None:
    with pytest.raises(ValidationError) as invalid:
        TypeAdapter(Annotated[int, Field(ge=0), NUMBER]).validate_python(value)
    assert [one["type"] for one in invalid.value.errors()] == ["int_type"]
    assert "int_type" in INPUT


def test_a_query_parameter_is_named_with_a_question_mark_and_a_header_by_its_name() -> None:
    assert refused({"name": "xy"}, "query").errors[0].pointer == "?width"
    assert refused({"name": "xy"}, "header").errors[0].pointer == "width"


def test_a_body_that_is_no_json_is_malformed() -> None:
    error = {"type": "json_invalid", "loc": ("body", 3), "msg": "", "input": {}, "ctx": {"error": "Expecting value"}}
    problem = problem_of(RequestValidationError([error]), {})
    assert problem is not None
    assert problem.kind is errors.MALFORMED


def test_a_validator_of_ours_brings_its_own_code_and_words() -> None:
    said = Text("A door has a handle.", "门须有把手。")
    error = {"type": "value_error", "loc": ("body", "handle"), "ctx": {"text": said, "code": "handle_missing"}}
    problem = problem_of(RequestValidationError([error]), {})
    assert problem is not None
    assert [(one.pointer, one.code, one.detail) for one in problem.errors] == [("/handle", "handle_missing", said)]


@pytest.mark.parametrize("kind", INPUT)
def test_an_explanation_never_fails_for_want_of_a_number(kind: str) -> None:
    problem = problem_of(RequestValidationError([{"type": kind, "loc": ("body", "x"), "ctx": {}}]), {})
    assert problem is not None
    for one in problem.errors:
        assert "{" not in one.detail.en
        assert "{" not in one.detail.zh


def test_what_was_sent_is_never_repeated() -> None:
    problem = refused({"name": "王", "width": "门宽"}, "body")
    assert "王" not in repr(problem.errors)
    assert "门宽" not in repr(problem.errors)
