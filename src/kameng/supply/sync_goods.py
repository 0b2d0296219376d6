"""What suppliers sell, and for how much, read again every few minutes."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from kameng.kernel.database import Database, Transaction, assert_no_transaction
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.supply import goods_store
from kameng.supply.answer import Balance, InDoubt, Refused
from kameng.supply.ask_goods import ask_each
from kameng.supply.goods import Catalogue
from kameng.supply.goods_store import Due
from kameng.supply.price_drift import check_drift
from kameng.supply.sift_goods import Sifted, plain, sift
from kameng.supply.suppliers import Source, Suppliers, SupplierUnknown

log = structlog.get_logger()

SYNC_EVERY = timedelta(minutes=5)
#: After a failure it is tried again sooner, then ever more rarely, never more rarely than otherwise.
AGAIN_AFTER = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2))
FAILURES_TILL_ALARM = 3
#: A supplier that takes longer is left till next time. Shorter than SYNC_EVERY, so that nobody starts a second read.
SYNC_TAKES = timedelta(minutes=3)
#: How long goods that an order found sold out stay so, where the catalogue doesn't tell how many there are.
SOLD_OUT_FOR = timedelta(minutes=15)
AT_A_TIME = 8
#: Rows a statement.
RUN_GOODS = 5000
GONE_NAMED_MAX = 20
ERROR_MAX = 300


@dataclass(frozen=True)
class _Read:
    """What a supplier told. `is_whole`: goods that are not in it are not sold any more."""

    sifted: Sifted
    is_whole: bool
    all_answered: bool
    balance: Balance | Refused | InDoubt | None


async def sync_goods(*, db: Database, suppliers: Suppliers) -> int:
    """Read catalogue and balance of each supplier that is due; how many there were. Several workers share them out.

    What can't be read changes nothing; what can is taken, and the rest is named in the supplier's report. Alarms: goods
    with a route that are gone, a balance below its limit, a supplier that can't be read three times in a row, and
    routes whose price has drifted.
    """
    async with db.transaction() as tx:
        due = await goods_store.claim_to_sync(tx, again_after=SYNC_EVERY, at_most=AT_A_TIME)
    await asyncio.gather(*(_sync(db, suppliers, one) for one in due))
    return len(due)


async def sync_soon(db: Database, source: Source) -> None:
    """The supplier is due now."""
    async with db.one_statement() as tx:
        await goods_store.sync_soon(tx, source.id)


async def _sync(db: Database, suppliers: Suppliers, due: Due) -> None:
    asked_at = db.clock.now()
    try:
        source = await suppliers.with_id(due.id)
        async with asyncio.timeout(SYNC_TAKES.total_seconds()):
            answer = await _read(db, source)
    except SupplierUnknown:
        answer = "its configuration can't be used"
    except TimeoutError:
        answer = "took too long"
    except Exception as error:
        log.exception("sync.failed", supplier=due.code)
        answer = f"broken on our side: {type(error).__name__}"
    async with db.transaction() as tx:
        if isinstance(answer, str):
            await _record_failure(tx, due, plain(answer, ERROR_MAX))
        else:
            await _record(tx, due, answer, asked_at)


async def _read(db: Database, source: Source) -> _Read | str:
    """What it told, or why that can't be used."""
    assert_no_transaction()
    abilities, answered = source.supplier.abilities, True
    if abilities.has_catalogue:
        told = await source.supplier.catalogue()
        if isinstance(told, InDoubt):
            return f"no answer: {told.words}"
        if isinstance(told, Refused):
            return f"refused: {told.words}"
    else:
        async with db.reading() as connection:
            wanted = await goods_store.routed_goods(connection, source.id, at_most=RUN_GOODS)
        goods, answered = await ask_each(source.supplier, wanted)
        told = Catalogue(goods)
    # Tens of thousands take a while, and orders are being sent from the same loop.
    sifted = await asyncio.to_thread(sift, told)
    if sifted is None:
        return "more goods than anybody sells"
    balance = await source.supplier.balance() if abilities.has_balance else None
    return _Read(sifted, abilities.has_catalogue, answered, balance)


async def _record(tx: Transaction, due: Due, read: _Read, asked_at: datetime) -> None:
    new = changed = 0
    goods = read.sifted.goods
    for start in range(0, len(goods), RUN_GOODS):
        run = goods[start : start + RUN_GOODS]
        counts = await goods_store.save_goods(
            tx, due.id, run, asked_at=asked_at, sold_out_since=asked_at - SOLD_OUT_FOR
        )
        new, changed = new + counts[0], changed + counts[1]
    gone = []
    if read.is_whole:
        gone = await goods_store.take_off_sale(tx, due.id, all_but=[one.number for one in goods], asked_at=asked_at)
        await _tell_gone(tx, due, [row["number"] for row in gone if row["is_routed"]])
    await check_drift(tx, due.id)
    report = {
        "goods": len(goods), "new": new, "changed": changed, "gone": len(gone),
        "unusable": read.sifted.told(), "unusable_count": len(read.sifted.unusable),
        "balance_low": await _check_balance(tx, due, read.balance),
    }  # fmt: skip
    if isinstance(read.balance, Refused | InDoubt):
        report["balance_error"] = plain(read.balance.words, ERROR_MAX)
    await goods_store.record_sync(
        tx, due.id, next_at=tx.now + SYNC_EVERY, report=report, seen_at=asked_at if read.all_answered else None,
        balance_fen=read.balance.fen if isinstance(read.balance, Balance) else None,
    )  # fmt: skip


async def _tell_gone(tx: Transaction, due: Due, numbers: list[str]) -> None:
    if numbers:
        await raise_alarm(
            tx, AlarmKind.GOODS_GONE, f"supplier:{due.code}", goods=numbers[:GONE_NAMED_MAX], times=len(numbers)
        )


async def _check_balance(tx: Transaction, due: Due, balance: Balance | Refused | InDoubt | None) -> bool:
    """Whether it is too low. Told once, until it has been high enough again."""
    if not isinstance(balance, Balance):
        return due.was_low
    is_low = balance.fen < due.balance_low_fen
    if is_low and not due.was_low:
        await raise_alarm(
            tx, AlarmKind.SUPPLIER_BALANCE_LOW, f"supplier:{due.code}", balance_fen=balance.fen,
            limit_fen=due.balance_low_fen,
        )  # fmt: skip
    return is_low


async def _record_failure(tx: Transaction, due: Due, error: str) -> None:
    after = AGAIN_AFTER[due.sync_failures] if due.sync_failures < len(AGAIN_AFTER) else SYNC_EVERY
    await goods_store.record_failure(tx, due.id, next_at=tx.now + after, error=error)
    if due.sync_failures + 1 == FAILURES_TILL_ALARM:
        await raise_alarm(tx, AlarmKind.SUPPLIER_UNREADABLE, f"supplier:{due.code}", reason=error)
