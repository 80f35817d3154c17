"""The one error shape: problems after RFC 9457, in English and Chinese."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from contracts.base import Text

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its HTTP status, its code (`type` is `urn:surety:problem:<code>`) and its title."""

    status: int
    code: str
    title: Text


MALFORMED = Kind(400, "malformed", Text("The request cannot be read", "请求无法解析"))
UNAUTHENTICATED = Kind(401, "unauthenticated", Text("A valid access token is needed", "需要有效的访问令牌"))
FORBIDDEN = Kind(403, "forbidden", Text("The token lacks a permission", "令牌缺少所需权限"))
REQUEST_TIMEOUT = Kind(408, "request_timeout", Text("The request did not arrive in time", "请求未能及时传完"))
NOT_FOUND = Kind(404, "not_found", Text("There is no such thing here", "此处没有该内容"))
METHOD_NOT_ALLOWED = Kind(
    405, "method_not_allowed", Text("This address does not take this method", "此地址不支持该方法")
)
NOT_ACCEPTABLE = Kind(406, "not_acceptable", Text("There is nothing in the wanted format", "没有所要求的格式"))
REFUSED = Kind(409, "refused", Text("The step is not possible now", "当前不能执行该步骤"))
CONFLICT = Kind(409, "conflict", Text("It exists already", "该内容已存在"))
OVER_QUOTA = Kind(409, "over_quota", Text("There is no room left for this", "剩余空间不足"))
IN_PROGRESS = Kind(409, "in_progress", Text("The same request is still being worked on", "相同的请求仍在处理中"))
BUSY = Kind(409, "busy", Text("The record is being changed by another request", "该记录正被另一请求修改"))
STALE = Kind(412, "stale", Text("The record has changed since it was read", "该记录在读取之后已被修改"))
TOO_LARGE = Kind(413, "too_large", Text("The request is too large", "请求内容过大"))
UNSUPPORTED = Kind(415, "unsupported_media_type", Text("The content type is not accepted", "不接受该内容类型"))
INVALID = Kind(422, "invalid", Text("Some values are not valid", "部分内容无效"))
KEY_REUSED = Kind(
    422, "key_reused", Text("The Idempotency-Key was used for another request", "该 Idempotency-Key 已用于另一请求")
)
PRECONDITION_REQUIRED = Kind(428, "precondition_required", Text("If-Match is needed", "需要 If-Match"))
TOO_MANY = Kind(429, "too_many_requests", Text("Too many requests", "请求过于频繁"))
INTERNAL = Kind(500, "internal", Text("Something went wrong on our side", "服务器内部错误"))
BAD_GATEWAY = Kind(502, "bad_gateway", Text("The service gave no valid answer", "服务未给出有效应答"))
UNAVAILABLE = Kind(503, "unavailable", Text("The service is not available at the moment", "服务暂时不可用"))
GATEWAY_TIMEOUT = Kind(504, "gateway_timeout", Text("The service did not answer in time", "服务未能及时应答"))

BY_STATUS = {
    kind.status: kind
    for kind in (
        MALFORMED, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, REQUEST_TIMEOUT, REFUSED,
        STALE, TOO_LARGE, UNSUPPORTED, INVALID, PRECONDITION_REQUIRED, TOO_MANY, INTERNAL, BAD_GATEWAY, UNAVAILABLE,
        GATEWAY_TIMEOUT,
    )
}  # fmt: skip


class Objection(NamedTuple):
    """One reason why a step is refused: a code for programs, a message for people, the clause behind it."""

    code: str
    message: Text
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid value: where it stands (JSON pointer, `?name`, or a header's name), a code, and what is wrong."""

    pointer: str
    code: str
    detail: Text


class Problem(Exception):
    """A request that ends with a problem document.

    `objections` go with a refused step (409), `errors` with invalid input (422); `headers` are sent along.
    """

    def __init__(
        self,
        kind: Kind,
        detail: Text | None = None,
        *,
        objections: Sequence[Objection] = (),
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.detail = detail or kind.title
        self.objections = tuple(objections)
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def document(self, *, instance: str, trace_id: str, language: str) -> dict[str, Any]:
        """The problem document in a language."""
        document: dict[str, Any] = {
            "type": f"urn:surety:problem:{self.kind.code}",
            "title": self.kind.title.in_language(language),
            "status": self.kind.status,
            "detail": self.detail.in_language(language),
            "instance": instance,
            "trace_id": trace_id,
        }
        if self.objections:
            document["objections"] = [
                {"code": one.code, "message": one.message.in_language(language), "clause": one.clause}
                for one in self.objections
            ]
        if self.errors:
            document["errors"] = [
                {"pointer": one.pointer, "code": one.code, "detail": one.detail.in_language(language)}
                for one in self.errors
            ]
        return document

    def response(self, *, instance: str, trace_id: str, language: str) -> JSONResponse:
        """The answer that carries the problem document."""
        return JSONResponse(
            self.document(instance=instance, trace_id=trace_id, language=language),
            status_code=self.kind.status,
            media_type=MEDIA_TYPE,
            headers={**self.headers, "Content-Language": "zh-CN" if language.startswith("zh") else "en"},
        )


def not_found(what: Text | None = None) -> Problem:
    """404, which a foreign provider's record gets too."""
    return Problem(NOT_FOUND, what)


def invalid(pointer: str, code: str, detail: Text) -> Problem:
    """422 for one value."""
    return Problem(INVALID, errors=[FieldError(pointer, code, detail)])


def unavailable(detail: Text | None = None, *, retry_after: int = 1) -> Problem:
    """503 with the seconds after which another try makes sense."""
    return Problem(UNAVAILABLE, detail, headers={"Retry-After": str(retry_after)})


class ObjectionOut(BaseModel):
    """One reason why a step is refused."""

    code: str = Field(description="For programs; stable.")
    message: str = Field(description="For people, in the language of the request.")
    clause: str | None = Field(None, description="Clause of the standard behind the rule.", examples=["8.2"])


class FieldErrorOut(BaseModel):
    """One invalid value."""

    pointer: str = Field(description="JSON pointer into the body; `?name` for a query parameter.", examples=["/words"])
    code: str = Field(description="For programs; stable.")
    detail: str = Field(description="For people, in the language of the request.")


class ProblemOut(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(examples=["urn:surety:problem:refused"])
    title: str
    status: int
    detail: str
    instance: str = Field(description="The address that was asked.")
    trace_id: str = Field(description="Found again in the logs.")
    objections: list[ObjectionOut] | None = Field(None, description="With a refused step: all that is missing.")
    errors: list[FieldErrorOut] | None = Field(None, description="With invalid input: every invalid value.")
