"""At the end of the world: our books beside the banks', one by one."""

from collections import Counter

from kameng.invariants.check import check_invariants
from kameng.stock.reveal import read_codes
from tests.simulation.world import World

RECEIPTS = """
SELECT g.code, r.gateway_trade_no AS trade_no, r.amount_fen FROM receipts r JOIN gateways g ON g.id = r.gateway_id
"""
REFUNDS = """
SELECT g.code, r.gateway_trade_no AS trade_no, sum(f.amount_fen)::bigint AS amount_fen
FROM refunds f JOIN receipts r ON r.id = f.receipt_id JOIN gateways g ON g.id = r.gateway_id
WHERE f.state = 'done' GROUP BY 1, 2
"""
UNFINISHED = "SELECT id, order_id, state, cause FROM refunds WHERE state <> 'done'"
STATES = "SELECT state, count(*) AS orders FROM orders GROUP BY state"
SOLD = "SELECT id FROM orders WHERE state = 'delivered'"
WAITING = "SELECT state, count(*) FROM payment_attempts WHERE ask_at IS NOT NULL GROUP BY state"
LIMBO = "SELECT id, state FROM orders WHERE state NOT IN ('delivered', 'cancelled', 'refunded', 'under_review')"
# Of whole payments for orders nobody had to decide about, exactly the price is kept.
KEPT = """
SELECT (SELECT coalesce(sum(r.amount_fen - coalesce((SELECT sum(f.amount_fen) FROM refunds f
                                                     WHERE f.receipt_id = r.id AND f.state = 'done'), 0)), 0)
        FROM receipts r WHERE r.use <> 'held') AS kept_fen,
       (SELECT coalesce(sum(amount_fen), 0) FROM orders o WHERE state = 'delivered'
        AND NOT EXISTS (SELECT FROM order_events e WHERE e.order_id = o.id AND e.event = 'accepted_by_staff'))
     + (SELECT coalesce(sum(least(o.amount_fen, (
            SELECT sum(r.amount_fen) FROM payment_attempt_orders p JOIN receipts r ON r.attempt_id = p.attempt_id
            WHERE p.order_id = o.id AND r.use = 'applied'))), 0)
        FROM orders o WHERE state = 'delivered'
        AND EXISTS (SELECT FROM order_events e WHERE e.order_id = o.id AND e.event = 'accepted_by_staff')) AS earned_fen
"""

Sums = dict[tuple[object, object], object]


async def differences(world: World) -> list[str]:
    """Everything that is not as it should be once all has come to rest."""
    found = [str(violation) for violation in await check_invariants(world.shop.db, now=world.shop.clock.now())]
    found += await against_the_banks(world)
    found += [f"refund unfinished: {row}" for row in await world.shop.rows(UNFINISHED)]
    found += [f"order in limbo: {row}" for row in await world.shop.rows(LIMBO)]
    found += [f"payment still asked about: {row}" for row in await world.shop.rows(WAITING)]
    (money,) = await world.shop.rows(KEPT)
    if money["kept_fen"] != money["earned_fen"]:
        found.append(f"money: {money}")
    return found + await _cards_sold_twice(world)


async def against_the_banks(world: World) -> list[str]:
    paid: Sums = {(bank.name, t.trade_no): t.amount_fen for bank in world.banks for t in bank.trades.values()}
    back: Sums = {(bank.name, t.trade_no): t.sent_back_fen for bank in world.banks for t in bank.trades.values()}
    received: Sums = {(r["code"], r["trade_no"]): r["amount_fen"] for r in await world.shop.rows(RECEIPTS)}
    refunded: Sums = {(r["code"], r["trade_no"]): r["amount_fen"] for r in await world.shop.rows(REFUNDS)}
    found = [
        f"{trade}: paid {paid.get(trade)}, received {received.get(trade)}"
        for trade in paid.keys() | received.keys()
        if paid.get(trade) != received.get(trade)
    ]
    return found + [
        f"{trade}: bank sent back {back.get(trade, 0)}, we say {refunded.get(trade, 0)}"
        for trade in back.keys() | refunded.keys()
        if back.get(trade, 0) != refunded.get(trade, 0)
    ]


async def _cards_sold_twice(world: World) -> list[str]:
    codes: Counter[str] = Counter()
    async with world.shop.db.reading() as connection:
        for row in await connection.fetch(SOLD):
            codes.update(await read_codes(connection, world.shop.keyring, row["id"]))
    return [f"sold {times} times: a card" for times in codes.values() if times > 1]


async def summary(world: World) -> dict[str, int]:
    """What the run was made of."""
    states = {str(row["state"]): int(str(row["orders"])) for row in await world.shop.rows(STATES)}
    return {**world.happened, **states}
