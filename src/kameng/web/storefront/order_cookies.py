"""Which browser may see which order: tokens in cookies that are sent to that order's page alone."""

from datetime import datetime
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from kameng.kernel.crypto import Keyring
from kameng.orders.number import OrderId, printed
from kameng.tracking.access import LIFE, Access, access_of, grant
from kameng.web.design.visit import Visit

# Apart, because looking an order up must not take the owner's rights from the browser that placed it.
COOKIES = {Access.OWNER: "order_owner", Access.VIEWER: "order_viewer"}


def remember_access(
    response: Response[Any], visit: Visit, keyring: Keyring, *, order_id: OrderId, access: Access, now: datetime
) -> None:
    """Sent back by this browser to the order's page alone, never to scripts."""
    response.set_cookie(
        Cookie(
            key=COOKIES[access],
            value=grant(keyring, order_id, access, now),
            path=visit.link(f"/orders/{printed(order_id)}"),
            max_age=int(LIFE[access].total_seconds()),
            secure=visit.is_https,
            httponly=True,
            samesite="lax",
        )
    )


def present_access(
    request: Request[Any, Any, Any], keyring: Keyring, order_id: OrderId, now: datetime
) -> Access | None:
    """The most that this browser's cookies allow."""
    granted = [access_of(keyring, request.cookies.get(name, ""), order_id, now) for name in COOKIES.values()]
    return max((access for access in granted if access is not None), default=None)
