"""The buyer chooses how to pay and is sent there."""

from typing import Any
from urllib.parse import urlsplit

import segno
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from kameng.payment.gateway import PayByCode, PayByForm, PayByLink
from kameng.payment.gateways import METHOD_NAMES, Gateways, GatewayUnknown
from kameng.payment.start_payment import (
    OrderNotPayable,
    PaymentRefused,
    PaymentUnavailable,
    start_payment,
)
from kameng.tracking.view import view_order
from kameng.web.design.doorway import CONTENT_POLICY
from kameng.web.design.forms import read_form
from kameng.web.design.pages import NO_STORE
from kameng.web.design.payer import payer_of
from kameng.web.design.visit import Visit
from kameng.web.design.web_settings import WebSettings
from kameng.web.storefront.order_page import OrderPage

AnyRequest = Request[Any, Any, Any]


@post("/orders/{order_no:str}/payments", status_code=200)
async def pay(
    page: NamedDependency[OrderPage],
    gateways: NamedDependency[Gateways],
    web_settings: NamedDependency[WebSettings],
    visit: NamedDependency[Visit],
    order_no: FromPath[str],
) -> Response[Any]:
    """A page that leads on to where the buyer pays. Sending it again gives the same place."""
    known = page.allowed(order_no)
    if known is None:
        return Redirect(visit.link(f"/orders/{order_no}"), status_code=303)
    order_id, access = known
    gateway_code, _, method = (await read_form(page.request))["way"].partition(":")
    order = await view_order(db=page.db, keyring=page.keyring, order_id=order_id)
    try:
        attempt = await start_payment(
            db=page.db,
            gateways=gateways,
            order_ids=[order_id],
            gateway_code=gateway_code,
            method=method,
            payer=payer_of(page.request, web_settings, order, gateway_code),
        )
    except (OrderNotPayable, GatewayUnknown, PaymentRefused, PaymentUnavailable) as refusal:
        return await page.show(order_id, access, status=refusal.status, problem=refusal.words)
    shown: dict[str, Any] = {"pay_link": None, "pay_form": None, "pay_code": None}
    headers = dict(NO_STORE)
    match attempt.pay_by:
        case PayByLink(url):
            shown["pay_link"] = url
        case PayByForm(url, _) as form:
            shown["pay_form"] = form
            headers["Content-Security-Policy"] = _policy_for(url)
        case PayByCode(text):
            shown["pay_code"] = _qr_picture(text)
        case None:
            return await page.show(order_id, access, status=503, problem=PaymentUnavailable.words)
    return page.pages.page(
        page.request,
        "storefront/order/pay.html",
        headers=headers,
        order=order,
        method=METHOD_NAMES.get(method),
        **shown,
    )


def _policy_for(url: str) -> str:
    """The usual policy, but a form may be sent to the gateway."""
    parts = urlsplit(url)
    return CONTENT_POLICY.replace("form-action 'self'", f"form-action 'self' {parts.scheme}://{parts.netloc}")


def _qr_picture(text: str) -> Markup:
    """An SVG without colours of its own; black on the white it stands on."""
    svg = segno.make(text, error="m").svg_inline(scale=1, border=2, omitsize=True, svgclass=None, lineclass=None)
    return Markup(svg)  # noqa: S704 - drawn by segno, which writes no text into it
