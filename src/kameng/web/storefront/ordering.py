"""From form to order: check, show what will be bought and for whom, place."""

import secrets
from dataclasses import replace
from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kameng.catalogue.browse import ProductMissing, find_product
from kameng.catalogue.phone_segment import OPERATOR_NAMES
from kameng.checkout.left import left
from kameng.checkout.place_order import (
    CheckoutRules,
    OrderDeclined,
    OutOfStock,
    PriceChanged,
    SkuUnavailable,
    TooManyOpenOrders,
    Wish,
    place_order,
)
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.contact import contact_of
from kameng.orders.number import printed
from kameng.sites.site import Site
from kameng.supply.ask_again import ask_again
from kameng.supply.suppliers import Suppliers
from kameng.tracking.access import Access
from kameng.web.design.forms import Form, read_form
from kameng.web.design.metrics import Metrics
from kameng.web.design.pages import NO_STORE, Pages
from kameng.web.design.visit import Visit
from kameng.web.storefront.device import device_of, remember_device
from kameng.web.storefront.goods import show_product
from kameng.web.storefront.order_cookies import remember_access
from kameng.web.storefront.order_form import OrderForm, check_account, check_order_form, read_order_form
from kameng.web.storefront.order_page import OrderPage

AnyRequest = Request[Any, Any, Any]
LEFT = Words("库存只剩 %(left)s 件，请减少数量")


@post("/goods/{type_slug:str}/{product_slug:str}", status_code=200)
async def confirm(
    request: AnyRequest,
    db: NamedDependency[Database],
    pages: NamedDependency[Pages],
    type_slug: FromPath[str],
    product_slug: FromPath[str],
) -> Response[str]:
    """The form comes back with words beside what is wrong, or the confirm page follows."""
    sent = await read_form(request)
    product = await find_product(db, product_slug)
    if product.type_slug != type_slug:
        raise ProductMissing
    form = read_order_form(product, sent)
    if "edit" in sent:
        return await show_product(request, db, pages, form)
    quantity = sent.whole_number("quantity")
    form = check_order_form(form, quantity)
    if form.sku is not None and quantity is not None and "quantity" not in form.errors:
        operator = form.account.operator if form.account else None
        most = (await left(db, [product], operator=operator)).get(form.sku.id, 0)
        if most < quantity:
            form = replace(form, errors={**form.errors, "quantity": LEFT}, values={**form.values, "left": most})
    if form.errors:
        return await show_product(request, db, pages, form, status=422)
    return show_confirm(request, pages, form, request_key=secrets.token_urlsafe(18))


def show_confirm(
    request: AnyRequest, pages: Pages, form: OrderForm, *, request_key: str, status: int = 200
) -> Response[str]:
    """What will be bought, for whom, for how much (电子商务法 §50); the key makes a second click the same order."""
    assert form.sku is not None
    return pages.page(
        request,
        "storefront/confirm.html",
        status=status,
        headers=NO_STORE,
        form=form,
        contact=contact_of(form.contact),
        operators=OPERATOR_NAMES,
        amount_fen=form.sku.price_fen * int(form.quantity),
        request_key=request_key,
    )


@post("/orders", status_code=303)
async def place(
    page: NamedDependency[OrderPage],
    site: NamedDependency[Site],
    visit: NamedDependency[Visit],
    checkout_rules: NamedDependency[CheckoutRules],
    metrics: NamedDependency[Metrics],
    suppliers: NamedDependency[Suppliers],
) -> Response[Any]:
    """Place the order and open its page in this browser."""
    sent = await read_form(page.request)
    product = await find_product(page.db, sent["product"])
    form = read_order_form(product, sent)
    await ask_again(db=page.db, suppliers=suppliers, sku_id=sent.whole_number("sku") or 0)
    try:
        placed = await place_order(
            db=page.db,
            keyring=page.keyring,
            rules=checkout_rules,
            wish=replace(_wish(sent, form, site, visit), device=device_of(page.request)),
            idempotency_key=sent["request_key"] or None,
        )
    except (InvalidInput, PriceChanged, OutOfStock, SkuUnavailable, TooManyOpenOrders, OrderDeclined) as refusal:
        return await _sent_back(page, form, refusal)
    metrics.orders_placed.inc()
    answer = Redirect(visit.link(f"/orders/{printed(placed.order_id)}"), status_code=303)
    remember_access(answer, visit, page.keyring, order_id=placed.order_id, access=Access.OWNER, now=page.db.clock.now())
    remember_device(answer, page.request, visit)
    return answer


def _wish(sent: Form, form: OrderForm, site: Site, visit: Visit) -> Wish:
    return Wish(
        site_id=site.id,
        sku_id=sent.whole_number("sku") or 0,
        quantity=sent.whole_number("quantity") or 0,
        contact=sent["contact"],
        unit_price_fen=sent.whole_number("unit_price_fen", digits_max=12) or 0,
        terms_accepted=sent["terms_accepted"] == "yes",
        client_address=visit.client_address,
        account={name: text for name, text in form.answers.items() if text},
        operator=form.operator,
    )


async def _sent_back(page: OrderPage, form: OrderForm, refusal: Refusal) -> Response[str]:
    """To the confirm page where confirming again is enough, else to the form."""
    form = replace(check_account(form), errors=dict(refusal.fields), values=dict(refusal.values))
    if not refusal.fields:
        form = form.with_problem(refusal.words)
    may_confirm = form.sku is not None and not form.errors.keys() - {"terms_accepted"}
    if may_confirm and isinstance(refusal, InvalidInput | PriceChanged):
        return show_confirm(
            page.request, page.pages, form, request_key=secrets.token_urlsafe(18), status=refusal.status
        )
    return await show_product(page.request, page.db, page.pages, form, status=refusal.status)
