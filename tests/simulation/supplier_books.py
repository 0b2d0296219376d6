"""At the end: the suppliers' books beside ours, one by one."""

from collections import Counter, defaultdict

from kameng.orders.number import OrderId
from tests.simulation.supplied import SuppliedWorld
from tests.simulation.suppliers import Purchase, State

ATTEMPTS = """
SELECT a.number, s.code, a.state, a.asked_for, a.delivered, a.cost_fen, a.refund_fen, a.order_id, a.delivery_id,
       EXISTS (SELECT FROM attempt_answers w WHERE w.attempt_id = a.id AND w.asked_by = 'staff') AS by_staff
FROM delivery_attempts a JOIN suppliers s ON s.id = a.supplier_id ORDER BY a.id
"""
DELIVERIES = """
SELECT d.id, d.order_id, d.owed, d.delivered, d.state, o.state AS order_state FROM deliveries d
LEFT JOIN orders o ON o.id = d.order_id
"""
CARDS = (
    "SELECT count(*) AS cards FROM cards WHERE batch_id IN (SELECT id FROM card_batches WHERE upload_kind = 'supplier')"
)
ALARMED = "SELECT subject FROM alarms WHERE kind = 'delivery_stuck'"


Rows = list[dict[str, object]]


async def supplier_differences(supplied: SuppliedWorld) -> list[str]:
    """Everything in which a supplier's books and ours disagree."""
    rows = await supplied.world.shop.rows(ATTEMPTS)
    moody = supplied.moody.items()
    found = [f"{code}: {number} was placed twice" for code, one in moody for number in one.placed_twice]
    ours = {(str(row["code"]), str(row["number"])) for row in rows}
    theirs = {(code, number) for code, one in moody for number in one.purchases}
    found += [f"they have {one}, we don't" for one in theirs - ours]
    for row in rows:
        purchase = supplied.moody[str(row["code"])].purchases.get(str(row["number"]))
        found += [f"{row['code']} {row['number']}: {what}" for what in _compare(row, purchase)]
    return found + await _deliveries(supplied, rows) + await _codes(supplied)


def _compare(row: dict[str, object], purchase: Purchase | None) -> list[str]:
    """One attempt and what truly became of it."""
    if purchase is None:
        return [] if row["delivered"] == 0 and row["state"] in {"failed", "refused"} else [f"never ordered: {row}"]
    asked_for = int(str(row["asked_for"]))
    arrived = min(purchase.fresh if purchase.codes else purchase.delivered, asked_for)
    found = []
    if row["delivered"] != arrived:
        found.append(f"delivered {arrived} of {asked_for}, we say {row['delivered']} ({row['state']})")
    if purchase.state is State.RUNNING or row["state"] not in {"delivered", "partly", "failed"}:
        found.append(f"there {purchase.state}, here {row['state']}")
    if row["cost_fen"] != purchase.cost_fen and not (row["by_staff"] and row["cost_fen"] is None):
        found.append(f"cost {purchase.cost_fen}, we say {row['cost_fen']}")
    refund_fen = int(str(row["refund_fen"] or 0))
    if refund_fen != purchase.refund_fen and not row["by_staff"]:
        found.append(f"refunded {purchase.refund_fen}, we say {row['refund_fen']}")
    return found


async def _deliveries(supplied: SuppliedWorld, attempts: Rows) -> list[str]:
    """What arrived for each order, by the suppliers' own books, is all of it or, where the money went back, none."""
    arrived: defaultdict[object, int] = defaultdict(int)
    for row in attempts:
        purchase = supplied.moody[str(row["code"])].purchases.get(str(row["number"]))
        if purchase is not None:
            most = int(str(row["asked_for"]))
            arrived[row["delivery_id"]] += min(purchase.fresh if purchase.codes else purchase.delivered, most)
    found = []
    alarmed = {row["subject"] for row in await supplied.world.shop.rows(ALARMED)}
    for row in await supplied.world.shop.rows(DELIVERIES):
        there, owed = arrived[row["id"]], int(str(row["owed"]))
        if row["state"] == "done" and there == owed and row["order_state"] in {None, "delivered"}:
            continue
        if row["state"] == "given_up" and row["order_id"] is None:
            continue
        refunded = row["state"] == "given_up" and row["order_state"] == "refunded"
        if refunded and (there == 0 or f"order:{row['order_id']}" in alarmed):
            continue
        found.append(f"{there} of {owed} arrived for {row}")
    return found


async def _codes(supplied: SuppliedWorld) -> list[str]:
    """Every code they handed out is in the vault, once."""
    handed: Counter[str] = Counter()
    for one in supplied.moody.values():
        for purchase in one.purchases.values():
            handed.update(set(purchase.codes))
    [row] = await supplied.world.shop.rows(CARDS)
    return [] if row["cards"] == len(handed) else [f"{len(handed)} codes handed out, {row['cards']} in the vault"]


async def made_of(supplied: SuppliedWorld) -> dict[str, object]:
    """What the run was made of."""
    did: Counter[str] = sum((one.did for one in supplied.moody.values()), Counter())
    purchases = Counter(str(p.state) for one in supplied.moody.values() for p in one.purchases.values())
    attempts = Counter(str(row["state"]) for row in await supplied.world.shop.rows(ATTEMPTS))
    return {"did": dict(did), "purchases": dict(purchases), "attempts": dict(attempts)}


def order_of(row: dict[str, object]) -> OrderId:
    return OrderId(int(str(row["order_id"])))
