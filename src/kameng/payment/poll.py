"""No notify ever came: ask the gateways about every payment that is waiting, ever more rarely, for a day."""

from kameng.kernel.database import Database
from kameng.payment import store
from kameng.payment.attempt import ASK_AFTER, HeardFrom
from kameng.payment.gateways import Gateways
from kameng.payment.settle import settle

AT_A_TIME = 100


async def poll_payments(*, db: Database, gateways: Gateways) -> int:
    """Ask about each payment that is due; how many there were. Several workers share them out."""
    async with db.transaction() as tx:
        attempt_ids = await store.claim_to_ask(tx, ASK_AFTER[1:], at_most=AT_A_TIME)
    for attempt_id in attempt_ids:
        await settle(db=db, gateways=gateways, attempt_id=attempt_id, heard_from=HeardFrom.POLL)
    return len(attempt_ids)
