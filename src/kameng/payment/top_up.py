"""Money is put on a balance by a person who has seen it arrive."""

from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.text import Words
from kameng.ledger.entry import REASON_MAX, AccountKind, Entry, EntryKind, moved
from kameng.ledger.post import post
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import Actor

TOP_UP_MAX_FEN = 10**12
REFERENCE_MAX = 100


class ToppedUpBefore(Refusal):
    code = "topped_up_before"
    words = Words("这笔充值已经入账，不能重复入账")


async def top_up(tx: Transaction, *, owner: int, amount_fen: int, reference: str, reason: str, actor: Actor) -> int:
    """The entry's id. `reference` is the bank's number of the transfer, or whatever else names it once and for ever.

    Raises InvalidInput, ToppedUpBefore.
    """
    reason, reference = without_contacts(reason.strip()), reference.strip()
    fields: dict[str, Words] = {}
    if not 1 <= amount_fen <= TOP_UP_MAX_FEN:
        fields["amount"] = Words("金额应大于 0")
    if not 1 <= len(reason) <= REASON_MAX:
        fields["reason"] = Words("请写明原因，最多 300 字")
    if not 1 <= len(reference) <= REFERENCE_MAX:
        fields["reference"] = Words("请填写流水号，最多 100 字")
    if fields:
        raise InvalidInput(fields=fields)
    entry = Entry(
        EntryKind.TOP_UP,
        reference=f"top_up:{owner}:{reference}",
        postings=moved(owner, source=AccountKind.PAID_IN, target=AccountKind.BALANCE, amount_fen=amount_fen),
        actor_kind=actor.kind,
        actor_id=actor.id,
        reason=reason,
    )
    entry_id = await post(tx, entry)
    if entry_id is None:
        raise ToppedUpBefore
    return entry_id
