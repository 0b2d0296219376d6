"""An answer about an attempt that is closed: a refund that comes afterwards is noted, codes are kept, and what
contradicts the books is somebody's business."""

from kameng.catalogue.filling import Delivers
from kameng.fulfilment import store
from kameng.fulfilment.attempt import Answer, Attempt
from kameng.fulfilment.keep import brought, told_of_top_up
from kameng.fulfilment.store import Delivery
from kameng.fulfilment.told import Heard, told_of
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Transaction
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.stock.take_in import Brought, take_in
from kameng.supply.answer import Delivered, Failed, Partly, Refused


async def hear_late(
    tx: Transaction, keyring: Keyring, delivery: Delivery, attempt: Attempt, *, answer: Answer, heard: Heard
) -> None:
    """Nothing that is known is undone."""
    told = told_of(answer)
    if told.refund_fen is not None:
        await store.set_refund(tx, attempt.id, told.refund_fen)
    facts: dict[str, object] = {"number": attempt.number, "known": attempt.state, "said": told.said}
    if isinstance(answer, Delivered | Partly):
        if delivery.delivers is Delivers.TOP_UP:
            is_known = told_of_top_up(answer, attempt) == attempt.delivered
        else:
            source = f"{heard.supplier} {attempt.number}"
            facts["more_codes"] = more = await _more_codes(tx, keyring, attempt, answer, source=source)
            says_nothing_came = isinstance(answer, Partly) and answer.delivered <= 0
            is_known = more == 0 and says_nothing_came == (attempt.delivered == 0)
    else:
        is_known = not isinstance(answer, Failed | Refused) or attempt.delivered == 0
    if is_known:
        return
    await store.note_answer(tx, attempt.id, asked_by=heard.asked_by, said=told.said, words=told.words)
    await raise_alarm(tx, AlarmKind.SUPPLIER_CONTRADICTS, f"supplier:{heard.supplier}", **facts)


async def _more_codes(
    tx: Transaction, keyring: Keyring, attempt: Attempt, answer: Delivered | Partly, *, source: str
) -> int:
    """How many codes came beyond what is known. They are kept for sale, for the order has been told otherwise or has
    got its goods elsewhere; not so if money came back for them: they may not work any more."""
    codes = brought(answer.codes)
    if attempt.refund_fen or told_of(answer).refund_fen:
        return max(0, len(codes) - attempt.delivered)
    return (await take_in(tx, keyring, Brought(attempt.sku_id, None, source, codes))).new
