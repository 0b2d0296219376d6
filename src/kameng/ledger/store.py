"""SQL of the ledger. Private to this package."""

from collections.abc import Sequence

import asyncpg

from kameng.kernel.database import Connection, Transaction
from kameng.ledger.entry import MAY_GO_BELOW_ZERO, SHARED, AccountKind, Entry, OrderEntry

OPEN_ACCOUNTS = """
INSERT INTO ledger_accounts (kind, owner, may_go_below_zero, keeps_balance)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::boolean[])
ON CONFLICT (owner, kind, currency) DO NOTHING
"""

# In order of their ids, so that no two entries ever wait for each other in a circle.
LOCK_ACCOUNTS = """
SELECT a.id, a.kind, a.owner, a.balance_fen, a.may_go_below_zero
FROM ledger_accounts a
WHERE a.owner = ANY ($2::bigint[])
  AND (a.kind, a.owner) IN (SELECT * FROM unnest($1::text[], $2::bigint[])) AND a.currency = 'CNY'
ORDER BY a.id FOR UPDATE
"""

INSERT_ENTRY = """
INSERT INTO ledger_entries (kind, reference, reason, actor_kind, actor_id, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (reference) DO NOTHING RETURNING id
"""

IS_ENTERED = "SELECT true FROM ledger_entries WHERE reference = $1"

# Compare-and-set: a balance that is not what was read under the lock is written by nobody.
WRITE_POSTINGS = """
WITH moved AS (
    UPDATE ledger_accounts a SET balance_fen = a.balance_fen + p.amount_fen
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS p (account_id, amount_fen, balance_fen)
    WHERE a.id = p.account_id AND a.balance_fen = p.balance_fen
    RETURNING a.id, p.amount_fen, a.balance_fen
)
INSERT INTO ledger_postings (entry_id, account_id, amount_fen, balance_after_fen)
SELECT $1, id, amount_fen, balance_fen FROM moved
"""

# One round trip, and no lock that two buyers could meet at. Nothing is written unless every account is there.
ENTER = """
WITH lines AS (
    SELECT a.id AS account_id, l.order_id, l.amount_fen
    FROM unnest($7::text[], $8::bigint[], $9::bigint[], $10::bigint[]) AS l (kind, owner, order_id, amount_fen)
    JOIN ledger_accounts a ON a.kind = l.kind AND a.owner = l.owner
    WHERE a.owner = ANY ($8) AND a.currency = 'CNY' AND NOT a.keeps_balance
), entry AS (
    INSERT INTO ledger_entries (kind, reference, reason, actor_kind, actor_id, at)
    SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM lines) = cardinality($7)
    ON CONFLICT (reference) DO NOTHING RETURNING id
)
INSERT INTO ledger_postings (entry_id, account_id, order_id, amount_fen)
SELECT entry.id, lines.account_id, lines.order_id, lines.amount_fen FROM entry, lines
"""

OF_ORDER = """
SELECT a.kind, sum(p.amount_fen)::bigint AS fen
FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id
WHERE p.order_id = $1 AND p.order_id <> 0 GROUP BY a.kind
"""

BALANCE = """
SELECT balance_fen FROM ledger_accounts WHERE owner = $2 AND kind = $1 AND currency = 'CNY'
"""


async def open_accounts(tx: Transaction, kinds: Sequence[AccountKind], owners: Sequence[int]) -> None:
    below_zero, keeps = [kind in MAY_GO_BELOW_ZERO for kind in kinds], [kind not in SHARED for kind in kinds]
    await tx.connection.execute(OPEN_ACCOUNTS, list(kinds), list(owners), below_zero, keeps)


async def lock_accounts(tx: Transaction, kinds: Sequence[str], owners: Sequence[int]) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await tx.connection.fetch(LOCK_ACCOUNTS, list(kinds), list(owners))
    return rows


async def insert_entry(tx: Transaction, entry: Entry) -> int | None:
    """None when its reference was entered before."""
    entry_id: int | None = await tx.connection.fetchval(
        INSERT_ENTRY, entry.kind, entry.reference, entry.reason, entry.actor_kind, entry.actor_id, tx.now
    )
    return entry_id


async def is_entered(tx: Transaction, reference: str) -> bool:
    return await tx.connection.fetchval(IS_ENTERED, reference) is not None


async def write_postings(
    tx: Transaction, entry_id: int, account_ids: Sequence[int], amounts: Sequence[int], balances: Sequence[int]
) -> bool:
    """`balances` are those before. False when one of them has changed."""
    written: str = await tx.connection.execute(
        WRITE_POSTINGS, entry_id, list(account_ids), list(amounts), list(balances)
    )
    return written == f"INSERT 0 {len(account_ids)}"


async def enter(tx: Transaction, entry: OrderEntry) -> bool:
    """False when it was entered before, or an account is missing."""
    lines = entry.lines
    written: str = await tx.connection.execute(
        ENTER, entry.kind, entry.reference, entry.reason, entry.actor_kind, entry.actor_id, tx.now,
        [line.account.kind for line in lines], [line.account.owner for line in lines],
        [line.order_id for line in lines], [line.amount_fen for line in lines],
    )  # fmt: skip
    return written == f"INSERT 0 {len(lines)}"


async def of_order(tx: Transaction, order_id: int) -> dict[AccountKind, int]:
    return {AccountKind(row["kind"]): row["fen"] for row in await tx.connection.fetch(OF_ORDER, order_id)}


async def balance(connection: Connection, kind: str, owner: int) -> int | None:
    fen: int | None = await connection.fetchval(BALANCE, kind, owner)
    return fen
