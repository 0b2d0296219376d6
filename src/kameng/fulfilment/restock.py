"""Buy codes ahead where the vault runs low, by the rules of `supply.restock`."""

import structlog

from kameng.fulfilment import restock_store
from kameng.fulfilment.open_delivery import open_delivery
from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Database, Transaction
from kameng.stock.levels import available
from kameng.supply.restock import (
    LEVEL_MAX,
    RestockRule,
    Standing,
    Verdict,
    claim_rules,
    decide,
    note_outcome,
    offered,
)

AT_A_TIME = 50

log = structlog.get_logger()


async def restock(*, db: Database) -> int:
    """Look at each rule that is due and open a delivery without an order where it says so; how many were looked at.

    Several workers share them out. The dispatcher buys, the codes come for sale into the vault, and what they cost
    stands in their batch. Never more than one purchase for a sku at a time.
    """
    async with db.transaction() as tx:
        rules = await claim_rules(tx, at_most=AT_A_TIME)
    for rule in rules:
        async with db.transaction() as tx:
            await _restock(tx, rule)
    return len(rules)


async def _restock(tx: Transaction, rule: RestockRule) -> None:
    today = tx.now.astimezone(SHANGHAI)
    levels = await available(tx.connection, [rule.sku_id], on=today.date(), at_most=LEVEL_MAX)
    pieces, dearest_fen = await offered(tx, rule.sku_id)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    standing = Standing(
        level=levels[rule.sku_id],
        is_under_way=await restock_store.is_under_way(tx, rule.sku_id),
        spent_fen=await restock_store.spent(tx, rule.sku_id, since=midnight),
        pieces=pieces,
        dearest_fen=dearest_fen,
    )
    decision = decide(rule, standing)
    if decision.verdict is Verdict.BUY:
        await open_delivery(tx, order_id=None, sku_id=rule.sku_id, owed=decision.quantity)
        log.info("restock.opened", sku=rule.sku_id, quantity=decision.quantity)
    await note_outcome(tx, rule, standing, decision)
