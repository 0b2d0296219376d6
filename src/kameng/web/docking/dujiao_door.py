"""dujiao-next's signature and its way of saying no.

Facts are from dujiao-next's public document (docs/api/integration-open-api.md, 2026-04-01).
"""

import hmac
from collections.abc import Mapping
from typing import Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from kameng.checkout.place_order import OutOfStock, SkuUnavailable
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.merchants.authenticate import KeyUnknown, MerchantDisabled, SignatureWrong
from kameng.merchants.merchant import Caller, Scope
from kameng.orders.lock import OrderMissing
from kameng.web.design.visit import visit_of
from kameng.web.docking.door import AnyRequest, Counter
from kameng.wholesale import dujiao
from kameng.wholesale.purchase import CallbackNotAllowed

CLOCKS_APART_MAX_S = 60


class AuthHeadersMissing(Refusal):
    code = "missing_auth_headers"
    status = 401
    words = Words("缺少签名请求头")


class TimestampInvalid(Refusal):
    code = "invalid_timestamp"
    status = 401
    words = Words("时间戳格式错误")


class TimestampExpired(Refusal):
    code = "timestamp_expired"
    status = 401
    words = Words("时间戳过期，请校准时钟")


class CancelNotAllowed(Refusal):
    code = "cancel_not_allowed"
    words = Words("订单已支付，不能取消")


class ProductNotFound(Refusal):
    code = "product_not_found"
    status = 404
    words = Words("没有找到这个商品，可能已下架")


#: Our own refusals under the names and statuses the protocol has for them.
PUBLISHED: Mapping[type[Refusal], tuple[str, int]] = {
    KeyUnknown: ("invalid_api_key", 401),
    SignatureWrong: ("invalid_signature", 401),
    MerchantDisabled: ("user_disabled", 403),
    InvalidInput: ("bad_request", 400),
    CallbackNotAllowed: ("invalid_callback_url", 400),
    SkuUnavailable: ("sku_unavailable", 400),
    OutOfStock: ("insufficient_stock", 409),
    OrderMissing: ("order_not_found", 404),
}

log = structlog.get_logger("kameng.web")


async def dujiao_caller(counter: Counter) -> Caller:
    """Whoever signed this request. Raises what is refused at the door."""
    request, headers = counter.request, counter.request.headers
    key, stamp = headers.get("dujiao-next-api-key", ""), headers.get("dujiao-next-timestamp", "")
    told = headers.get("dujiao-next-signature", "").lower()
    if not (key and stamp and told):
        raise AuthHeadersMissing
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise TimestampInvalid
    if abs(counter.db.clock.now().timestamp() - int(stamp)) > CLOCKS_APART_MAX_S:
        raise TimestampExpired
    body, path = await request.body(), request.scope["raw_path"].decode("latin-1")
    # Behind the address of a site some programs sign the whole path and some the protocol's own.
    paths = {path, counter.visit.prefix + path}

    def is_signed_with(secret: str) -> bool:
        right = [dujiao.sign(secret, method=request.method, path=one, timestamp=stamp, body=body) for one in paths]
        return any(hmac.compare_digest(one.encode(), told.encode("utf-8", "replace")) for one in right)

    return await counter.caller(key, Scope.DUJIAO, is_signed_with)


def on_refusal(request: AnyRequest, error: Refusal) -> Response[Any]:
    code, status = next(
        (told for kind, told in PUBLISHED.items() if isinstance(error, kind)), (error.code, error.status)
    )
    words = visit_of(request.scope).words
    lines = [words(error.words, **error.values)]
    lines += [f"{name}: {words(text, **error.values)}" for name, text in error.fields.items()]
    seconds = error.values.get("retry_after_s")
    return said_no(code, "；".join(lines), status, {"Retry-After": str(seconds)} if isinstance(seconds, int) else {})


def on_http(_: AnyRequest, error: HTTPException) -> Response[Any]:
    return said_no("bad_request" if error.status_code < 500 else "internal_error", error.detail, error.status_code)


def on_unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
    request_id = visit_of(request.scope).request_id
    log.error("unexpected", request_id=request_id, path=request.scope["path"], exc_info=error)
    return said_no("internal_error", f"internal error {request_id}", 500)


def said_no(code: str, message: str, status: int, headers: Mapping[str, str] | None = None) -> Response[Any]:
    body = {"ok": False, "error_code": code, "error_message": message}
    return Response(body, status_code=status, headers=dict(headers or {}))
