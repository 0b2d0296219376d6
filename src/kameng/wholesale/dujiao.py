"""What dujiao-next's docking says in answers and in callbacks alike: signature, states, delivery.

Facts are from dujiao-next's public document (docs/api/integration-open-api.md, 2026-04-01).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from kameng.catalogue.filling import Delivers
from kameng.kernel.money import yuan
from kameng.orders.lifecycle import OrderState
from kameng.wholesale.order import HANDED_OVER, MerchantOrder

CALLBACK_PATH = "/api/v1/upstream/callback"
CURRENCY = "CNY"

#: The protocol knows seven states. What is going back is "canceled" only when it is back: until then the other shop
#: has nothing to give its own buyer.
STATUS: Mapping[OrderState, str] = {
    OrderState.AWAITING_PAYMENT: "pending_payment",
    OrderState.UNDER_REVIEW: "paid",
    OrderState.PAID: "paid",
    OrderState.DELIVERING: "fulfilling",
    OrderState.RESUBMITTING: "fulfilling",
    OrderState.EXCEPTION: "fulfilling",
    OrderState.REFUNDING: "fulfilling",
    OrderState.DELIVERED: "delivered",
    OrderState.COMPLETED: "completed",
    OrderState.CANCELLED: "canceled",
    OrderState.REFUNDED: "canceled",
}


def sign(secret: str, *, method: str, path: str, timestamp: str, body: bytes) -> str:
    """`path` without host and query; the query is not signed in this protocol."""
    body_md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    text = f"{method.upper()}\n{path}\n{timestamp}\n{body_md5}"
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def headers_of(key: str, secret: str, *, path: str, timestamp: str, body: bytes) -> dict[str, str]:
    """Of a POST of ours."""
    return {
        "Dujiao-Next-Api-Key": key,
        "Dujiao-Next-Timestamp": timestamp,
        "Dujiao-Next-Signature": sign(secret, method="POST", path=path, timestamp=timestamp, body=body),
    }


def fulfilment_type(delivers: Delivers, *, has_form: bool) -> str:
    return "manual" if delivers is Delivers.TOP_UP or has_form else "auto"


def fulfilment_of(order: MerchantOrder, codes: Sequence[str]) -> dict[str, Any] | None:
    """None before there is any."""
    if order.state not in HANDED_OVER:
        return None
    top_up = order.delivers is Delivers.TOP_UP
    return {
        "type": fulfilment_type(order.delivers, has_form=False),
        "status": "delivered",
        "payload": f"{order.product_name} {order.face_value} 已到账" if top_up else "\n".join(codes),
        "delivery_data": None,
        "delivered_at": order.delivered_at.isoformat() if order.delivered_at else None,
    }


def order_of(order: MerchantOrder) -> dict[str, Any]:
    """What every answer about an order begins with."""
    return {
        "order_id": int(order.order_id),
        "order_no": order.order_no,
        "status": STATUS[order.state],
        "amount": yuan(order.amount_fen),
        "currency": CURRENCY,
    }
