"""We are a dujiao-next site, B in its document: other such sites connect to us at `/api/v1/upstream`."""

import secrets
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from kameng.catalogue.browse import list_types
from kameng.checkout.cancel_order import OrderNotCancellable, cancel_order
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.money import yuan
from kameng.ledger.balance import balance_of
from kameng.merchants.merchant import Caller
from kameng.orders.lifecycle import OrderState
from kameng.web.docking.door import AnyRequest, Counter
from kameng.web.docking.dujiao_door import (
    CancelNotAllowed,
    ProductNotFound,
    dujiao_caller,
    on_http,
    on_refusal,
    on_unexpected,
)
from kameng.web.docking.dujiao_shapes import categories_of, detail_of, product_of, products_of
from kameng.wholesale import dujiao
from kameng.wholesale.buy import NotPaid
from kameng.wholesale.goods import list_wares
from kameng.wholesale.order import MerchantOrder, find_order
from kameng.wholesale.purchase import Protocol, Purchase

PATH = "/api/v1/upstream"
VERSION = "1.0"
PAGE_SIZE, PAGE_SIZE_MAX = 20, 100
ID_MAX = 2**63 - 1
PAYMENT_FAILED = {
    "error_code": "payment_failed",
    "error_message": "wallet payment failed: insufficient balance",
}


class Wanted(msgspec.Struct):
    """The body of a new order. Fields we don't know are none of ours."""

    sku_id: int
    quantity: int
    manual_form_data: dict[str, str | int | float] | None = None
    downstream_order_no: str = ""
    callback_url: str = ""


class Docked:
    """A site that has proven itself."""

    def __init__(self, counter: Counter, caller: Caller) -> None:
        self.counter = counter
        self.caller = caller
        self.db = counter.db
        self.merchant = caller.merchant


async def _docked(request: AnyRequest) -> Docked:
    counter = Counter(request)
    return Docked(counter, await dujiao_caller(counter))


@post("/ping", status_code=200)
async def ping(docked: NamedDependency[Docked]) -> dict[str, Any]:
    async with docked.db.reading() as connection:
        balance_fen = await balance_of(connection, docked.merchant.id)
    return {
        "ok": True,
        "site_name": docked.counter.visit.site.name,
        "protocol_version": VERSION,
        "user_id": docked.merchant.id,
        "balance": yuan(balance_fen),
        "currency": dujiao.CURRENCY,
        "member_level": None,
    }


@get("/categories")
async def categories(docked: NamedDependency[Docked]) -> dict[str, Any]:
    return {"ok": True, "categories": categories_of(await list_types(docked.db))}


@get("/products")
async def products(request: AnyRequest, docked: NamedDependency[Docked]) -> dict[str, Any]:
    """Every change is told at once, so whatever `updated_after` says, all of them are newer."""
    page = _number(request.query_params.get("page"), 1, ID_MAX)
    size = _number(request.query_params.get("page_size"), PAGE_SIZE, PAGE_SIZE_MAX)
    items = products_of(await list_wares(docked.db, docked.merchant), await list_types(docked.db), docked.db.clock)
    begin = (page - 1) * size
    return {
        "ok": True,
        "items": items[begin : begin + size],
        "total": len(items),
        "page": page,
        "page_size": size,
        "includes_inactive": False,
    }


@get("/products/{product_id:str}")
async def product(docked: NamedDependency[Docked], product_id: FromPath[str]) -> dict[str, Any]:
    wares = [one for one in await list_wares(docked.db, docked.merchant) if str(one.product.id) == product_id]
    if not wares:
        raise ProductNotFound
    return {"ok": True, "product": product_of(wares, await list_types(docked.db), docked.db.clock)}


@post("/orders", status_code=200)
async def place(request: AnyRequest, docked: NamedDependency[Docked]) -> Response[Any]:
    try:
        wanted = msgspec.json.decode(await request.body(), type=Wanted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInput from None
    purchase = Purchase(
        site_id=docked.counter.visit.site.id,
        sku_id=wanted.sku_id if 0 < wanted.sku_id < 2**31 else 0,
        quantity=wanted.quantity,
        # Without a number of its own nothing can be repeated.
        out_order_no=wanted.downstream_order_no or f"none-{secrets.token_hex(12)}",
        protocol=Protocol.DUJIAO,
        account={name: str(value) for name, value in (wanted.manual_form_data or {}).items() if value != ""},
        callback_url=wanted.callback_url or None,
        client_address=docked.counter.visit.client_address,
    )
    try:
        order = await docked.counter.bought(docked.caller, purchase)
    except NotPaid as unpaid:
        withdrawn = {"order_id": unpaid.values["order_id"], "order_no": unpaid.values["order_no"], "status": "canceled"}
        return Response({"ok": False, **withdrawn, **PAYMENT_FAILED})
    return Response({"ok": True, **dujiao.order_of(order)})


@get("/orders/{order_id:str}")
async def order(docked: NamedDependency[Docked], order_id: FromPath[str]) -> dict[str, Any]:
    found = await _found(docked, order_id)
    return {"ok": True, **detail_of(found, await docked.counter.codes(found))}


@post("/orders/{order_id:str}/cancel", status_code=200)
async def cancel(docked: NamedDependency[Docked], order_id: FromPath[str]) -> dict[str, Any]:
    """Orders are paid as they are placed, so there is hardly ever one to cancel."""
    found = await _found(docked, order_id)
    if found.state not in (OrderState.CANCELLED, OrderState.AWAITING_PAYMENT):
        raise CancelNotAllowed
    try:
        await cancel_order(db=docked.db, order_id=found.order_id)
    except OrderNotCancellable:
        raise CancelNotAllowed from None
    return {"ok": True, "order_id": int(found.order_id), "order_no": found.order_no, "status": "canceled"}


async def _found(docked: Docked, text: str) -> MerchantOrder:
    """Raises OrderMissing."""
    return await find_order(docked.db, docked.merchant.id, order_id=_number(text, 0, ID_MAX))


def _number(text: str | None, default: int, most: int) -> int:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 20):
        return default
    return max(1, min(int(text), most))


def dujiao_routes() -> Router:
    return Router(
        path=PATH,
        route_handlers=[ping, categories, products, product, place, order, cancel],
        dependencies={"docked": Provide(_docked)},
        exception_handlers={Refusal: on_refusal, HTTPException: on_http, Exception: on_unexpected},
        cache_control=CacheControlHeader(no_store=True),
        include_in_schema=False,
    )
