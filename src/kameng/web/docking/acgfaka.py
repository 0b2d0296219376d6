"""We are an acg-faka shop with 共享店铺 (type 0): other such shops connect to us at `/shared`.

Facts are from the program (lizhipay/acg-faka 3.6.0). Unlike it we answer a `request_no` that comes again with the
order it made, so that a trade whose answer was lost is found again by sending it again.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from litestar import Response, Router, post
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from kameng.checkout.place_order import OutOfStock, SkuUnavailable
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.money import yuan
from kameng.ledger.balance import balance_of
from kameng.merchants.authenticate import KeyUnknown, SignatureWrong
from kameng.merchants.merchant import Caller, Scope
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import read
from kameng.web.design.visit import visit_of
from kameng.web.docking.acgfaka_items import Item, categories_of, items_of
from kameng.web.docking.acgfaka_wire import form_of, is_signed
from kameng.web.docking.door import AnyRequest, Counter
from kameng.wholesale.buy import NotPaid
from kameng.wholesale.goods import Ware, list_wares
from kameng.wholesale.order import HANDED_OVER, find_order, find_orders
from kameng.wholesale.purchase import Protocol, Purchase

PATH = "/shared"
QUANTITY_MAX = 1000
#: The program's own sentences: they are all that its customers can tell one no from another by.
SENTENCES: Mapping[type[Refusal], str] = {
    KeyUnknown: "商户ID不存在",
    SignatureWrong: "密钥错误",
    SkuUnavailable: "商品不存在",
    OutOfStock: "库存不足",
    NotPaid: "余额不足",
    OrderMissing: "订单不存在",
}
#: An order that was paid, and one that was not.
PAID, UNPAID = 1, 0

log = structlog.get_logger("kameng.web")

Fields = Mapping[str, str]


class Trade:
    """A signed form and whoever signed it."""

    def __init__(self, counter: Counter, caller: Caller, fields: Fields) -> None:
        self.counter = counter
        self.caller = caller
        self.fields = fields
        self.db = counter.db
        self.merchant = caller.merchant

    def text(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def quantity(self) -> int:
        """Raises InvalidInput."""
        text = self.text("num")
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= QUANTITY_MAX):
            raise InvalidInput
        return int(text[:6])

    async def item(self, code: str) -> Item:
        """Raises SkuUnavailable."""
        for item in items_of(await list_wares(self.db, self.merchant)):
            if item.code == code:
                return item
        raise SkuUnavailable

    async def ware(self, code: str) -> Ware:
        """Raises SkuUnavailable."""
        ware = (await self.item(code)).chosen(self.text("race"))
        if ware is None:
            raise SkuUnavailable
        return ware


async def _connect(trade: Trade) -> dict[str, Any]:
    async with trade.db.reading() as connection:
        balance_fen = await balance_of(connection, trade.merchant.id)
    return {"shopName": trade.counter.visit.site.name, "balance": yuan(balance_fen)}


async def _items(trade: Trade) -> list[dict[str, Any]]:
    return categories_of(items_of(await list_wares(trade.db, trade.merchant)))


async def _item(trade: Trade) -> dict[str, Any]:
    return (await trade.item(trade.text("code"))).shape()


async def _inventory(trade: Trade) -> dict[str, Any]:
    item = await trade.item(trade.text("sharedCode"))
    chosen, shape = item.chosen(trade.text("race")), item.shape()
    kept = ("delivery_way", "draft_status", "price", "user_price", "config", "factory_price")
    count = chosen.stock if chosen else shape["stock"]
    return {"count": count, **{name: shape[name] for name in kept}, "is_category": True}


async def _inventory_state(trade: Trade) -> list[Any]:
    if (await trade.ware(trade.text("shared_code"))).stock < trade.quantity():
        raise OutOfStock
    return []


async def _stock(trade: Trade) -> dict[str, Any]:
    return {"stock": (await trade.ware(trade.text("code"))).stock}


async def _valuation(trade: Trade) -> dict[str, Any]:
    return {"price": yuan((await trade.ware(trade.text("code"))).price_fen * trade.quantity())}


async def _trade(trade: Trade) -> dict[str, Any]:
    """Bought, and the codes with it. The shop's contact for its own buyer stays where it is: none of our business."""
    number = trade.text("request_no")
    if not number:
        # Without a number a lost answer could only be made good by buying twice.
        raise InvalidInput
    sku_id, message = await _wanted(trade, number)
    purchase = Purchase(
        site_id=trade.counter.visit.site.id,
        sku_id=sku_id,
        quantity=trade.quantity(),
        out_order_no=number,
        protocol=Protocol.ACGFAKA,
        client_address=trade.counter.visit.client_address,
    )
    order = await trade.counter.bought(trade.caller, purchase)
    left = {one.sku.id: one.stock for one in await list_wares(trade.db, trade.merchant)}
    return {
        "url": "",
        "amount": yuan(order.amount_fen),
        "tradeNo": order.order_no,
        "secret": "\n".join(await trade.counter.codes(order)),
        "leave_message": message,
        "stock": left.get(sku_id, 0),
    }


async def _wanted(trade: Trade, number: str) -> tuple[int, str]:
    """The sku, and what to tell its buyer. What was bought before is known though it is not sold any more."""
    try:
        ware = await trade.ware(trade.text("shared_code"))
    except SkuUnavailable:
        bought = await find_orders(trade.db, trade.merchant.id, out_order_nos=[number])
        if not bought:
            raise
        return bought[0].sku_id, ""
    return ware.sku.id, ware.product.usage_note


async def _query(trade: Trade, number: str) -> dict[str, Any]:
    order_id = read(number)
    if order_id is None:
        raise OrderMissing
    order = await find_order(trade.db, trade.merchant.id, order_id=order_id)
    paid = order.state not in (OrderState.AWAITING_PAYMENT, OrderState.CANCELLED)
    codes = await trade.counter.codes(order) if order.state in HANDED_OVER else []
    return {"secret": "\n".join(codes), "widget": None, "status": PAID if paid else UNPAID}


_COMMODITY: Mapping[str, Callable[[Trade], Awaitable[Any]]] = {
    "items": _items,
    "item": _item,
    "inventory": _inventory,
    "inventoryState": _inventory_state,
    "stock": _stock,
    "valuation": _valuation,
    "trade": _trade,
}


@post("/authentication/connect", status_code=200)
async def connect(request: AnyRequest) -> Response[Any]:
    return _said(await _connect(await _signed(request)))


@post("/commodity/{action:str}", status_code=200)
async def commodity(request: AnyRequest, action: FromPath[str]) -> Response[Any]:
    """`query.<tradeNo>` is an address too: PHP's router takes a dot for a slash."""
    trade = await _signed(request)
    name, dot, number = action.partition(".")
    if name == "query":
        return _said(await _query(trade, number if dot else trade.text("tradeNo")))
    if name not in _COMMODITY or dot:
        raise OrderMissing
    return _said(await _COMMODITY[name](trade))


@post("/commodity/query/{number:str}", status_code=200)
async def query(request: AnyRequest, number: FromPath[str]) -> Response[Any]:
    return _said(await _query(await _signed(request), number))


async def _signed(request: AnyRequest) -> Trade:
    counter = Counter(request)
    try:
        fields = form_of(await request.body())
    except ValueError:
        raise InvalidInput from None
    values = {name: value.replace("\0", "") for name, value in fields}
    caller = await counter.caller(values.get("app_id", ""), Scope.ACGFAKA, lambda secret: is_signed(fields, secret))
    return Trade(counter, caller, values)


def _said(data: object) -> Response[Any]:
    return Response({"code": 200, "msg": "success", "data": data})


def _on_refusal(request: AnyRequest, error: Refusal) -> Response[Any]:
    words = visit_of(request.scope).words
    sentence = next((told for kind, told in SENTENCES.items() if isinstance(error, kind)), None)
    return Response({"code": 0, "msg": sentence or words(error.words, **error.values)}, status_code=200)


def _on_http(_: AnyRequest, error: HTTPException) -> Response[Any]:
    return Response({"code": 0, "msg": error.detail}, status_code=error.status_code)


def _on_unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
    """A 500 and not a sentence: nobody must take it for a no."""
    request_id = visit_of(request.scope).request_id
    log.error("unexpected", request_id=request_id, path=request.scope["path"], exc_info=error)
    return Response({"code": 0, "msg": f"系统错误 {request_id}"}, status_code=500)


def acgfaka_routes() -> Router:
    return Router(
        path=PATH,
        route_handlers=[connect, query, commodity],
        exception_handlers={Refusal: _on_refusal, HTTPException: _on_http, Exception: _on_unexpected},
        cache_control=CacheControlHeader(no_store=True),
        include_in_schema=False,
    )
