"""Intend → call → record: one delivery is sent to a supplier."""

import asyncio
from collections.abc import Awaitable

import structlog

from kameng.fulfilment.attempt import CALL_BEGINS, CALL_MAX, Answer, AskedBy, Attempt
from kameng.fulfilment.plan import Planned
from kameng.fulfilment.record import record
from kameng.fulfilment.told import heard_from
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.account import MAIN, Account, account_of
from kameng.supply.answer import InDoubt, Reason, Refused
from kameng.supply.supplier import SupplyAsk
from kameng.supply.suppliers import Source

log = structlog.get_logger()


async def dispatch(*, db: Database, keyring: Keyring, source: Source, planned: Planned, callback_url: str) -> None:
    """Call the supplier about an attempt that is written down, and record what it says.

    Whatever breaks here breaks after the attempt was written, so the supplier may have it: it is asked.
    """
    attempt = planned.attempt
    if db.clock.now() - attempt.called_at > CALL_BEGINS:
        # This process stood still. Somebody else may be asking about it already; calling now could come after they have
        # believed that nothing was ordered.
        answer: Answer = Refused(Reason.OTHER, "not called: too late")
    else:
        ask = ask_of(attempt, planned.account, callback_url=callback_url)
        answer = await _answered(source.supplier.place(ask), source, attempt)
    heard = heard_from(source.code, AskedBy.PLACE)
    await record(db=db, keyring=keyring, source=source, attempt=attempt, answer=answer, heard=heard)


async def ask_again(*, db: Database, keyring: Keyring, source: Source, attempt: Attempt, callback_url: str) -> None:
    """Ask the supplier what became of an attempt, and record it."""

    async def query() -> Answer:
        account = None
        if attempt.order_id is not None:
            async with db.reading() as connection:
                account = await account_of(connection, keyring, attempt.order_id)
        ask = ask_of(attempt, account, callback_url=callback_url)
        return await source.supplier.query(ask, supplier_no=attempt.supplier_no)

    answer = await _answered(query(), source, attempt)
    heard = heard_from(source.code, AskedBy.QUERY)
    await record(db=db, keyring=keyring, source=source, attempt=attempt, answer=answer, heard=heard)


async def _answered(call: Awaitable[Answer], source: Source, attempt: Attempt) -> Answer:
    """What breaks or hangs is in doubt."""
    try:
        async with asyncio.timeout(CALL_MAX.total_seconds()):
            return await call
    except TimeoutError:
        return InDoubt("no answer in time")
    except Exception as error:
        log.exception("supplier.broken", supplier=source.code, number=attempt.number)
        return InDoubt(f"broken on our side: {type(error).__name__}")


def ask_of(attempt: Attempt, account: Account | None, *, callback_url: str) -> SupplyAsk:
    """What is asked of the supplier: the same whenever it is put together. Answers of the buyer's that have no name at
    the supplier go under our own."""
    fields = {} if account is None else account.fields
    return SupplyAsk(
        number=attempt.number,
        goods=attempt.goods,
        quantity=attempt.quantity,
        cost_max_fen=attempt.cost_max_fen,
        callback_url=callback_url,
        asked_at=attempt.called_at,
        account=account.main if account else None,
        fields={attempt.field_names.get(name, name): value for name, value in fields.items() if name != MAIN},
        face_fen=attempt.face_fen,
        operator=attempt.operator,
        province=attempt.province,
    )
