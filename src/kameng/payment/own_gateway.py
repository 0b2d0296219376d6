"""The gateway of our own through which balances pay: a row like any other, offered to nobody and called by nobody."""

from kameng.kernel.database import Transaction
from kameng.payment import store

CODE = "balance"
PROTOCOL = "balance"
METHOD = "balance"


async def own_gateway(tx: Transaction) -> int:
    """Its id; the row is made when it is needed first."""
    gateway_id = await store.own_gateway(tx.connection, CODE, PROTOCOL)
    return await store.make_own_gateway(tx, CODE, PROTOCOL) if gateway_id is None else gateway_id
