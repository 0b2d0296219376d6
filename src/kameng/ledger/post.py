"""Entering something into the books, in the caller's transaction."""

from kameng.kernel.database import Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.ledger import store
from kameng.ledger.entry import Entry


class BalanceTooLow(Refusal):
    """`balance_fen` is what there is."""

    code = "insufficient_balance"
    status = 402
    words = Words("余额不足，请先充值")


async def post(tx: Transaction, entry: Entry) -> int | None:
    """The new entry's id; None when its reference was entered before, and nothing moves again.

    The accounts are held, in order of their ids, until the transaction ends. Raises BalanceTooLow before anything is
    written when an account that must not would go below zero.
    """
    kinds = [account.kind for account in entry.postings]
    owners = [account.owner for account in entry.postings]
    rows = await store.lock_accounts(tx, kinds, owners)
    if len(rows) < len(entry.postings):
        await store.open_accounts(tx, kinds, owners)
        rows = await store.lock_accounts(tx, kinds, owners)
    amounts = {(account.kind, account.owner): amount for account, amount in entry.postings.items()}
    moves = [amounts[row["kind"], row["owner"]] for row in rows]
    for row, amount_fen in zip(rows, moves, strict=True):
        if not row["may_go_below_zero"] and row["balance_fen"] + amount_fen < 0:
            if await store.is_entered(tx, entry.reference):
                return None
            raise BalanceTooLow(balance_fen=row["balance_fen"])
    entry_id = await store.insert_entry(tx, entry)
    if entry_id is None:
        return None
    written = await store.write_postings(
        tx, entry_id, [row["id"] for row in rows], moves, [row["balance_fen"] for row in rows]
    )
    assert written, "an account changed although it was held"
    return entry_id
