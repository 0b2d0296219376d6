"""What is left to spend."""

from kameng.kernel.database import Connection
from kameng.ledger import store
from kameng.ledger.entry import AccountKind


async def balance_of(connection: Connection, owner: int) -> int:
    """In fen; nought for who has never paid in."""
    return await store.balance(connection, AccountKind.BALANCE, owner) or 0
