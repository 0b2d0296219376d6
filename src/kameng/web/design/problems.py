"""What goes wrong is told once here: problem details (RFC 9457) to programs, a page to people, a line to gateways."""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR

from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.web.design.pages import Pages
from kameng.web.design.visit import visit_of

AnyRequest = Request[Any, Any, Any]
PLAIN = ("/callbacks/", "/healthz", "/readyz", "/metrics", "/static/")
KEPT_HEADERS = ("allow", "retry-after")
PROBLEM_TYPE = "application/problem+json"

log = structlog.get_logger("kameng.web")

HTTP_WORDS: Mapping[int, tuple[str, Words]] = {
    400: ("bad_request", Words("请求的内容看不懂")),
    401: ("unauthorized", Words("请先登录")),
    403: ("forbidden", Words("页面已过期或没有权限，请返回刷新后再试")),
    404: ("not_found", Words("没有找到这个页面")),
    405: ("method_not_allowed", Words("不支持这样访问")),
    413: ("too_large", Words("发送的内容太大")),
    415: ("unsupported_media_type", Words("不支持这种内容格式")),
    429: ("too_many_requests", Words("操作太频繁，请稍后再试")),
}
UNEXPECTED = ("internal_error", Words("系统出了点问题，我们已经记录下来，请稍后再试"))


class FieldError(msgspec.Struct):
    """What is wrong with one field."""

    field: str
    detail: str


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457. `code` is stable; `detail` is for people, in the language asked for."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldError] = []
    values: dict[str, Any] = {}


def on_refusal(request: AnyRequest, error: Refusal) -> Response[Any]:
    words = visit_of(request.scope).words
    problem = _problem(request, error.status, error.code, words(error.words, **error.values))
    problem.errors = [FieldError(name, words(text, **error.values)) for name, text in error.fields.items()]
    problem.values = msgspec.to_builtins(error.values)
    seconds = error.values.get("retry_after_s")
    return _answer(request, problem, {"Retry-After": str(seconds)} if isinstance(seconds, int) else {})


def on_http(request: AnyRequest, error: HTTPException) -> Response[Any]:
    words = visit_of(request.scope).words
    if isinstance(error, ValidationException):
        problem = _problem(request, InvalidInput.status, InvalidInput.code, words(InvalidInput.words))
        problem.errors = _validation_fields(error)
        return _answer(request, problem, {})
    if error.status_code >= HTTP_500_INTERNAL_SERVER_ERROR:
        return on_unexpected(request, error)
    code, text = HTTP_WORDS.get(error.status_code, HTTP_WORDS[400])
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() in KEPT_HEADERS}
    return _answer(request, _problem(request, error.status_code, code, words(text)), headers)


def on_unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
    """Nothing of the error reaches the outside but the number under which it stands in the log."""
    visit = visit_of(request.scope)
    log.error("unexpected", request_id=visit.request_id, path=request.scope["path"], exc_info=error)
    code, text = UNEXPECTED
    return _answer(request, _problem(request, HTTP_500_INTERNAL_SERVER_ERROR, code, visit.words(text)), {})


def _validation_fields(error: ValidationException) -> list[FieldError]:
    extra = error.extra if isinstance(error.extra, list) else []
    return [FieldError(str(e.get("key", "")), str(e.get("message", ""))) for e in extra if isinstance(e, dict)]


def _problem(request: AnyRequest, status: int, code: str, detail: str) -> Problem:
    return Problem(
        type=f"urn:kameng:problem:{code}",
        title=code.replace("_", " ").capitalize(),
        status=status,
        code=code,
        detail=detail,
        request_id=visit_of(request.scope).request_id,
    )


def _answer(request: AnyRequest, problem: Problem, headers: Mapping[str, str]) -> Response[Any]:
    path = request.scope["path"]
    headers = {**headers, "Cache-Control": "no-store"}
    if path.startswith("/api/"):
        body = msgspec.json.encode(problem)
        return Response(body, media_type=PROBLEM_TYPE, status_code=problem.status, headers=headers)
    if path.startswith(PLAIN):
        return Response(problem.code, media_type=MediaType.TEXT, status_code=problem.status, headers=headers)
    pages: Pages = request.app.state.pages
    return pages.page(request, "design/problem.html", status=problem.status, headers=headers, problem=problem)
