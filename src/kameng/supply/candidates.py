"""How things stand with every route of a sku, at this moment."""

from collections.abc import Mapping

from kameng.kernel.database import Transaction
from kameng.supply import routing_store
from kameng.supply.route import Candidate, OpenTrouble, route_of


async def find_candidates(
    tx: Transaction,
    sku_id: int,
    *,
    operator: str | None,
    province: str | None,
    medians_s: Mapping[int, float],
) -> list[Candidate]:
    """All routes, with price, stock and the troubles that touch such an order. `medians_s`: by supplier, how long a
    delivery takes there."""
    rows = await routing_store.candidates(tx.connection, sku_id, operator=operator, province=province, now=tx.now)
    return [
        Candidate(
            route=route_of(dict(row)),
            price_fen=row["price_fen"],
            stock=row["stock"],
            on_sale=row["on_sale"],
            known=row["known"],
            quantity_min=row["quantity_min"],
            quantity_max=row["quantity_max"],
            troubles=tuple(OpenTrouble(*trouble) for trouble in row["troubles"]),
            median_s=medians_s.get(row["supplier_id"]),
        )
        for row in rows
    ]


async def claim_probe(tx: Transaction, trouble_id: int) -> bool:
    """Whether this order is the one that looks into the trouble; False when another one is on its way."""
    return await routing_store.claim_probe(tx, trouble_id)
