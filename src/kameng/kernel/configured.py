"""Other parties that are configured by a row: a sealed configuration, turned into an adapter by the row's protocol."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec
import structlog

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Database

log = structlog.get_logger()

REREAD_AFTER = timedelta(seconds=5)

AdapterT = TypeVar("AdapterT")
PartyT = TypeVar("PartyT")

Maker = Callable[[Mapping[str, str]], AdapterT]


def seal_config(keyring: Keyring, config: Mapping[str, str], *, purpose: str, code: str) -> bytes:
    """Bound to the party's code: under another name it can't be opened."""
    return keyring.seal(msgspec.json.encode(config), purpose=purpose, bound_to=code.encode())


def unseal_config(keyring: Keyring, sealed: bytes, *, purpose: str, code: str) -> dict[str, str]:
    """Raises Unreadable."""
    plain = keyring.unseal(sealed, purpose=purpose, bound_to=code.encode())
    return msgspec.json.decode(plain, type=dict[str, str])


class Configured(Generic[AdapterT, PartyT]):
    """All parties of a kind, read again every few seconds so that a change in the console reaches every process.

    `read` gives rows with at least id, code, protocol and config_sealed; `party` joins a row with its adapter.
    """

    def __init__(
        self,
        db: Database,
        keyring: Keyring,
        makers: Mapping[str, Maker[AdapterT]],
        *,
        purpose: str,
        read: Callable[[Connection], Awaitable[list[asyncpg.Record]]],
        party: Callable[[Mapping[str, Any], AdapterT], PartyT],
    ) -> None:
        self._db = db
        self._keyring = keyring
        self._makers = makers
        self._purpose = purpose
        self._read = read
        self._party = party
        self._adapters: dict[bytes, AdapterT] = {}
        self._parties: dict[int, PartyT] = {}
        self._read_at: datetime | None = None

    async def by_id(self) -> Mapping[int, PartyT]:
        """Every party whose configuration can be used, in the order of the rows."""
        now = self._db.clock.now()
        if self._read_at is None or now - self._read_at >= REREAD_AFTER:
            async with self._db.reading() as connection:
                rows = await self._read(connection)
            adapters = {row["config_sealed"]: adapter for row in rows if (adapter := self._adapter(row)) is not None}
            self._parties = {
                row["id"]: self._party(dict(row), adapters[row["config_sealed"]])
                for row in rows
                if row["config_sealed"] in adapters
            }
            self._adapters = adapters
            self._read_at = now
        return self._parties

    def _adapter(self, row: asyncpg.Record) -> AdapterT | None:
        """None for a row that can't be used: the other parties go on without it."""
        known = self._adapters.get(row["config_sealed"])
        if known is not None:
            return known
        try:
            config = unseal_config(self._keyring, row["config_sealed"], purpose=self._purpose, code=row["code"])
            return self._makers[row["protocol"]](config)
        except Exception:
            log.exception("configuration.unusable", purpose=self._purpose, code=row["code"])
            return None
