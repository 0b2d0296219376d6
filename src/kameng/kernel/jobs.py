"""Jobs are rows written by the transaction that causes them, so neither can be lost without the other."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

if TYPE_CHECKING:
    from kameng.kernel.database import Transaction


Body = Callable[..., Awaitable[object]]
"""What a job does, its tools already bound."""


@dataclass(frozen=True)
class Job:
    """A job by name. Its body stands in the step's `jobs.py`, is called with the payload's values by keyword, and is
    idempotent; a worker that gives up on it raises an alarm."""

    name: str

    async def defer(self, tx: "Transaction", *, after: timedelta | None = None, **payload: Any) -> None:
        """Leave this job behind in the caller's transaction. A second one with the same payload is one too many."""
        data = msgspec.json.encode(payload)
        queries = Queries(AsyncpgDriver(tx.connection))  # type: ignore[arg-type]
        await queries.enqueue(
            self.name,
            data,
            execute_after=after,
            dedupe_key=f"{self.name}:{data.decode()}",
            on_conflict="skip",
        )


def payload_of(data: bytes | None) -> Mapping[str, Any]:
    """The keyword arguments a job was left with."""
    payload: Mapping[str, Any] = msgspec.json.decode(data or b"{}")
    return payload
