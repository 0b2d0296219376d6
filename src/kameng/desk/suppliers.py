"""How suppliers have done in the last day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kameng.desk import delivery_store
from kameng.kernel.database import Connection, Database

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SupplierDay:
    """`ended` attempts came to an end within a day, `delivered` of them with something; `median_s` of those that
    delivered all, from the call to the end. `under_way` and `in_doubt` at this moment."""

    ended: int = 0
    delivered: int = 0
    median_s: float | None = None
    under_way: int = 0
    in_doubt: int = 0

    @property
    def percent(self) -> float | None:
        """None when nothing has ended."""
        return 100 * self.delivered / self.ended if self.ended else None


async def supplier_days(db: Database) -> dict[int, SupplierDay]:
    """By supplier; one of which nothing is known is missing."""
    parts: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    async with db.reading() as connection:
        await _add(connection, parts, delivery_store.SUPPLIERS_SETTLED, db.clock.now() - A_DAY)
        await _add(connection, parts, delivery_store.SUPPLIERS_UNDER_WAY)
    return {supplier_id: SupplierDay(**part) for supplier_id, part in parts.items()}


async def _add(
    connection: Connection, parts: defaultdict[int, dict[str, Any]], statement: str, *values: object
) -> None:
    for row in await connection.fetch(statement, *values):
        told = dict(row)
        parts[told.pop("supplier_id")] |= told
