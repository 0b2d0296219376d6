"""Suppliers as staff read them: balance, when they were read last, and what was wrong then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kameng.kernel.database import Connection
from kameng.supply import store


@dataclass(frozen=True)
class SupplierLine:
    """`goods` on sale; `report` of the last read (see `sync_goods`), `error` in it while reading fails."""

    id: int
    code: str
    name: str
    protocol: str
    enabled: bool
    position: int
    calls_at_once: int
    balance_fen: int | None
    balance_at: datetime | None
    balance_low_fen: int
    synced_at: datetime | None
    sync_failures: int
    report: Mapping[str, Any]
    goods: int


async def list_suppliers(connection: Connection) -> list[SupplierLine]:
    """All of them, whether their configuration can be used or not."""
    return [SupplierLine(**dict(row)) for row in await store.listed(connection)]
