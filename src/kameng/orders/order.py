"""The order as data: one product × quantity, at the price and under the words it was promised with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class Order:
    """What verbs need to know of an order; money in fen."""

    id: OrderId
    state: OrderState
    site_id: int
    sku_id: int
    quantity: int
    amount_fen: int
    placed_at: datetime
    pay_until: datetime


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
    browser: str | None
    client_address: str | None
    pay_until: datetime
