"""Intend → call → record: one delivery is sent to a supplier."""

import structlog

from kameng.fulfilment.attempt import Answer, AskedBy, Attempt
from kameng.fulfilment.plan import Planned
from kameng.fulfilment.settle import heard_from, settle
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.account import MAIN, Account, account_of
from kameng.supply.supplier import InDoubt, SupplyAsk
from kameng.supply.suppliers import Source

log = structlog.get_logger()


async def dispatch(*, db: Database, keyring: Keyring, source: Source, planned: Planned, callback_url: str) -> None:
    """Call the supplier about an attempt that is written down, and record what it says.

    Whatever breaks here breaks after the attempt was written, so the supplier may have it: it is asked.
    """
    ask = ask_of(planned.attempt, planned.account, callback_url=callback_url)
    answer: Answer
    try:
        answer = await source.supplier.place(ask)
    except Exception as error:
        log.exception("supplier.broken", supplier=source.code, number=planned.attempt.number)
        answer = InDoubt(f"broken on our side: {type(error).__name__}")
    await settle(
        db=db, keyring=keyring, source=source, attempt=planned.attempt, answer=answer,
        heard=heard_from(source, AskedBy.PLACE),
    )  # fmt: skip


async def ask_again(*, db: Database, keyring: Keyring, source: Source, attempt: Attempt, callback_url: str) -> None:
    """Ask the supplier what became of an attempt, and record it."""
    account = None
    if attempt.order_id is not None:
        async with db.reading() as connection:
            account = await account_of(connection, keyring, attempt.order_id)
    ask = ask_of(attempt, account, callback_url=callback_url)
    answer: Answer
    try:
        answer = await source.supplier.query(ask, supplier_no=attempt.supplier_no)
    except Exception as error:
        log.exception("supplier.broken", supplier=source.code, number=attempt.number)
        answer = InDoubt(f"broken on our side: {type(error).__name__}")
    await settle(
        db=db, keyring=keyring, source=source, attempt=attempt, answer=answer, heard=heard_from(source, AskedBy.QUERY)
    )


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
