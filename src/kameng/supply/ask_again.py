"""Just before somebody buys: does the supplier still have it, and at which price?"""

import asyncio
from datetime import timedelta

import structlog

from kameng.kernel.database import Database, assert_no_transaction
from kameng.supply import goods_store
from kameng.supply.answer import InDoubt, Reason, Refused
from kameng.supply.availability import FRESH_FOR
from kameng.supply.goods import Goods
from kameng.supply.goods_store import Asking, Wanted
from kameng.supply.hold import FEW
from kameng.supply.price_drift import check_drift
from kameng.supply.sift_goods import unfit
from kameng.supply.suppliers import Suppliers, SupplierUnknown
from kameng.supply.sync_goods import FAILURES_TILL_ALARM

log = structlog.get_logger()

#: A buyer is waiting.
ASK_TAKES = timedelta(seconds=3)
#: What was heard so shortly before is as good as now.
JUST_NOW = timedelta(seconds=5)
ROUTES_MAX = 4


async def ask_again(*, db: Database, suppliers: Suppliers, sku_id: int) -> None:
    """Ask suppliers about the sku's goods where they have few of them (20 or fewer), or were not seen for ten minutes.

    Nothing to ask (a sku filled from stock, plenty everywhere): one statement and no call. What is in doubt or takes
    longer than three seconds leaves everything as it was known; a supplier that can't be read at all is not asked.
    Never raises for what a supplier does.
    """
    now = db.clock.now()
    asking = Asking(now - JUST_NOW, now - FRESH_FOR, few=FEW, failures_max=FAILURES_TILL_ALARM)
    async with db.reading() as connection:
        wanted = await goods_store.to_ask_again(connection, sku_id, asking, at_most=ROUTES_MAX)
    await asyncio.gather(*(_ask_once(db, suppliers, one) for one in wanted))


async def _ask_once(db: Database, suppliers: Suppliers, wanted: Wanted) -> None:
    """Buyers of the same goods wait for one question together."""
    asking = suppliers.asking.get(wanted)
    if asking is None:
        asking = asyncio.create_task(_ask(db, suppliers, wanted))
        suppliers.asking[wanted] = asking
        asking.add_done_callback(lambda _: suppliers.asking.pop(wanted, None))
    await asyncio.shield(asking)


async def _ask(db: Database, suppliers: Suppliers, wanted: Wanted) -> None:
    assert_no_transaction()
    asked_at = db.clock.now()
    answer: Goods | Refused | InDoubt
    try:
        source = await suppliers.with_id(wanted.supplier_id)
        async with asyncio.timeout(ASK_TAKES.total_seconds()):
            answer = await source.supplier.goods(wanted.number)
    except (SupplierUnknown, TimeoutError):
        return
    except Exception:
        log.exception("supplier.broken", supplier=wanted.supplier_id, goods=wanted.number)
        return
    async with db.transaction() as tx:
        if isinstance(answer, Goods):
            if answer.number == wanted.number and unfit(answer) is None:
                await goods_store.see_one(tx, wanted.supplier_id, answer, asked_at=asked_at)
                await check_drift(tx, wanted.supplier_id)
        elif isinstance(answer, Refused) and answer.reason in {Reason.GOODS_GONE, Reason.OUT_OF_STOCK}:
            is_gone = answer.reason is Reason.GOODS_GONE
            await goods_store.mark_sold_out(tx, wanted.supplier_id, wanted.number, is_gone=is_gone)
