"""What was heard about an attempt is written down whatever it takes: some answers are given only once."""

import asyncio

import asyncpg
import structlog

from kameng.fulfilment.attempt import Answer, Attempt
from kameng.fulfilment.settle import settle
from kameng.fulfilment.told import Heard
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.supply.answer import InDoubt
from kameng.supply.suppliers import Source

log = structlog.get_logger()

PAUSES_S = (0.1, 0.5, 2.0)
#: Troubles of the database's that pass, a circle of locks among them.
_PASSING = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)


async def record(
    *, db: Database, keyring: Keyring, source: Source | None, attempt: Attempt, answer: Answer, heard: Heard
) -> None:
    """Settle, again while the database is in trouble. An answer that can't be written down is in doubt: it is asked
    about again, and in time a person is told."""
    for pause_s in PAUSES_S:
        try:
            await settle(db=db, keyring=keyring, source=source, attempt=attempt, answer=answer, heard=heard)
        except _PASSING as error:
            log.warning("answer.not_recorded_yet", number=attempt.number, error=type(error).__name__)
            await asyncio.sleep(pause_s)
        except Exception as error:
            log.exception("answer.unrecordable", number=attempt.number)
            answer = InDoubt(f"can't be recorded: {type(error).__name__}")
        else:
            return
    await settle(db=db, keyring=keyring, source=source, attempt=attempt, answer=answer, heard=heard)
