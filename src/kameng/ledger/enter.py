"""Entering guests' money into the books, in the caller's transaction: no account is held, nobody waits."""

from kameng.kernel.database import Transaction
from kameng.ledger import store
from kameng.ledger.entry import AccountKind, OrderEntry


async def enter(tx: Transaction, entry: OrderEntry) -> bool:
    """False when its reference was entered before, and nothing moves again.

    Accounts keep no balance here: what is on one is the sum of its postings.
    """
    if await store.enter(tx, entry):
        return True
    # An account that nobody has used yet, or an entry that is there already.
    accounts = {line.account: None for line in entry.lines}
    await store.open_accounts(tx, [account.kind for account in accounts], [account.owner for account in accounts])
    return await store.enter(tx, entry)


async def money_of_order(tx: Transaction, order_id: int) -> dict[AccountKind, int]:
    """In fen, what of an order's money stands on which account. The caller holds the order."""
    return await store.of_order(tx, order_id)
