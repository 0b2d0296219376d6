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


@dataclass(frozen=True)
class Job:
    """A job by name and body. Bodies are idempotent; what a spent retry budget ends in stands beside the body.

    `body` is called with the worker's own tools first and the payload's values by keyword.
    """

    name: str
    body: Callable[..., Awaitable[None]]

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
