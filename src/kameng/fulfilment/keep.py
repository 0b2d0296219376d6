"""What a supplier delivered is kept: codes in the vault, and how much of what was asked for that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from kameng.catalogue.filling import Delivers, find_filling
from kameng.fulfilment.attempt import Attempt
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.stock.take_in import Brought, BroughtCode, take_in
from kameng.supply.supplier import Code, Delivered, Partly


@dataclass(frozen=True)
class Kept:
    """`delivered` in the delivery's measure. `is_proven` False: it says delivered and shows nothing for it."""

    delivered: int
    is_proven: bool = True


async def keep(
    tx: Transaction, keyring: Keyring, attempt: Attempt, answer: Delivered | Partly, *, supplier_code: str
) -> Kept:
    """Codes go into the vault, for the order or for sale; nothing that was paid for is thrown away.

    Codes the vault has already don't count as delivered: they were sold to us twice.
    """
    filling = await find_filling(tx.connection, attempt.sku_id)
    if filling.delivers is Delivers.TOP_UP:
        delivered = attempt.asked_for if isinstance(answer, Delivered) else min(answer.delivered, attempt.asked_for)
        return Kept(max(0, delivered))
    if not answer.codes:
        return Kept(0, is_proven=isinstance(answer, Partly) and answer.delivered <= 0)
    source = f"{supplier_code} {attempt.number}"
    codes = [BroughtCode(_text_of(code), code.expires_on) for code in answer.codes]
    asked_for, beyond = codes[: attempt.asked_for], codes[attempt.asked_for :]
    kept = await take_in(
        tx, keyring, Brought(attempt.sku_id, attempt.order_id, source, asked_for, cost_fen=answer.cost_fen)
    )
    if beyond:
        await take_in(tx, keyring, Brought(attempt.sku_id, None, source, beyond))
    if kept < len(asked_for) or (isinstance(answer, Delivered) and kept != attempt.asked_for):
        await _tell(tx, attempt, supplier_code, answer.codes, kept)
    return Kept(kept)


def _text_of(code: Code) -> str:
    return " ".join(part for part in (code.number.strip(), code.password.strip()) if part)


async def _tell(tx: Transaction, attempt: Attempt, supplier_code: str, codes: Sequence[Code], kept: int) -> None:
    await raise_alarm(
        tx, AlarmKind.DELIVERED_SHORT, f"supplier:{supplier_code}", number=attempt.number,
        asked_for=attempt.asked_for, sent=len(codes), new=kept,
    )  # fmt: skip
