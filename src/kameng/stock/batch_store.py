"""SQL of batches and of what they bring in. Private to this package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.stock.card import Batch, BatchState, FileKind, Reason, RefusedLine
from kameng.stock.store import changed

_COLUMNS = """id, sku_id, source, state, upload_kind, lines_total, lines_read, imported, refused, refused_reasons,
    refused_lines, failure, staff_id, created_at, finished_at"""

# The one look across to the catalogue: which codes this product takes. Passing it in from every surface would let one
# of them forget; catalogue itself stays unknown here.
CODE_RULES = "SELECT code_format, code_keeps_case FROM products WHERE id = (SELECT product_id FROM skus WHERE id = $1)"

NEXT_ID = "SELECT nextval(pg_get_serial_sequence('card_batches', 'id'))::integer"

INSERT = """
INSERT INTO card_batches (id, sku_id, source, key_id, wrapped_key, state, content_index, upload_sealed, upload_kind,
                          staff_id, created_at)
OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9, $10)
"""

FIND = f"SELECT {_COLUMNS} FROM card_batches WHERE id = $1"  # noqa: S608 - a constant

LATEST = f"""
SELECT {_COLUMNS} FROM card_batches WHERE $1::integer IS NULL OR sku_id = $1 ORDER BY id DESC LIMIT $2
"""  # noqa: S608 - a constant

WRAPPED_KEY = "SELECT wrapped_key FROM card_batches WHERE id = $1"

UPLOAD = "SELECT upload_sealed FROM card_batches WHERE id = $1"

CUT_SHORT = """
SELECT id FROM card_batches
WHERE sku_id = $1 AND content_index = $2 AND upload_sealed IS NULL AND state IN ('waiting', 'importing')
ORDER BY id LIMIT 1
"""

STAGED = "SELECT id FROM card_batches WHERE state IN ('waiting', 'importing') AND upload_sealed IS NOT NULL"

BEGIN = """
UPDATE card_batches SET state = 'importing', lines_total = $2 WHERE id = $1 AND state IN ('waiting', 'importing')
"""

# Compare-and-set on the line reached: of two workers at one batch only one gets on, the other stops.
CLAIM_LINES = "UPDATE card_batches SET lines_read = $3 WHERE id = $1 AND lines_read = $2 AND state = 'importing'"

# In the order of the unique index: two imports of overlapping files meet their common codes in the same order, so
# neither can wait for the other in a circle.
INSERT_CARDS = """
INSERT INTO cards (sku_id, batch_id, slot, state, code_sealed, blind_index, tail_index, expires_on)
SELECT $1, $2, new.slot, 'available', new.code_sealed, new.blind_index, new.tail_index, new.expires_on
FROM unnest($3::integer[], $4::bytea[], $5::bytea[], $6::bigint[], $7::date[])
     AS new (slot, code_sealed, blind_index, tail_index, expires_on)
ORDER BY new.blind_index
ON CONFLICT (blind_index) DO NOTHING
RETURNING blind_index
"""

INSERT_TAKEN_IN = """
INSERT INTO card_batches (id, sku_id, source, key_id, wrapped_key, state, content_index, upload_kind, lines_total,
                          lines_read, imported, refused, cost_fen, created_at, finished_at)
OVERRIDING SYSTEM VALUE
VALUES ($1, $2, $3, $4, $5, 'imported', $6, 'supplier', $7, $7, $8, $7::int - $8::int, $9, $10, $10)
"""

TAKE_IN = """
INSERT INTO cards (sku_id, batch_id, slot, state, order_id, code_sealed, blind_index, tail_index, expires_on)
SELECT $1, $2, new.slot, CASE WHEN new.order_id IS NULL THEN 'available' ELSE 'sold' END, new.order_id,
       new.code_sealed, new.blind_index, new.tail_index, new.expires_on
FROM unnest($3::bigint[], $4::integer[], $5::bytea[], $6::bytea[], $7::bigint[], $8::date[])
     AS new (order_id, slot, code_sealed, blind_index, tail_index, expires_on)
ORDER BY new.blind_index
ON CONFLICT (blind_index) DO NOTHING
RETURNING order_id
"""

STORED = "SELECT blind_index, batch_id FROM cards WHERE blind_index = ANY ($1)"

COUNT_LINES = """
UPDATE card_batches SET imported = imported + $2, refused = $3, refused_reasons = $4, refused_lines = $5 WHERE id = $1
"""

COUNT_IMPORTED = "UPDATE card_batches SET imported = imported + $2 WHERE id = $1"

FINISH = """
UPDATE card_batches SET state = 'imported', lines_read = lines_total, upload_sealed = NULL, finished_at = $3
WHERE id = $1 AND lines_read = $2 AND state = 'importing'
"""

FAIL = """
UPDATE card_batches SET state = 'failed', failure = $2, upload_sealed = NULL, finished_at = $3
WHERE id = $1 AND state IN ('waiting', 'importing')
"""

LOCK_OLD_KEYS = """
SELECT id, wrapped_key FROM card_batches WHERE key_id <> $1 ORDER BY id LIMIT $2 FOR UPDATE
"""

REWRAP = "UPDATE card_batches SET key_id = $2, wrapped_key = $3 WHERE id = $1"


@dataclass(frozen=True)
class NewBatch:
    """A batch about to be written, its key already wrapped and its upload, if any, already sealed."""

    id: int
    sku_id: int
    source: str
    key_id: str
    wrapped_key: bytes
    content_index: bytes
    upload_sealed: bytes | None
    kind: FileKind
    staff_id: int | None


@dataclass(frozen=True)
class NewCards:
    """Cards about to be stored; the lists run in parallel. `expiries` is None when none of them expires."""

    sku_id: int
    batch_id: int
    slots: Sequence[int]
    codes_sealed: Sequence[bytes]
    blind_indexes: Sequence[bytes]
    tail_indexes: Sequence[int]
    expiries: Sequence[date | None] | None


def _batch(row: asyncpg.Record) -> Batch:
    return Batch(
        **{name: value for name, value in row.items() if name != "upload_kind"}
        | {
            "state": BatchState(row["state"]),
            "kind": FileKind(row["upload_kind"]),
            "refused_reasons": {Reason(reason): count for reason, count in row["refused_reasons"].items()},
            "refused_lines": [RefusedLine(r["line"], Reason(r["reason"])) for r in row["refused_lines"]],
        }
    )


async def code_rules(connection: Connection, sku_id: int) -> tuple[str | None, bool] | None:
    """The product's code_format and code_keeps_case; None when there is no such sku."""
    row = await connection.fetchrow(CODE_RULES, sku_id)
    return (row["code_format"], row["code_keeps_case"]) if row else None


async def next_id(tx: Transaction) -> int:
    """Known before the row is written, because the batch's key is bound to it."""
    batch_id: int = await tx.connection.fetchval(NEXT_ID)
    return batch_id


async def insert(tx: Transaction, new: NewBatch) -> None:
    await tx.connection.execute(
        INSERT, new.id, new.sku_id, new.source, new.key_id, new.wrapped_key, new.content_index,
        new.upload_sealed, new.kind, new.staff_id, tx.now,
    )  # fmt: skip


async def find(connection: Connection, batch_id: int) -> Batch | None:
    row = await connection.fetchrow(FIND, batch_id)
    return _batch(row) if row else None


async def latest(connection: Connection, *, sku_id: int | None, at_most: int) -> list[Batch]:
    return [_batch(row) for row in await connection.fetch(LATEST, sku_id, at_most)]


async def wrapped_key(connection: Connection, batch_id: int) -> bytes:
    wrapped: bytes = await connection.fetchval(WRAPPED_KEY, batch_id)
    return wrapped


async def upload_sealed(connection: Connection, batch_id: int) -> bytes | None:
    sealed: bytes | None = await connection.fetchval(UPLOAD, batch_id)
    return sealed


async def cut_short(connection: Connection, sku_id: int, content_index: bytes) -> int | None:
    """The batch of an import from a file with this content that never ended."""
    batch_id: int | None = await connection.fetchval(CUT_SHORT, sku_id, content_index)
    return batch_id


async def staged(tx: Transaction) -> list[int]:
    return [row["id"] for row in await tx.connection.fetch(STAGED)]


async def begin(tx: Transaction, batch_id: int, *, lines_total: int) -> bool:
    """False when the batch is imported or failed already."""
    return changed(await tx.connection.execute(BEGIN, batch_id, lines_total)) == 1


async def claim_lines(tx: Transaction, batch_id: int, *, after: int, up_to: int) -> bool:
    """False when somebody else has gone past `after`."""
    return changed(await tx.connection.execute(CLAIM_LINES, batch_id, after, up_to)) == 1


async def insert_cards(tx: Transaction, new: NewCards) -> set[bytes]:
    """The blind indexes of those that were stored; the others' codes are in the vault already."""
    rows = await tx.connection.fetch(
        INSERT_CARDS, new.sku_id, new.batch_id, new.slots, new.codes_sealed, new.blind_indexes, new.tail_indexes,
        new.expiries,
    )  # fmt: skip
    return {row[0] for row in rows}


async def insert_taken_in(tx: Transaction, new: NewBatch, *, brought: int, kept: int, cost_fen: int | None) -> None:
    await tx.connection.execute(
        INSERT_TAKEN_IN, new.id, new.sku_id, new.source, new.key_id, new.wrapped_key, new.content_index, brought, kept,
        cost_fen, tx.now,
    )  # fmt: skip


async def take_in(tx: Transaction, new: NewCards, *, order_ids: Sequence[int | None]) -> list[int | None]:
    """Each card for its order, None for sale; those of the cards that were not in the vault yet."""
    rows = await tx.connection.fetch(
        TAKE_IN, new.sku_id, new.batch_id, order_ids, new.slots, new.codes_sealed, new.blind_indexes, new.tail_indexes,
        new.expiries,
    )  # fmt: skip
    return [row[0] for row in rows]


async def stored(connection: Connection, blind_indexes: Sequence[bytes]) -> Mapping[bytes, int]:
    """Of these, the ones in the vault, each with its batch."""
    return {row["blind_index"]: row["batch_id"] for row in await connection.fetch(STORED, blind_indexes)}


async def count_lines(
    tx: Transaction, batch_id: int, *, imported: int, reasons: Mapping[Reason, int], lines: Sequence[RefusedLine]
) -> None:
    """`imported` more; `reasons` and `lines` are the whole batch's."""
    await tx.connection.execute(
        COUNT_LINES, batch_id, imported, sum(reasons.values()), dict(reasons),
        [{"line": refused.line, "reason": refused.reason} for refused in lines],
    )  # fmt: skip


async def count_imported(tx: Transaction, batch_id: int, imported: int) -> None:
    await tx.connection.execute(COUNT_IMPORTED, batch_id, imported)


async def finish(tx: Transaction, batch_id: int, *, after: int) -> bool:
    return changed(await tx.connection.execute(FINISH, batch_id, after, tx.now)) == 1


async def fail(tx: Transaction, batch_id: int, failure: str) -> None:
    await tx.connection.execute(FAIL, batch_id, failure, tx.now)


async def lock_old_keys(tx: Transaction, current: str, *, at_most: int) -> list[tuple[int, bytes]]:
    rows = await tx.connection.fetch(LOCK_OLD_KEYS, current, at_most)
    return [(row["id"], row["wrapped_key"]) for row in rows]


async def rewrap(tx: Transaction, batch_id: int, *, key_id: str, wrapped: bytes) -> None:
    await tx.connection.execute(REWRAP, batch_id, key_id, wrapped)
