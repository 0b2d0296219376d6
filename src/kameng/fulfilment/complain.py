"""A complaint about an attempt is handed on to its supplier."""

from kameng.fulfilment.attempt import AskedBy, AttemptState
from kameng.fulfilment.by_hand import INTENDED, answered, attempt_with, note_said
from kameng.fulfilment.dispatch import ask_of
from kameng.fulfilment.told import WORDS_MAX
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.orders.account import account_of
from kameng.supply.answer import ComplaintFiled, InDoubt, Refused
from kameng.supply.suppliers import Suppliers


class TakesNoComplaints(Refusal):
    code = "takes_no_complaints"
    words = Words("这个货源不能在线投诉，请直接联系对方客服")


class NothingOrderedYet(Refusal):
    code = "nothing_ordered_yet"
    words = Words("正在向货源下单，请稍后再试")


async def complain(
    *, db: Database, keyring: Keyring, suppliers: Suppliers, attempt_id: int, words: str
) -> ComplaintFiled | Refused | InDoubt:
    """What the supplier said to it; nothing changes in the attempt, and both stand among its answers.

    The caller has checked the right to do so and writes the audit entry. Raises InvalidInput, AttemptMissing,
    SupplierUnknown, TakesNoComplaints, NothingOrderedYet.
    """
    words = words.strip()
    if not 1 <= len(words) <= WORDS_MAX:
        raise InvalidInput(fields={"words": Words("请写明投诉内容，300 字以内")})
    attempt = await attempt_with(db, attempt_id)
    source = await suppliers.with_id(attempt.supplier_id)
    if not source.supplier.abilities.complains:
        raise TakesNoComplaints
    if attempt.state is AttemptState.CALLING:
        raise NothingOrderedYet
    account = None
    if attempt.order_id is not None:
        async with db.reading() as connection:
            account = await account_of(connection, keyring, attempt.order_id)
    ask = ask_of(attempt, account, callback_url="")
    await note_said(db, attempt, asked_by=AskedBy.COMPLAINT, said=INTENDED, words=words)
    call = source.supplier.complain(ask, supplier_no=attempt.supplier_no, words=words)
    answer = await answered(call, source, attempt)
    told = f"{answer.number or ''} {answer.words}".strip() if isinstance(answer, ComplaintFiled) else answer.words
    await note_said(db, attempt, asked_by=AskedBy.COMPLAINT, said=type(answer).__name__.lower(), words=told)
    return answer
