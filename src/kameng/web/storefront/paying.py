"""The buyer chooses how to pay and is sent there."""

from typing import Any
from urllib.parse import urlsplit

import segno
from litestar import Request, Response, post
from litestar.response import Redirect
from markupsafe import Markup

from kameng.orders.number import printed
from kameng.payment.gateway import PayByCode, PayByForm, PayByLink
from kameng.payment.gateways import METHOD_NAMES, Gateways, GatewayUnknown
from kameng.payment.start_payment import (
    OrderNotPayable,
    Payer,
    PaymentRefused,
    PaymentUnavailable,
    start_payment,
)
from kameng.sites.site import Site
from kameng.tracking.view import OrderView, view_order
from kameng.web.design.doorway import CONTENT_POLICY
from kameng.web.design.forms import read_form
from kameng.web.design.pages import NO_STORE
from kameng.web.design.visit import Visit
from kameng.web.design.web_settings import WebSettings
from kameng.web.storefront.order_page import OrderPage

AnyRequest = Request[Any, Any, Any]
GOODS_LETTERS_MAX = 60


@post("/orders/{order_no:str}/payments", status_code=200)
async def pay(
    page: OrderPage, gateways: Gateways, web_settings: WebSettings, site: Site, visit: Visit, order_no: str
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
            payer=_payer(page.request, web_settings, site, visit, order, gateway_code),
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


def _payer(
    request: AnyRequest, settings: WebSettings, site: Site, visit: Visit, order: OrderView, gateway_code: str
) -> Payer:
    browser = request.headers.get("user-agent", "")
    back = visit.link(f"/orders/{printed(order.order_id)}")
    return Payer(
        goods=f"{order.product_name} {order.face_value}"[:GOODS_LETTERS_MAX],
        client_address=visit.client_address,
        on_phone="Mobile" in browser or "Android" in browser,
        notify_url=f"{settings.public_url}/callbacks/{gateway_code}",
        return_url=_origin(request, settings, site, visit) + back,
    )


def _origin(request: AnyRequest, settings: WebSettings, site: Site, visit: Visit) -> str:
    """Back to the host the buyer came by if it is the site's own, for the cookies are there."""
    host = request.headers.get("host", "")
    if host.lower().rsplit(":", 1)[0] in site.hosts:
        return f"{'https' if visit.is_https else 'http'}://{host}"
    return settings.public_url


def _policy_for(url: str) -> str:
    """The usual policy, but a form may be sent to the gateway."""
    parts = urlsplit(url)
    return CONTENT_POLICY.replace("form-action 'self'", f"form-action 'self' {parts.scheme}://{parts.netloc}")


def _qr_picture(text: str) -> Markup:
    """An SVG without colours of its own; black on the white it stands on."""
    svg = segno.make(text, error="m").svg_inline(scale=1, border=2, omitsize=True, svgclass=None, lineclass=None)
    return Markup(svg)  # noqa: S704 - drawn by segno, which writes no text into it
