"""What came in before there were books is in them: the migration enters it, and the doctor is content."""

from pathlib import Path

import pytest

from kameng.invariants.check import check_invariants
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.payment.refund import accept_payment
from kameng.payment.sweep_refunds import sweep_refunds
from tests.builders.shop import Shop, a_paid_order, a_started_payment, a_stocked_sku, an_order, paid

pytestmark = pytest.mark.anyio

MIGRATION = Path(__file__).parents[2] / "migrations" / "0016_refunds.sql"
BEGINS = "INSERT INTO ledger_accounts"


async def test_an_old_shop_is_entered_to_the_last_fen(shop: Shop) -> None:
    goods = await a_stocked_sku(shop, cards=20)
    await a_paid_order(shop, goods)
    await a_paid_order(shop, goods, fen=1500, contact="13900000001")
    accepted = (await a_paid_order(shop, goods, fen=900, contact="13900000002")).order_id
    await a_paid_order(shop, goods, fen=800, contact="13900000003")
    orders = [(await an_order(shop, goods, contact=f"1391111{n:04d}")).order_id for n in range(3)]
    several = await a_started_payment(shop, *orders)
    await paid(shop, several, fen=3300)
    await paid(shop, several, fen=100)
    await sweep_refunds(db=shop.db, gateways=shop.gateways)
    async with shop.db.transaction() as tx:
        await accept_payment(tx, order_id=accepted, actor=Actor(ActorKind.STAFF, "li"), reason="差一角")
    async with shop.db.transaction() as tx:
        await tx.connection.execute("SET LOCAL session_replication_role = replica")
        for table in ("ledger_postings", "ledger_entries", "ledger_accounts"):
            await tx.connection.execute(f"DELETE FROM {table}")
    assert "gateway_money_disagrees" in {v.name for v in await check_invariants(shop.db, now=shop.clock.now())}
    text = MIGRATION.read_text()
    async with shop.db.transaction() as tx:
        await tx.connection.execute(text[text.index(BEGINS) :])
    assert await check_invariants(shop.db, now=shop.clock.now()) == []
    (kept,) = await shop.rows("SELECT (SELECT sum(amount_fen) FROM ledger_postings)::bigint AS all_fen,"
                              " (SELECT count(*) FROM ledger_entries WHERE reason = 'opening') AS entries")  # fmt: skip
    assert kept["all_fen"] == 0
    assert kept["entries"] == len(await shop.receipts()) + len(await shop.refunds())
