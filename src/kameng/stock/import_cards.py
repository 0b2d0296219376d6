"""Bring a batch's lines into the vault.

Lines go in by the thousand: while PostgreSQL stores one run, a thread reads, checks and seals the next. A run's cards
and the line reached are written in one transaction. So whoever goes on after a crash, however often, begins at the
first line that is not accounted for: no card enters twice, and none is mistaken for a copy of itself.
"""

import asyncio
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.stock import batch_store
from kameng.stock.card import Batch, Reason, RefusedLine
from kameng.stock.code_format import CodeFormat, UnsafeFormat
from kameng.stock.inspect_lines import Inspected, inspect_lines
from kameng.stock.lines import CodeFile, Line, UnreadableFile, open_lines
from kameng.stock.open_batch import code_format_of
from kameng.stock.vault import BatchKey, blind_index_of, tail_indexes_of

RUN_LINES = 20_000
REFUSED_LINES_KEPT = 1000
_SLOT = struct.Struct(">I12x")

Heard = Callable[[Batch], None]


class ImportTakenOver(Refusal):
    code = "import_taken_over"
    words = Words("另一个进程正在导入同一批卡密")


@dataclass(frozen=True)
class _Run:
    """Some thousands of lines, checked and sealed."""

    inspected: Inspected
    codes_sealed: list[bytes]
    tail_indexes: list[int]
    slots: list[int]


async def import_cards(
    *, db: Database, keyring: Keyring, batch_id: int, file: CodeFile, heard: Heard | None = None
) -> Batch:
    """Import what is left of the batch from `file`; `heard` gets its progress after each run.

    A file or format nobody can read ends as a failed batch, not as an exception. Raises ImportTakenOver when
    somebody else is at the same batch.
    """
    try:
        importing = await _begin(db, keyring, batch_id, file)
    except (UnreadableFile, UnsafeFormat) as refusal:
        async with db.transaction() as tx:
            await batch_store.fail(tx, batch_id, refusal.code)
        return await _found(db, batch_id)
    if importing is None:
        return await _found(db, batch_id)
    run = await asyncio.to_thread(importing.next_run)
    while run is not None:
        following = asyncio.create_task(asyncio.to_thread(importing.next_run))
        try:
            await importing.store(db, run)
        finally:
            run = await following
        if heard:
            heard(await _found(db, batch_id))
    async with db.transaction() as tx:
        if not await batch_store.finish(tx, batch_id, after=importing.lines_read):
            raise ImportTakenOver
    return await _found(db, batch_id)


async def _begin(db: Database, keyring: Keyring, batch_id: int, file: CodeFile) -> "_Import | None":
    """None when there is nothing left to do."""
    batch = await _found(db, batch_id)
    async with db.reading() as connection:
        code_format = await code_format_of(connection, batch.sku_id)
        wrapped = await batch_store.wrapped_key(connection, batch_id)
    source = await asyncio.to_thread(open_lines, file, batch.kind)
    async with db.transaction() as tx:
        if not await batch_store.begin(tx, batch_id, lines_total=source.total):
            return None
    key = BatchKey.unwrapped(keyring, batch_id, wrapped)
    today = db.clock.now().astimezone(SHANGHAI).date()
    return _Import(batch, code_format, keyring, key, source.lines, today)


async def _found(db: Database, batch_id: int) -> Batch:
    async with db.reading() as connection:
        batch = await batch_store.find(connection, batch_id)
    assert batch is not None, f"no batch {batch_id}"
    return batch


class _Import:
    """One import under way: what is read, and what was counted so far."""

    def __init__(
        self, batch: Batch, code_format: CodeFormat, keyring: Keyring, key: BatchKey, lines: Iterator[Line], today: date
    ) -> None:
        self._batch = batch
        self._code_format = code_format
        self._index = blind_index_of(keyring)
        self._tail_indexes = tail_indexes_of(keyring)
        self._key = key
        self._lines = (line for line in lines if line.number > batch.lines_read)
        self._today = today
        self._reasons = Counter(batch.refused_reasons)
        self._refused = list(batch.refused_lines)
        self.lines_read = batch.lines_read

    def next_run(self) -> _Run | None:
        """Runs in a thread."""
        lines = list(islice(self._lines, RUN_LINES))
        if not lines:
            return None
        found = inspect_lines(lines, code_format=self._code_format, index=self._index, on=self._today)
        sealed = self._key.seal_codes(self._batch.sku_id, found.codes, found.blind_indexes)
        # A keyed hash is as random as dice. Taking the slot from it lets both indexes grow in the same order, which
        # makes the import a quarter faster.
        slots = [number >> 1 for (number,) in _SLOT.iter_unpack(b"".join(found.blind_indexes))]
        return _Run(found, sealed, self._tail_indexes(found.codes), slots)

    async def store(self, db: Database, run: _Run) -> None:
        """The run's cards, its refused lines and the line reached, all or nothing."""
        found, batch_id = run.inspected, self._batch.id
        cards = batch_store.NewCards(
            sku_id=self._batch.sku_id,
            batch_id=batch_id,
            slots=run.slots,
            codes_sealed=run.codes_sealed,
            blind_indexes=found.blind_indexes,
            tail_indexes=run.tail_indexes,
            expiries=found.expiries if any(found.expiries) else None,
        )
        async with db.transaction() as tx:
            if not await batch_store.claim_lines(tx, batch_id, after=self.lines_read, up_to=found.last_line):
                raise ImportTakenOver
            stored = await batch_store.insert_cards(tx, cards)
            refused = found.refused
            if len(stored) < len(found.blind_indexes):
                copies = [blind for blind in found.blind_indexes if blind not in stored]
                theirs = await batch_store.stored(tx.connection, copies)
                refused = refused + _copies(found, theirs, batch_id)
            if refused:
                self._keep(refused)
                await batch_store.count_lines(
                    tx, batch_id, imported=len(stored), reasons=self._reasons, lines=self._refused
                )
            else:
                await batch_store.count_imported(tx, batch_id, len(stored))
        self.lines_read = found.last_line

    def _keep(self, refused: list[RefusedLine]) -> None:
        self._reasons.update(line.reason for line in refused)
        room = REFUSED_LINES_KEPT - len(self._refused)
        self._refused.extend(sorted(refused, key=lambda line: line.line)[:room])


def _copies(found: Inspected, batches: Mapping[bytes, int], batch_id: int) -> list[RefusedLine]:
    """Lines whose code the vault has: from further up in this file, or from elsewhere."""
    return [
        RefusedLine(number, Reason.REPEATED_IN_FILE if batches[blind] == batch_id else Reason.ALREADY_STORED)
        for number, blind in zip(found.numbers, found.blind_indexes, strict=True)
        if blind in batches
    ]
