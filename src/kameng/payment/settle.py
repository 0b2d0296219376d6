"""What became of a payment? The gateway is asked, and what it says is recorded. Notify and poller both come here."""

from kameng.kernel.database import Database
from kameng.payment import store
from kameng.payment.attempt import HeardFrom
from kameng.payment.confirm import confirm
from kameng.payment.gateway import Paid, QueryAnswer
from kameng.payment.gateways import Gateways
from kameng.payment.start_payment import attempt_of


async def settle(
    *, db: Database, gateways: Gateways, attempt_id: int, heard_from: HeardFrom, trade_no: str | None = None
) -> QueryAnswer | None:
    """Ask the gateway about an attempt (about `trade_no` if a notify named one) and record money it confirms.

    The gateway's answer; None when there is no such attempt.
    """
    async with db.reading() as connection:
        row = await store.attempt(connection, attempt_id)
    if row is None:
        return None
    attempt = attempt_of(row)
    channel = await gateways.with_id(attempt.gateway_id)
    answer = await channel.gateway.query(attempt.reference, trade_no=trade_no)
    if isinstance(answer, Paid):
        await confirm(db=db, channel=channel, attempt_id=attempt_id, paid=answer, heard_from=heard_from)
    return answer
