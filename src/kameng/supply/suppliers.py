"""The configured suppliers 货源: rows in the database, each turned into an adapter by its protocol."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kameng.kernel.configured import Configured
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.supply import store
from kameng.supply.supplier import Supplier, SupplierMaker

PURPOSE_CONFIG = "supplier configuration"


class SupplierUnknown(Refusal):
    code = "supplier_unknown"
    status = 404
    words = Words("没有这个货源")


@dataclass(frozen=True)
class Source:
    """One configured supplier, ready to be called. `calls_at_once`: how many calls it may have in flight."""

    id: int
    code: str
    name: str
    protocol: str
    enabled: bool
    position: int
    calls_at_once: int
    supplier: Supplier


class Suppliers:
    """All sources, read again every few seconds so that a change in the console reaches every process."""

    def __init__(self, db: Database, keyring: Keyring, makers: Mapping[str, SupplierMaker]) -> None:
        self.makers = makers
        #: Questions about goods that are on their way, by what they are about; see `ask_again`.
        self.asking: dict[object, asyncio.Task[None]] = {}
        self._sources = Configured[Supplier, Source](
            db, keyring, makers, purpose=PURPOSE_CONFIG, read=store.suppliers, party=_source
        )

    async def listed(self) -> list[Source]:
        """All sources whose configuration can be used, enabled or not."""
        return list((await self._sources.by_id()).values())

    async def named(self, code: str) -> Source:
        """Enabled or not: a disabled supplier's callbacks still tell the truth. Raises SupplierUnknown."""
        for source in await self.listed():
            if source.code == code:
                return source
        raise SupplierUnknown

    async def with_id(self, supplier_id: int) -> Source:
        """Raises SupplierUnknown."""
        source = (await self._sources.by_id()).get(supplier_id)
        if source is None:
            raise SupplierUnknown
        return source


def _source(row: Mapping[str, Any], supplier: Supplier) -> Source:
    return Source(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        protocol=row["protocol"],
        enabled=row["enabled"],
        position=row["position"],
        calls_at_once=row["calls_at_once"],
        supplier=supplier,
    )
