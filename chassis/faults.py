"""What any exception means to a caller: one table from exceptions to problems."""

from collections.abc import Iterator, Mapping, Sequence

import asyncpg
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from chassis import errors
from chassis.connections import TookTooLong
from chassis.errors import FieldError, Problem
from chassis.schemas import INVISIBLE
from contracts.base import Text

DATABASE_AWAY = Text("The database does not answer; try again shortly.", "数据库暂时没有响应，请稍后再试。")
TOOK_TOO_LONG = Text("The request took too long and was stopped; try again.", "请求处理超时，已停止，请重试。")
TAKEN = Text("It exists already.", "该内容已存在。")
UNSTORABLE = Text(
    "A text holds the character U+0000, or a time lies outside the years 1 to 9999 in UTC.",
    "文本含有字符 U+0000，或时间超出协调世界时公元 1 年至 9999 年。",
)
UNREADABLE = Text("The body is not valid JSON.", "请求正文不是有效的 JSON。")
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
SLOW = (
    TookTooLong,
    asyncpg.QueryCanceledError,
    asyncpg.TransactionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
# The driver cannot encode a value (the class itself), or the server cannot keep a character.
REFUSED_VALUES = (asyncpg.DataError, asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)

# What pydantic finds wrong, by its error type; anything else gets the last sentence.
INPUT = {
    "missing": Text("This is needed.", "此项必填。"),
    "extra_forbidden": Text("There is no such field.", "没有此字段。"),
    "string_type": Text("A text is expected.", "此处应为文本。"),
    "string_unicode": Text("It holds a broken character.", "内容含有残缺的字符。"),
    "string_too_short": Text(
        "It is too short: at least {min_length} characters.", "内容过短：至少 {min_length} 个字符。"
    ),
    "string_too_long": Text("It is too long: at most {max_length} characters.", "内容过长：最多 {max_length} 个字符。"),
    "string_pattern_mismatch": Text("It must match the pattern {pattern}.", "格式须符合 {pattern}。"),
    "too_short": Text("It has too few entries: at least {min_length}.", "条目过少：至少 {min_length} 项。"),
    "too_long": Text("It has too many entries: at most {max_length}.", "条目过多：最多 {max_length} 项。"),
    "literal_error": Text("It must be one of {expected}.", "须为 {expected} 之一。"),
    "enum": Text("It must be one of {expected}.", "须为 {expected} 之一。"),
    "uuid_parsing": Text("A UUID is expected.", "此处应为 UUID。"),
    "uuid_type": Text("A UUID is expected.", "此处应为 UUID。"),
    "int_parsing": Text("A whole number is expected.", "此处应为整数。"),
    "int_type": Text("A whole number is expected.", "此处应为整数。"),
    "int_from_float": Text("A whole number is expected.", "此处应为整数。"),
    "int_parsing_size": Text("The number is too large.", "数字过大。"),
    "finite_number": Text("A whole number is expected.", "此处应为整数。"),
    "bool_parsing": Text("true or false is expected.", "此处应为 true 或 false。"),
    "bool_type": Text("true or false is expected.", "此处应为 true 或 false。"),
    "greater_than_equal": Text("It must be at least {ge}.", "不得小于 {ge}。"),
    "less_than_equal": Text("It must be at most {le}.", "不得大于 {le}。"),
    "datetime_parsing": Text("An RFC 3339 time is expected.", "此处应为 RFC 3339 格式的时间。"),
    "datetime_from_date_parsing": Text("An RFC 3339 time is expected.", "此处应为 RFC 3339 格式的时间。"),
    "datetime_type": Text("An RFC 3339 time is expected.", "此处应为 RFC 3339 格式的时间。"),
    "timezone_aware": Text("The time needs a zone, such as Z or +08:00.", "时间须带时区，例如 Z 或 +08:00。"),
    "date_from_datetime_parsing": Text("A date such as 2026-03-31 is expected.", "此处应为日期，例如 2026-03-31。"),
    "date_from_datetime_inexact": Text("A date such as 2026-03-31 is expected.", "此处应为日期，例如 2026-03-31。"),
    "date_parsing": Text("A date such as 2026-03-31 is expected.", "此处应为日期，例如 2026-03-31。"),
    "date_type": Text("A date such as 2026-03-31 is expected.", "此处应为日期，例如 2026-03-31。"),
    "url_parsing": Text("A web address is expected.", "此处应为网址。"),
    "url_type": Text("A web address is expected.", "此处应为网址。"),
    "url_scheme": Text("The web address must begin with {expected_schemes}.", "网址须以 {expected_schemes} 开头。"),
    "url_too_long": Text("It is too long: at most {max_length} characters.", "内容过长：最多 {max_length} 个字符。"),
    "list_type": Text("A list is expected.", "此处应为列表。"),
    "dict_type": Text("An object is expected.", "此处应为对象。"),
    "model_attributes_type": Text("An object is expected.", "此处应为对象。"),
    "model_type": Text("An object is expected.", "此处应为对象。"),
    "json_invalid": UNREADABLE,
}
OTHER_INPUT = Text("This value is not valid.", "此值无效。")


def problem_of(error: Exception, conflicts: Mapping[str, Text]) -> Problem | None:
    """The problem that an exception means; None when it is a fault of ours. `conflicts` names unique constraints."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, ClientDisconnect):  # nobody is there to read it; the log must not call it a fault of ours
        return Problem(errors.MALFORMED)
    if isinstance(error, HTTPException):
        if isinstance(error.__cause__, Problem):  # FastAPI wraps what was raised while it read the body
            return error.__cause__
        return Problem(errors.BY_STATUS.get(error.status_code, errors.INTERNAL), headers=error.headers)
    cause = _driver_error(error)
    if isinstance(error, IntegrityError) or isinstance(cause, asyncpg.UniqueViolationError):
        name: str = getattr(cause, "constraint_name", None) or ""
        return Problem(errors.CONFLICT, conflicts[name]) if name in conflicts else None
    if isinstance(cause, asyncpg.LockNotAvailableError | asyncpg.DeadlockDetectedError):
        return Problem(errors.BUSY, headers={"Retry-After": "1"})
    if type(cause) in REFUSED_VALUES:
        return Problem(errors.INVALID, UNSTORABLE)
    if isinstance(cause, SLOW):
        return errors.unavailable(TOOK_TOO_LONG)
    if is_outage(error):
        return errors.unavailable(DATABASE_AWAY)
    return None


def is_outage(error: Exception) -> bool:
    """Whether the database could not be reached, which is no fault of the one who asked it."""
    cause = _driver_error(error)
    return isinstance(cause, AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _driver_error(error: BaseException) -> BaseException:
    """The driver's own exception under SQLAlchemy's wrapping."""
    original = getattr(error, "orig", None)
    return (original.__cause__ or original) if isinstance(original, BaseException) else error


def _invalid(error: RequestValidationError) -> Problem:
    found = list(dict.fromkeys(field_errors(error.errors())))  # a path parameter may be read twice
    unreadable = any(one.code == "json_invalid" for one in found)
    return Problem(errors.MALFORMED, UNREADABLE) if unreadable else Problem(errors.INVALID, errors=found)


def field_errors(found: Sequence[ErrorDetails]) -> Iterator[FieldError]:
    """What pydantic found wrong, in both languages; nothing of the values is quoted."""
    for one in found:
        where, *path = one["loc"]
        if where == "body":
            pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
        else:
            pointer = ("?" if where == "query" else "") + ".".join(str(part) for part in path)
        context = one.get("ctx") or {}
        text = context.get("text")  # a validator of ours brings its own text
        code = str(context.get("code", one["type"]))
        if code == "string_too_short" and str(one.get("input")).isspace():  # long enough until its blanks were cut off
            code, text = "invisible", INVISIBLE
        yield FieldError(pointer, code, text if isinstance(text, Text) else _text(one["type"], context))


def _text(kind: str, context: Mapping[str, object]) -> Text:
    # Pydantic's own "or" between the allowed values is English.
    values = {
        name: value.replace("' or '", "', '") if isinstance(value, str) else value for name, value in context.items()
    }
    try:
        return INPUT.get(kind, OTHER_INPUT).filled(**values)
    except (KeyError, IndexError):
        return OTHER_INPUT
