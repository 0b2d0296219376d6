"""What a supplier delivered is kept: codes in the vault, and how much of what was asked for that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from kameng.catalogue.filling import Delivers
from kameng.fulfilment.attempt import Attempt
from kameng.fulfilment.store import Delivery
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.stock.take_in import Brought, BroughtCode, take_in
from kameng.supply.answer import Code, Delivered, Partly


@dataclass(frozen=True)
class Kept:
    """`delivered` in the delivery's measure. `is_proven` False: it says delivered and shows nothing for it."""

    delivered: int
    is_proven: bool = True


async def keep(
    tx: Transaction,
    keyring: Keyring,
    delivery: Delivery,
    attempt: Attempt,
    *,
    answer: Delivered | Partly,
    supplier: str,
) -> Kept:
    """Codes go into the vault, for the order or for sale; nothing that was paid for is thrown away.

    Codes the vault has already don't count as delivered: they were sold to us twice.
    """
    if delivery.delivers is Delivers.TOP_UP:
        return Kept(told_of_top_up(answer, attempt))
    codes = brought(answer.codes)
    if not codes:
        return Kept(0, is_proven=isinstance(answer, Partly) and answer.delivered <= 0)
    taken = await take_in(
        tx,
        keyring,
        Brought(
            sku_id=attempt.sku_id,
            order_id=attempt.order_id,
            source=f"{supplier} {attempt.number}",
            codes=codes,
            for_order=attempt.asked_for,
            cost_fen=answer.cost_fen,
        ),
    )
    kept = min(taken.new, attempt.asked_for)
    if taken.new < len(codes) or (isinstance(answer, Delivered) and kept < attempt.asked_for):
        await raise_alarm(
            tx, AlarmKind.DELIVERED_SHORT, f"supplier:{supplier}", number=attempt.number,
            asked_for=attempt.asked_for, sent=len(codes), new=taken.new,
        )  # fmt: skip
    return Kept(kept)


def told_of_top_up(answer: Delivered | Partly, attempt: Attempt) -> int:
    """How much of a top-up has arrived, in the delivery's measure."""
    return attempt.asked_for if isinstance(answer, Delivered) else max(0, min(answer.delivered, attempt.asked_for))


def brought(codes: Sequence[Code]) -> list[BroughtCode]:
    """What suppliers call a code, without those in which nothing stands."""
    texts = ((" ".join(part for part in (c.number.strip(), c.password.strip()) if part), c.expires_on) for c in codes)
    return [BroughtCode(_storable(text), expires_on) for text, expires_on in texts if text]


def _storable(text: str) -> str:
    """JSON can hold halves of characters, which nothing can write down."""
    return text.encode("utf-8", "replace").decode()
