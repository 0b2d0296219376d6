"""The order as data: one product × quantity, at the price and under the words it was promised with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.risk.score_order import Judged


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class Order:
    """What verbs need to know of an order; money in fen, risk in points of the scorecard."""

    id: OrderId
    state: OrderState
    site_id: int
    sku_id: int
    quantity: int
    amount_fen: int
    placed_at: datetime
    pay_until: datetime
    risk: int = 0


def order_of(row: Mapping[str, Any]) -> Order:
    """An order from a row that has at least its columns."""
    return Order(
        id=OrderId(row["id"]),
        state=OrderState(row["state"]),
        site_id=row["site_id"],
        sku_id=row["sku_id"],
        quantity=row["quantity"],
        amount_fen=row["amount_fen"],
        placed_at=row["placed_at"],
        pay_until=row["pay_until"],
        risk=row["risk"],
    )


@dataclass(frozen=True)
class NewOrder:
    """Everything an order is made of, before it has a number."""

    site_id: int
    sku_id: int
    sku_version_id: int
    quantity: int
    unit_price_fen: int
    contact_kind: ContactKind
    contact: str
    client_address: str | None
    pay_until: datetime
    judged: Judged | None = None
