"""A member of staff has a supplier asked for something: intend → call → record, as everywhere."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

import structlog

from kameng.fulfilment import store
from kameng.fulfilment.attempt import AskedBy, Attempt
from kameng.fulfilment.decide_attempt import AttemptMissing
from kameng.fulfilment.told import WORDS_MAX, plain
from kameng.kernel.database import Database
from kameng.supply.answer import InDoubt
from kameng.supply.suppliers import Source

log = structlog.get_logger()

#: Somebody sits before the page and waits.
CALL_MAX = timedelta(seconds=25)
#: What an answer is called that is our own: the call is about to be made.
INTENDED = "intended"

AnswerT = TypeVar("AnswerT")


async def attempt_with(db: Database, attempt_id: int) -> Attempt:
    """Raises AttemptMissing."""
    async with db.reading() as connection:
        attempt = await store.find_attempt(connection, attempt_id)
    if attempt is None:
        raise AttemptMissing
    return attempt


async def note_said(db: Database, attempt: Attempt, *, asked_by: AskedBy, said: str, words: str) -> None:
    """Beside what is known; the attempt stays as it is."""
    async with db.transaction() as tx:
        await store.note_answer(tx, attempt.id, asked_by=asked_by, said=said, words=plain(words, WORDS_MAX))


async def answered(call: Awaitable[AnswerT], source: Source, attempt: Attempt) -> AnswerT | InDoubt:
    """What breaks or hangs is in doubt."""
    try:
        async with asyncio.timeout(CALL_MAX.total_seconds()):
            return await call
    except TimeoutError:
        return InDoubt("no answer in time")
    except Exception as error:
        log.exception("supplier.broken", supplier=source.code, number=attempt.number)
        return InDoubt(f"broken on our side: {type(error).__name__}")
