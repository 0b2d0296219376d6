"""Placing orders and asking what became of them."""

from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from kameng.checkout.place_order import OutOfStock, PriceChanged, SkuUnavailable
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.merchants.merchant import Scope
from kameng.orders.account import MAIN
from kameng.orders.lock import OrderMissing
from kameng.orders.number import read
from kameng.sites.site import SiteMissing
from kameng.supply.ask_again import ask_again
from kameng.web.design.documented import problems
from kameng.web.merchant_api.document import SECURED
from kameng.web.merchant_api.door import Desk, signed_for
from kameng.web.merchant_api.goods import DOOR
from kameng.web.merchant_api.shapes import LookupShape, OrderShape, OrdersShape, PlaceShape, ToldShape
from kameng.wholesale.buy import CostsTooMuch, NotPaid, OutOrderNoConflict, buy
from kameng.wholesale.order import MerchantOrder, codes_of, find_order, find_orders
from kameng.wholesale.purchase import CallbackNotAllowed, Protocol, Purchase
from kameng.wholesale.tell import tell_again

NUMBERS_MAX = 100

OutOrderNoQuery = Annotated[str, QueryParameter(name="out_order_no", max_length=64, description="Your own number.")]


@post(
    "/orders",
    operation_id="placeOrder",
    status_code=200,
    security=SECURED,
    guards=[signed_for(Scope.ORDERS)],
    responses=problems(
        *DOOR, SkuUnavailable, OutOfStock, CostsTooMuch, PriceChanged, NotPaid, OutOrderNoConflict, CallbackNotAllowed,
        SiteMissing,
    ),
)  # fmt: skip
async def place(desk: NamedDependency[Desk], data: JSONBody[PlaceShape]) -> OrderShape:
    """Place an order and pay it from the balance. Codes in stock are in the answer; of everything else the state is
    told to `callback_url`, or can be asked. The same `out_order_no` with the same wish gives the first result again."""
    if MAIN in data.fields and data.account is not None:
        raise InvalidInput(fields={"fields": Words("充值账号只能填写一次")})
    await ask_again(db=desk.db, suppliers=desk.suppliers, sku_id=data.sku)
    order = await buy(
        db=desk.db,
        keyring=desk.keyring,
        rules=desk.rules,
        caller=desk.caller,
        purchase=Purchase(
            site_id=desk.visit.site.id,
            sku_id=data.sku,
            quantity=data.quantity,
            out_order_no=data.out_order_no,
            protocol=Protocol.KM1,
            account=data.fields | ({MAIN: data.account} if data.account is not None else {}),
            callback_url=data.callback_url,
            client_address=desk.visit.client_address,
            cost_max_fen=data.cost_max_fen,
        ),
    )
    desk.metrics.orders_placed.inc()
    return await _shape(desk, order)


@get(
    "/orders/{order_no:str}",
    operation_id="readOrder",
    security=SECURED,
    guards=[signed_for(Scope.ORDERS)],
    responses=problems(*DOOR, OrderMissing, body=False),
)
async def one_order(desk: NamedDependency[Desk], order_no: FromPath[str]) -> OrderShape:
    """One of your orders, by our number."""
    order_id = read(order_no)
    if order_id is None:
        raise OrderMissing
    return await _shape(desk, await find_order(desk.db, desk.merchant.id, order_id=order_id))


@get(
    "/orders",
    operation_id="findOrder",
    security=SECURED,
    guards=[signed_for(Scope.ORDERS)],
    responses=problems(*DOOR, OrderMissing, InvalidInput, body=False),
)
async def order_by_own_number(desk: NamedDependency[Desk], out_order_no: OutOrderNoQuery) -> OrderShape:
    """One of your orders, by your own number."""
    if "\0" in out_order_no:
        raise OrderMissing
    return await _shape(desk, await find_order(desk.db, desk.merchant.id, out_order_no=out_order_no))


@post(
    "/orders/lookup",
    operation_id="lookUpOrders",
    status_code=200,
    security=SECURED,
    guards=[signed_for(Scope.ORDERS)],
    responses=problems(*DOOR),
)
async def look_up(desk: NamedDependency[Desk], data: JSONBody[LookupShape]) -> OrdersShape:
    """Up to 100 of your orders at once, by either number."""
    if len(data.order_nos) + len(data.out_order_nos) > NUMBERS_MAX:
        raise InvalidInput(fields={"order_nos": Words("一次最多查询 100 个订单")})
    order_ids = [order_id for text in data.order_nos if (order_id := read(text)) is not None]
    numbers = [number for number in data.out_order_nos if "\0" not in number]
    found = await find_orders(desk.db, desk.merchant.id, order_ids=order_ids, out_order_nos=numbers)
    return OrdersShape([await _shape(desk, order) for order in found])


@post(
    "/orders/{order_no:str}/callback",
    operation_id="callBackAgain",
    status_code=200,
    security=SECURED,
    guards=[signed_for(Scope.ORDERS)],
    responses=problems(*DOOR, OrderMissing, body=False),
)
async def call_back_again(desk: NamedDependency[Desk], order_no: FromPath[str]) -> ToldShape:
    """Tell the order's present state to its `callback_url` once more."""
    order_id = read(order_no)
    if order_id is None:
        raise OrderMissing
    order = await find_order(desk.db, desk.merchant.id, order_id=order_id)
    async with desk.db.one_statement() as tx:
        queued = await tell_again(tx, merchant_id=desk.merchant.id, order_id=order.order_id)
    return ToldShape(order.order_no, queued)


async def _shape(desk: Desk, order: MerchantOrder) -> OrderShape:
    return OrderShape(
        order_no=order.order_no,
        out_order_no=order.out_order_no,
        state=order.state,
        sku=order.sku_id,
        product_name=order.product_name,
        face_value=order.face_value,
        delivers=order.delivers,
        quantity=order.quantity,
        unit_price_fen=order.unit_price_fen,
        amount_fen=order.amount_fen,
        refunded_fen=order.refunded_fen,
        placed_at=order.placed_at,
        changed_at=order.changed_at,
        delivered_at=order.delivered_at,
        codes=await codes_of(desk.db, desk.keyring, order),
    )
