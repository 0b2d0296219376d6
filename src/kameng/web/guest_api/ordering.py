"""Catalogue, placing, paying, cancelling."""

from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody

from kameng.catalogue.browse import list_products, list_types
from kameng.checkout.cancel_order import OrderNotCancellable, cancel_order
from kameng.checkout.cancel_paid import NoLongerCancellable, cancel_paid
from kameng.checkout.left import left
from kameng.checkout.place_order import (
    IdempotencyConflict,
    OrderDeclined,
    OutOfStock,
    PriceChanged,
    SkuUnavailable,
    TooManyOpenOrders,
    Wish,
    place_order,
)
from kameng.orders.number import printed
from kameng.payment.gateways import GatewayUnknown
from kameng.payment.start_payment import OrderNotPayable, PaymentRefused, PaymentUnavailable, start_payment
from kameng.resubmission.desk import Desk
from kameng.sites.site import SiteMissing
from kameng.supply.ask_again import ask_again
from kameng.tracking.access import Access, grant
from kameng.tracking.view import view_order
from kameng.web.design.documented import problems
from kameng.web.design.payer import payer_of
from kameng.web.design.ways_to_pay import ways_to_pay
from kameng.web.guest_api.bearer import TokenNeeded
from kameng.web.guest_api.counter import Counter
from kameng.web.guest_api.document import SECURED
from kameng.web.guest_api.shapes import (
    CancelledShape,
    CatalogueShape,
    PayByShape,
    PayShape,
    PlacedShape,
    PlaceShape,
    WayShape,
)
from kameng.web.guest_api.showing import pay_by_shape, types_shape

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=255,
        description="Chosen by the client. The same key with the same body gives the first answer again.",
    ),
]


@get("/catalogue", operation_id="readCatalogue", responses=problems(SiteMissing, body=False))
async def catalogue(counter: NamedDependency[Counter]) -> CatalogueShape:
    """Everything on sale, with prices and how much is left."""
    db, words = counter.db, counter.words
    products = await list_products(db)
    stock = await left(db, products)
    ways = await ways_to_pay(counter.gateways)
    return CatalogueShape(
        site=counter.visit.site.name,
        types=types_shape(await list_types(db), products, stock),
        ways_to_pay=[WayShape(way.gateway_code, way.method, words(way.name)) for way in ways],
    )


@post(
    "/orders",
    operation_id="placeOrder",
    responses=problems(
        SkuUnavailable, PriceChanged, OutOfStock, IdempotencyConflict, TooManyOpenOrders, OrderDeclined, SiteMissing
    ),
)
async def place(
    counter: NamedDependency[Counter], data: JSONBody[PlaceShape], idempotency_key: IdempotencyKey = None
) -> PlacedShape:
    """Promise the price and reserve the codes for a quarter of an hour. The token opens the order."""
    await ask_again(db=counter.db, suppliers=counter.suppliers, sku_id=data.sku_id)
    placed = await place_order(
        db=counter.db,
        keyring=counter.keyring,
        rules=counter.checkout_rules,
        wish=Wish(
            site_id=counter.visit.site.id,
            sku_id=data.sku_id,
            quantity=data.quantity,
            contact=data.contact,
            unit_price_fen=data.unit_price_fen,
            terms_accepted=data.terms_accepted,
            client_address=counter.visit.client_address,
            account=data.account,
            operator=data.operator,
        ),
        idempotency_key=idempotency_key,
    )
    counter.metrics.orders_placed.inc()
    return PlacedShape(
        order_no=printed(placed.order_id),
        state=placed.state,
        amount_fen=placed.amount_fen,
        pay_until=placed.pay_until,
        # Counted from the order and not from now, so that a repeat gets the very same answer.
        token=grant(counter.keyring, placed.order_id, Access.OWNER, placed.pay_until),
    )


@post(
    "/orders/{order_no:str}/payments",
    operation_id="startPayment",
    security=SECURED,
    responses=problems(TokenNeeded, OrderNotPayable, GatewayUnknown, PaymentRefused, PaymentUnavailable),
)
async def pay(counter: NamedDependency[Counter], order_no: FromPath[str], data: JSONBody[PayShape]) -> PayByShape:
    """Choose how to pay and learn where. The same choice again gives the same place."""
    order_id = counter.bearer(order_no).order_id
    order = await view_order(db=counter.db, keyring=counter.keyring, order_id=order_id)
    attempt = await start_payment(
        db=counter.db,
        gateways=counter.gateways,
        order_ids=[order_id],
        gateway_code=data.gateway,
        method=data.method,
        payer=payer_of(counter.request, counter.web_settings, order, data.gateway),
    )
    return pay_by_shape(attempt)


@post(
    "/orders/{order_no:str}/cancel",
    operation_id="cancelOrder",
    status_code=200,
    security=SECURED,
    responses=problems(TokenNeeded, OrderNotCancellable, NoLongerCancellable, body=False),
)
async def cancel(
    counter: NamedDependency[Counter], resubmission_desk: NamedDependency[Desk], order_no: FromPath[str]
) -> CancelledShape:
    """Cancel an order and put its codes back: an unpaid one; a paid one within minutes, while nothing was read and no
    supplier was asked, and then its money goes back."""
    order_id = counter.bearer(order_no).order_id
    try:
        state = await cancel_order(db=counter.db, order_id=order_id)
    except OrderNotCancellable:
        state = await cancel_paid(db=counter.db, order_id=order_id, within=resubmission_desk.rules.cancel_within)
    return CancelledShape(order_no=printed(order_id), state=state)
