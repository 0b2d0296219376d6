"""Dry run: what an import of this file would do, and nothing of it done."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.stock import batch_store
from kameng.stock.card import FileKind, Reason, RefusedLine
from kameng.stock.import_cards import REFUSED_LINES_KEPT, RUN_LINES
from kameng.stock.inspect_lines import inspect_lines
from kameng.stock.lines import CodeFile, open_lines
from kameng.stock.open_batch import code_format_of
from kameng.stock.vault import blind_index_of

_SHORT_BYTES = 8


@dataclass(frozen=True)
class Plan:
    """What would become of the lines; `refused_lines` holds the first thousand."""

    lines_total: int
    importable: int
    refused: int
    refused_reasons: Mapping[Reason, int]
    refused_lines: Sequence[RefusedLine]


async def plan_import(*, db: Database, keyring: Keyring, sku_id: int, file: CodeFile, kind: FileKind) -> Plan:
    """Read and check everything, ask the vault for copies, write nothing.

    Remembers eight bytes a code (some 100 MB a million). Raises SkuMissing, UnsafeFormat, UnreadableFile.
    """
    async with db.reading() as connection:
        code_format = await code_format_of(connection, sku_id)
    source = await asyncio.to_thread(open_lines, file, kind)
    index = blind_index_of(keyring)
    today = db.clock.now().astimezone(SHANGHAI).date()
    reasons: Counter[Reason] = Counter()
    kept: list[RefusedLine] = []
    seen: set[int] = set()
    importable = 0
    while lines := await asyncio.to_thread(lambda: list(islice(source.lines, RUN_LINES))):
        found = await asyncio.to_thread(inspect_lines, lines, code_format=code_format, index=index, on=today)
        async with db.reading() as connection:
            stored = await batch_store.stored(connection, found.blind_indexes)
        refused = found.refused
        for number, blind in zip(found.numbers, found.blind_indexes, strict=True):
            short = int.from_bytes(blind[:_SHORT_BYTES])
            if blind in stored:
                refused.append(RefusedLine(number, Reason.ALREADY_STORED))
            elif short in seen:
                refused.append(RefusedLine(number, Reason.REPEATED_IN_FILE))
            else:
                seen.add(short)
                importable += 1
        reasons.update(line.reason for line in refused)
        kept.extend(sorted(refused, key=lambda line: line.line)[: REFUSED_LINES_KEPT - len(kept)])
    return Plan(source.total, importable, sum(reasons.values()), reasons, kept)
