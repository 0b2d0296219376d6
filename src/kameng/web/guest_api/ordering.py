"""Catalogue, placing, paying, cancelling."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody

from kameng.catalogue.browse import list_products, list_types
from kameng.checkout.cancel_order import OrderNotCancellable, cancel_order
from kameng.checkout.place_order import (
    CheckoutRules,
    IdempotencyConflict,
    OutOfStock,
    PriceChanged,
    SkuUnavailable,
    TooManyOpenOrders,
    Wish,
    place_order,
)
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.number import printed
from kameng.payment.gateways import Gateways, GatewayUnknown
from kameng.payment.start_payment import OrderNotPayable, PaymentRefused, PaymentUnavailable, start_payment
from kameng.sites.site import Site, SiteMissing
from kameng.stock.levels import available
from kameng.tracking.access import Access, grant
from kameng.tracking.view import view_order
from kameng.web.design.metrics import Metrics
from kameng.web.design.payer import payer_of
from kameng.web.design.translation import Translator
from kameng.web.design.visit import Visit
from kameng.web.design.ways_to_pay import ways_to_pay
from kameng.web.design.web_settings import WebSettings
from kameng.web.guest_api.bearer import Bearer, TokenNeeded
from kameng.web.guest_api.document import SECURED, problems
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
async def catalogue(
    db: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    site: NamedDependency[Site],
    words: NamedDependency[Translator],
) -> CatalogueShape:
    """Everything on sale, with prices and how much is left."""
    products = await list_products(db)
    today = db.clock.now().astimezone(SHANGHAI).date()
    async with db.reading() as connection:
        stock = await available(connection, [sku.id for product in products for sku in product.skus], on=today)
    return CatalogueShape(
        site=site.name,
        types=types_shape(await list_types(db), products, stock),
        ways_to_pay=[WayShape(way.gateway_code, way.method, words(way.name)) for way in await ways_to_pay(gateways)],
    )


class Checkout:
    """What placing needs beside the wish."""

    def __init__(self, db: Database, keyring: Keyring, checkout_rules: CheckoutRules, site: Site, visit: Visit) -> None:
        self.db = db
        self.keyring = keyring
        self.rules = checkout_rules
        self.site = site
        self.visit = visit


def provide_checkout(
    db: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    checkout_rules: NamedDependency[CheckoutRules],
    site: NamedDependency[Site],
    visit: NamedDependency[Visit],
) -> Checkout:
    return Checkout(db, keyring, checkout_rules, site, visit)


@post(
    "/orders",
    operation_id="placeOrder",
    responses=problems(SkuUnavailable, PriceChanged, OutOfStock, IdempotencyConflict, TooManyOpenOrders, SiteMissing),
)
async def place(
    checkout: NamedDependency[Checkout],
    metrics: NamedDependency[Metrics],
    data: JSONBody[PlaceShape],
    idempotency_key: IdempotencyKey = None,
) -> PlacedShape:
    """Promise the price and reserve the codes for a quarter of an hour. The token opens the order."""
    placed = await place_order(
        db=checkout.db,
        keyring=checkout.keyring,
        rules=checkout.rules,
        wish=Wish(
            site_id=checkout.site.id,
            sku_id=data.sku_id,
            quantity=data.quantity,
            contact=data.contact,
            unit_price_fen=data.unit_price_fen,
            terms_accepted=data.terms_accepted,
            client_address=checkout.visit.client_address,
        ),
        idempotency_key=idempotency_key,
    )
    metrics.orders_placed.inc()
    return PlacedShape(
        order_no=printed(placed.order_id),
        state=placed.state,
        amount_fen=placed.amount_fen,
        pay_until=placed.pay_until,
        # Counted from the order and not from now, so that a repeat gets the very same answer.
        token=grant(checkout.keyring, placed.order_id, Access.OWNER, placed.pay_until),
    )


@post(
    "/orders/{order_no:str}/payments",
    operation_id="startPayment",
    security=SECURED,
    responses=problems(TokenNeeded, OrderNotPayable, GatewayUnknown, PaymentRefused, PaymentUnavailable),
)
async def pay(
    request: Request[Any, Any, State],
    bearer: NamedDependency[Bearer],
    gateways: NamedDependency[Gateways],
    web_settings: NamedDependency[WebSettings],
    data: JSONBody[PayShape],
) -> PayByShape:
    """Choose how to pay and learn where. The same choice again gives the same place."""
    state = request.app.state
    order = await view_order(db=state.db, keyring=state.keyring, order_id=bearer.order_id)
    attempt = await start_payment(
        db=state.db,
        gateways=gateways,
        order_ids=[bearer.order_id],
        gateway_code=data.gateway,
        method=data.method,
        payer=payer_of(request, web_settings, order, data.gateway),
    )
    return pay_by_shape(attempt)


@post(
    "/orders/{order_no:str}/cancel",
    operation_id="cancelOrder",
    status_code=200,
    security=SECURED,
    responses=problems(TokenNeeded, OrderNotCancellable, body=False),
)
async def cancel(db: NamedDependency[Database], bearer: NamedDependency[Bearer]) -> CancelledShape:
    """Cancel an unpaid order and put its codes back."""
    state = await cancel_order(db=db, order_id=bearer.order_id)
    return CancelledShape(order_no=printed(bearer.order_id), state=state)
