"""One of everything suppliers have to do with, as rows: for doors that only have to lead somewhere."""

from kameng.kernel.database import Database
from kameng.supply.restock import RestockRule, save_rule
from kameng.supply.troubles import Place, TroubleKind, open_trouble
from tests.builders.attempts import Attempts, Ending

_GOODS = """
INSERT INTO supplier_goods (supplier_id, number, name, kind, price_fen, on_sale, first_seen_at, seen_at)
SELECT $1, number, '点卡', 'code', 900, true, $2, $2 FROM unnest('{G,G2}'::text[]) AS number
"""


async def things_of_suppliers(db: Database, sku_id: int, *, code: str = "north") -> dict[str, object]:
    """A supplier, its goods, a `route` of the sku to them, an `attempt` in doubt, a `trouble`, a `rule` (its sku)."""
    attempts = Attempts(db)
    supplier_id = await attempts.supplier(code)
    async with db.transaction() as tx:
        await tx.connection.execute(_GOODS, supplier_id, tx.now)
        await tx.connection.execute("UPDATE skus SET filled_by = 'supplier' WHERE id = $1", sku_id)
        await save_rule(tx, RestockRule(sku_id, 1, 5, 1000))
        trouble_id = await open_trouble(tx, Place(supplier_id, "mobile"), TroubleKind.FAILING, evidence={"why": "试"})
        now = tx.now
    route_id = await attempts.route(sku_id, supplier_id)
    attempt_id = await attempts.attempt(sku_id, supplier_id, now, ending=Ending("in_doubt"))
    return {"route": route_id, "attempt": attempt_id, "trouble": trouble_id, "rule": sku_id}
