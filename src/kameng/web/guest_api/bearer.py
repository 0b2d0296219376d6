"""Who may do what with an order: the bearer of its token."""

from dataclasses import dataclass
from datetime import datetime

from kameng.kernel.crypto import Keyring
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.number import OrderId, read
from kameng.tracking.access import Access, access_of


class TokenNeeded(Refusal):
    """No token, one that has ended, or one of another order; an unknown order is told the same way."""

    code = "token_needed"
    status = 401
    words = Words("缺少有效的订单令牌，请先查单")


@dataclass(frozen=True)
class Bearer:
    """The order in the address and what the token allows."""

    order_id: OrderId
    access: Access


def bearer_of(keyring: Keyring, order_no: str, authorization: str, now: datetime) -> Bearer:
    """From the number in the address and the Authorization header. Raises TokenNeeded."""
    scheme, _, token = authorization.partition(" ")
    order_id = read(order_no)
    if order_id is None or scheme.lower() != "bearer":
        raise TokenNeeded
    access = access_of(keyring, token.strip(), order_id, now)
    if access is None:
        raise TokenNeeded
    return Bearer(order_id, access)
