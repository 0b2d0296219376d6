"""Guests' money in the books: what came in, what a person decided about it, what went back.

Each is entered in the transaction that records the fact itself, while its order is held.
"""

from collections.abc import Mapping, Sequence

from kameng.kernel.database import Transaction
from kameng.ledger.enter import enter, money_of_order
from kameng.ledger.entry import Account, AccountKind, EntryKind, Line, OrderEntry
from kameng.orders.lifecycle import ActorKind
from kameng.orders.number import OrderId
from kameng.payment.attempt import ReceiptUse

_SHOP = 0
#: Where a refund is taken from first.
_OF_SURPLUS = (AccountKind.SURPLUS, AccountKind.HELD, AccountKind.SALES)
_OF_ORDER = (AccountKind.HELD, AccountKind.SALES, AccountKind.SURPLUS)


async def enter_receipt(
    tx: Transaction, receipt_id: int, *, gateway: tuple[int, str], amount_fen: int, use: ReceiptUse,
    shares: Sequence[tuple[OrderId, int]],
) -> None:  # fmt: skip
    """`gateway` is its id and code; `shares` what each order was to be paid with. What is over is the first order's."""
    first = shares[0][0]
    if use is ReceiptUse.APPLIED:
        lines = [_line(AccountKind.SALES, order_id, share_fen) for order_id, share_fen in shares]
        if over_fen := amount_fen - sum(share_fen for _, share_fen in shares):
            lines.append(_line(AccountKind.SURPLUS, first, over_fen))
    else:
        kind = AccountKind.HELD if use is ReceiptUse.HELD else AccountKind.SURPLUS
        lines = [_line(kind, first, amount_fen)]
    came_from = Line(Account(AccountKind.GATEWAY, gateway[0]), -amount_fen)
    entry = OrderEntry(
        EntryKind.RECEIPT, f"receipt:{receipt_id}", (came_from, *lines), ActorKind.GATEWAY, gateway[1]
    )  # fmt: skip
    assert await enter(tx, entry), f"receipt {receipt_id} was entered before"


async def enter_decision(
    tx: Transaction, receipt_id: int, order_id: OrderId, *, taken: Mapping[AccountKind, int]
) -> None:
    """What was held is somebody's now: so much of it on each of these accounts."""
    held = _line(AccountKind.HELD, order_id, -sum(taken.values()))
    lines = (held, *(_line(kind, order_id, amount_fen) for kind, amount_fen in taken.items() if amount_fen))
    await enter(tx, OrderEntry(EntryKind.DECISION, f"decision:{receipt_id}", lines, ActorKind.SYSTEM))


async def enter_refund(
    tx: Transaction, refund_id: int, order_id: OrderId, *, gateway_id: int, amount_fen: int, is_surplus: bool
) -> None:
    """Back through the gateway; taken from whatever of the order's money it was meant to be."""
    there = await money_of_order(tx, order_id)
    order = _OF_SURPLUS if is_surplus else _OF_ORDER
    taken, left_fen = dict.fromkeys(order, 0), amount_fen
    for kind in order:
        taken[kind] = min(left_fen, max(there.get(kind, 0), 0))
        left_fen -= taken[kind]
    taken[order[0]] += left_fen
    lines = [_line(kind, order_id, -fen) for kind, fen in taken.items() if fen]
    back = Line(Account(AccountKind.GATEWAY, gateway_id), amount_fen)
    await enter(tx, OrderEntry(EntryKind.REFUND, f"refund:{refund_id}", (back, *lines), ActorKind.GATEWAY))


def _line(kind: AccountKind, order_id: OrderId, amount_fen: int) -> Line:
    return Line(Account(kind, _SHOP), amount_fen, order_id)
