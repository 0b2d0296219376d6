"""No notify ever came, or it couldn't be settled at once: ask the gateways, ever more rarely, for a day."""

import asyncio

import structlog

from kameng.kernel.database import Database
from kameng.payment import store
from kameng.payment.attempt import ASK_AFTER, HeardFrom, reference_of
from kameng.payment.gateway import InDoubt, Unpaid
from kameng.payment.gateways import Gateways
from kameng.payment.settle import settle
from kameng.payment.store import Question
from kameng.risk.alarms import AlarmKind, raise_alarm

AT_A_TIME = 100
# A gateway that doesn't answer must not keep us from asking the others.
AT_ONCE = 10

log = structlog.get_logger()


async def poll_payments(*, db: Database, gateways: Gateways) -> int:
    """Ask about each payment that is due; how many there were. Several workers share them out.

    A payment about which nothing could be learned for a whole day ends in an alarm.
    """
    async with db.transaction() as tx:
        questions = await store.claim_to_ask(tx, ASK_AFTER[1:], at_most=AT_A_TIME)
        questions += await store.claim_notices_to_ask(tx, ASK_AFTER[1:], at_most=AT_A_TIME - len(questions))
    few = asyncio.Semaphore(AT_ONCE)

    async def ask(question: Question) -> None:
        async with few:
            await _ask(db, gateways, question)

    await asyncio.gather(*map(ask, questions))
    return len(questions)


async def _ask(db: Database, gateways: Gateways, question: Question) -> None:
    try:
        answer = await settle(
            db=db, gateways=gateways, attempt_id=question.attempt_id, heard_from=HeardFrom.POLL,
            trade_no=question.trade_no,
        )  # fmt: skip
    except Exception as error:
        # It is asked again when it is due again, and must not keep the others from being asked now.
        log.exception("poll.failed", payment=reference_of(question.attempt_id))
        answer = InDoubt(f"broken on our side: {type(error).__name__}")
    if question.is_last and (isinstance(answer, InDoubt) or (question.trade_no and isinstance(answer, Unpaid))):
        async with db.transaction() as tx:
            await raise_alarm(tx, AlarmKind.PAYMENT_UNSETTLED, f"payment:{reference_of(question.attempt_id)}")
