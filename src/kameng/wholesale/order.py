"""An order as its merchant sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kameng.catalogue.filling import Delivers
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.advance import advance
from kameng.orders.lifecycle import Actor, ActorKind, OrderState, Revealed
from kameng.orders.lock import OrderMissing, lock_order
from kameng.orders.number import OrderId, printed
from kameng.stock.reveal import read_codes
from kameng.wholesale import store
from kameng.wholesale.purchase import Protocol

#: Where the codes are the merchant's.
HANDED_OVER = frozenset({OrderState.DELIVERED, OrderState.COMPLETED})


@dataclass(frozen=True)
class MerchantOrder:
    """Money in fen; `unit_price_fen` is the merchant's own price. `was_read`: the codes were read before.
    `balance_too_low`: why a cancelled order is cancelled."""

    order_id: OrderId
    merchant_id: int
    merchant_code: str
    key_id: str
    protocol: Protocol
    out_order_no: str
    state: OrderState
    product_id: int
    sku_id: int
    product_name: str
    face_value: str
    delivers: Delivers
    quantity: int
    unit_price_fen: int
    amount_fen: int
    refunded_fen: int
    placed_at: datetime
    changed_at: datetime
    delivered_at: datetime | None
    was_read: bool
    balance_too_low: bool

    @property
    def order_no(self) -> str:
        return printed(self.order_id)


async def find_orders(
    db: Database, merchant_id: int, *, order_ids: Sequence[int] = (), out_order_nos: Sequence[str] = ()
) -> list[MerchantOrder]:
    """Those of this merchant, oldest first; unknown numbers are left out."""
    async with db.reading() as connection:
        rows = await store.orders(connection, merchant_id, order_ids, out_order_nos)
    return [
        MerchantOrder(
            **{
                **dict(row),
                "order_id": OrderId(row["order_id"]),
                "protocol": Protocol(row["protocol"]),
                "state": OrderState(row["state"]),
                "delivers": Delivers(row["delivers"]),
            }
        )
        for row in rows
    ]


async def find_order(
    db: Database, merchant_id: int, *, order_id: int | None = None, out_order_no: str | None = None
) -> MerchantOrder:
    """Raises OrderMissing, also for an order of somebody else."""
    found = await find_orders(
        db,
        merchant_id,
        order_ids=[] if order_id is None else [order_id],
        out_order_nos=[] if out_order_no is None else [out_order_no],
    )
    if len(found) != 1:
        raise OrderMissing
    return found[0]


async def codes_of(db: Database, keyring: Keyring, order: MerchantOrder) -> list[str]:
    """The codes of a delivered order, none before. The first look is part of the order's story."""
    if order.state not in HANDED_OVER or order.delivers is not Delivers.CODES:
        return []
    if order.was_read:
        async with db.reading() as connection:
            return await read_codes(connection, keyring, order.order_id)
    async with db.transaction() as tx:
        locked = await lock_order(tx, order.order_id)
        if locked.state not in HANDED_OVER:
            return []
        codes = await read_codes(tx.connection, keyring, order.order_id)
        await advance(tx, locked, Revealed(actor_of(order.merchant_code), facts={"cards": len(codes)}))
        return codes


def actor_of(merchant_code: str) -> Actor:
    return Actor(ActorKind.BUYER, f"merchant:{merchant_code}")
