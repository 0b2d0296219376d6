"""Who may do what with an order: the bearer of its token."""

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.number import OrderId, read
from kameng.tracking.access import Access, access_of

AnyRequest = Request[Any, Any, Any]


class TokenNeeded(Refusal):
    """No token, one that has ended, or one of another order; an unknown order is told the same way."""

    code = "token_needed"
    status = 401
    words = Words("缺少有效的订单令牌，请先查单")


class Bearer:
    """The order in the address and what the token allows; made for each request that names an order."""

    def __init__(self, order_id: OrderId, access: Access) -> None:
        self.order_id = order_id
        self.access = access


def provide_bearer(
    request: AnyRequest, db: NamedDependency[Database], keyring: NamedDependency[Keyring], order_no: FromPath[str]
) -> Bearer:
    """Raises TokenNeeded."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    order_id = read(order_no)
    if order_id is None or scheme.lower() != "bearer":
        raise TokenNeeded
    access = access_of(keyring, token.strip(), order_id, db.clock.now())
    if access is None:
        raise TokenNeeded
    return Bearer(order_id, access)
