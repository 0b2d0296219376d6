"""Who pays, as a gateway is told."""

from typing import Any

from litestar import Request

from kameng.orders.number import printed
from kameng.payment.start_payment import Payer
from kameng.tracking.view import OrderView
from kameng.web.design.visit import Visit, visit_of
from kameng.web.design.web_settings import WebSettings

AnyRequest = Request[Any, Any, Any]
GOODS_LETTERS_MAX = 60


def payer_of(request: AnyRequest, settings: WebSettings, order: OrderView, gateway_code: str) -> Payer:
    """Notifies come to our public address; the buyer comes back to the host they left from."""
    visit = visit_of(request.scope)
    browser = request.headers.get("user-agent", "")
    return Payer(
        goods=f"{order.product_name} {order.face_value}"[:GOODS_LETTERS_MAX],
        client_address=visit.client_address,
        on_phone="Mobile" in browser or "Android" in browser,
        notify_url=f"{settings.public_url}/callbacks/{gateway_code}",
        return_url=_origin(request, settings, visit) + visit.link(f"/orders/{printed(order.order_id)}"),
    )


def _origin(request: AnyRequest, settings: WebSettings, visit: Visit) -> str:
    """The host the buyer came by if it is the site's own, for the cookies are there."""
    host = request.headers.get("host", "")
    if host.lower().rsplit(":", 1)[0] in visit.site.hosts:
        return f"{'https' if visit.is_https else 'http'}://{host}"
    return settings.public_url
