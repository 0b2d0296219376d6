"""SQL of what can be delivered now, and of the pieces promised of it. Private to this package."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kameng.kernel.clock import SHANGHAI
from kameng.kernel.database import Connection, Transaction
from kameng.supply.store import changed

# The first of PostgreSQL's two advisory numbers: "supp"; the second is the sku.
LOCK_CLASS = 0x73757070

# What a supplier who doesn't run out, or doesn't tell, can deliver.
PLENTY = 1_000_000

# The open routes of one sku at a moment ($1), at a minute of Shanghai's day ($2), by what was seen since $3, for an
# operator ($4) and a province ($5; NULL is any). A supplier in trouble counts again when it is due to be tried.
_OPEN_ROUTES = """
    FROM routes r
    JOIN suppliers u ON u.id = r.supplier_id
    JOIN supplier_goods g ON g.supplier_id = r.supplier_id AND g.number = r.goods
    WHERE r.sku_id = s.id AND r.enabled AND r.stopped_because IS NULL AND u.enabled
      AND g.on_sale AND greatest(g.seen_at, u.synced_at) >= $3
      AND g.price_fen <= coalesce(r.cost_max_fen, s.price_fen * r.face_fen / s.face_fen, s.price_fen)
      AND g.quantity_min <= greatest(coalesce(s.face_fen / r.face_fen, 1), 1)
      AND (r.open_from IS NULL
           OR CASE WHEN r.open_from <= r.open_to THEN $2::integer >= r.open_from AND $2::integer < r.open_to
                   ELSE $2::integer >= r.open_from OR $2::integer < r.open_to END)
      AND ($4::text IS NULL OR r.operators = '{}' OR $4 = ANY (r.operators))
      AND NOT EXISTS (
          SELECT FROM troubles t
          WHERE t.supplier_id = r.supplier_id AND t.closed_at IS NULL AND t.kind IN ('failing', 'silent')
            AND t.operator IN ('', coalesce($4, '')) AND t.province IN ('', coalesce($5, ''))
            AND t.probe_at > $1)
"""

_CAPACITY = f"""
coalesce((
    SELECT sum(coalesce(g.stock::bigint * r.face_fen / s.face_fen, g.stock::bigint, {PLENTY}))
    {_OPEN_ROUTES}
), 0)
"""

_HELD = """
coalesce((SELECT sum(h.quantity) FROM supply_holds h WHERE h.sku_id = s.id AND h.until > $1), 0)
"""

AVAILABLE = f"""
SELECT s.id AS sku_id, least(greatest({_CAPACITY} - {_HELD}, 0), $7)::integer AS pieces
FROM skus s WHERE s.id = ANY ($6) AND s.filled_by = 'supplier'
"""  # noqa: S608 - constants

# The dearest piece, because any of these routes may be the one that is taken.
FOR_VAULT = f"""
SELECT least(greatest({_CAPACITY} - {_HELD}, 0), {PLENTY})::integer AS pieces,
       (SELECT max(g.price_fen) {_OPEN_ROUTES} AND g.stock IS DISTINCT FROM 0) AS dearest_fen
FROM skus s WHERE s.id = $6
"""  # noqa: S608 - constants

TAKE_TURNS = f"SELECT pg_advisory_xact_lock({LOCK_CLASS}, $1)"

HOLD = f"""
INSERT INTO supply_holds (order_id, sku_id, quantity, until)
SELECT $6, s.id, $8::integer, $9 FROM skus s
WHERE s.id = $7 AND s.filled_by = 'supplier' AND {_CAPACITY} - {_HELD} >= $8::integer
"""  # noqa: S608 - constants

DROP = "DELETE FROM supply_holds WHERE order_id = $1"

DROP_EXPIRED = """
DELETE FROM supply_holds
WHERE order_id = ANY (ARRAY(
    SELECT order_id FROM supply_holds WHERE until <= $1 ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED))
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is asked, and how long ago goods may have been seen to count. `operator`, `province` None: any."""

    now: datetime
    fresh_for: timedelta
    operator: str | None = None
    province: str | None = None

    def values(self) -> tuple[datetime, int, datetime, str | None, str | None]:
        local = self.now.astimezone(SHANGHAI)
        return (self.now, local.hour * 60 + local.minute, self.now - self.fresh_for, self.operator, self.province)


async def available(connection: Connection, sku_ids: Sequence[int], moment: Moment, *, at_most: int) -> dict[int, int]:
    rows = await connection.fetch(AVAILABLE, *moment.values(), sku_ids, at_most)
    return {row["sku_id"]: row["pieces"] for row in rows}


async def for_vault(connection: Connection, sku_id: int, moment: Moment) -> tuple[int, int | None]:
    """How many pieces routes can deliver, and what the dearest costs; (0, None) when there is none."""
    row = await connection.fetchrow(FOR_VAULT, *moment.values(), sku_id)
    assert row is not None, f"no sku {sku_id}"
    return row["pieces"], row["dearest_fen"]


async def take_turns(tx: Transaction, sku_id: int) -> None:
    await tx.connection.execute(TAKE_TURNS, sku_id)


async def hold(tx: Transaction, moment: Moment, *, order_id: int, sku_id: int, quantity: int, until: datetime) -> bool:
    """False when there is not enough."""
    written = await tx.connection.execute(HOLD, *moment.values(), order_id, sku_id, quantity, until)
    return changed(written) == 1


async def drop(tx: Transaction, order_id: int) -> None:
    await tx.connection.execute(DROP, order_id)


async def drop_expired(tx: Transaction, *, at_most: int) -> int:
    return changed(await tx.connection.execute(DROP_EXPIRED, tx.now, at_most))
