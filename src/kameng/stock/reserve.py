"""Hold cards for an order, all it needs or none."""

import secrets
from datetime import date

from kameng.kernel.database import Transaction
from kameng.stock import store

SLOTS = 2**31


async def reserve(tx: Transaction, *, order_id: int, sku_id: int, quantity: int, on: date) -> int:
    """`quantity` cards of this sku are the order's now; or 0, and nothing is held.

    Cards whose last day is `on` (the shop's today) or earlier are never given out. One statement as a rule. When it
    falls short only because others hold cards they may yet give back, this waits for them in turn: two buyers of the
    last three cards must not both be told that there are none.
    """
    assert 0 < quantity <= store.QUANTITY_MAX, "an order has one card at least, and no more than a sku allows"
    if quantity > 1:
        await store.set_mark(tx)
    wanted = store.Wanted(order_id, sku_id, quantity, start_slot=secrets.randbelow(SLOTS), on=on)
    pick = await store.reserve(tx, wanted)
    if pick.held or pick.in_sight < quantity:
        return pick.held
    if quantity > 1:
        # Waiting while holding a part of what others wait for would be a deadlock.
        await store.back_to_mark(tx)
    await store.take_turns(tx, sku_id)
    return (await store.reserve(tx, wanted, waiting=True)).held
