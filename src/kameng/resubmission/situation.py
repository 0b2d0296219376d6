"""How an order stands, as far as it matters for putting it right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kameng.catalogue.filling import Delivers, FilledBy
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Connection
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.resubmission import store
from kameng.resubmission.resubmission import Resubmission
from kameng.stock.levels import available as in_vault
from kameng.supply.availability import available as at_suppliers


@dataclass(frozen=True)
class Situation:
    """`payments`: how many were started. `owes_refund`: money of it is on its way back, or is back. `left`: what
    suppliers still owe of it, None without a delivery. `tries`: what its buyer has asked for so far. `asked_at`: when
    the buyer was asked for a correction that is still missing. `in_stock`: how many can be had now, where that
    matters."""

    order_id: OrderId
    state: OrderState
    quantity: int
    amount_fen: int
    sku_id: int
    changed_at: datetime
    delivers: Delivers
    filled_by: FilledBy
    resubmit_within_hours: int | None
    is_merchants: bool
    expired: bool
    could_not_be_delivered: bool
    payments: int
    owes_refund: bool
    delivery_stuck: bool
    left: int | None
    has_part: bool
    attempts: int
    live: int
    has_account: bool
    was_read: bool
    delivered_at: datetime | None
    paid_at: datetime | None
    replaced: bool
    tries: int
    newest: Resubmission | None
    in_stock: int = 0

    @property
    def open(self) -> Resubmission | None:
        return self.newest if self.newest is not None and self.newest.is_open else None


async def find_situation(connection: Connection, order_id: OrderId, *, now: datetime) -> Situation | None:
    """None when there is no such order."""
    row = await store.situation(connection, order_id)
    if row is None:
        return None
    newest = await store.newest(connection, order_id)
    in_stock = 0
    if row["state"] in (OrderState.REFUNDED, OrderState.REFUNDING):
        sku_id = row["sku_id"]
        here = await in_vault(connection, [sku_id], on=now.astimezone(SHANGHAI).date())
        there = await at_suppliers(connection, [sku_id], now=now, operator=row["operator"])
        in_stock = max(here.get(sku_id, 0), there.get(sku_id, 0)) if row["on_sale"] else 0
    return _situation_of(dict(row), newest, in_stock)


async def find_situations(connection: Connection, order_ids: Sequence[int]) -> list[Situation]:
    """Of many orders at once, in two statements; what is in stock is not looked up. Unknown ones are left out."""
    newest = {one.order_id: one for one in await store.newest_of(connection, order_ids)}
    rows = await store.situations(connection, order_ids)
    return [_situation_of(dict(row), newest.get(OrderId(row["order_id"])), 0) for row in rows]


def _situation_of(row: Mapping[str, Any], newest: Resubmission | None, in_stock: int) -> Situation:
    values = {name: row[name] for name in Situation.__dataclass_fields__ if name not in ("in_stock", "newest")}
    return Situation(
        **{
            **values,
            "order_id": OrderId(row["order_id"]),
            "state": OrderState(row["state"]),
            "delivers": Delivers(row["delivers"]),
            "filled_by": FilledBy(row["filled_by"]),
        },
        newest=newest,
        in_stock=in_stock,
    )
