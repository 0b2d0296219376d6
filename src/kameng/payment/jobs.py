"""Jobs of this step. A refund that can't be sent ends as an alarm and an order in `exception`, for a person."""

from collections.abc import Mapping

from kameng.kernel.database import Database
from kameng.kernel.jobs import Body, Job
from kameng.payment.gateways import Gateways
from kameng.payment.send_refund import send_refund

SEND_REFUND = Job("send_refund")


def payment_jobs(db: Database, gateways: Gateways) -> Mapping[Job, Body]:
    """Each job with its body."""

    async def send(refund_id: int) -> None:
        await send_refund(db=db, gateways=gateways, refund_id=refund_id)

    return {SEND_REFUND: send}
