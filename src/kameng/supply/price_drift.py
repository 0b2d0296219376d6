"""A supplier's price has gone away from what was agreed: its route stops, and goes on when the price comes back."""

from kameng.kernel.database import Transaction
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.supply import route_store

#: Why a route stopped by itself. Anything else in `stopped_because` is a person's doing and is left alone.
PRICE_DRIFT = "price_drift"
ABOVE_LOSS_GUARD = "above_loss_guard"


async def check_drift(tx: Transaction, supplier_id: int) -> int:
    """Stop the supplier's routes whose goods have become too dear, and let those go on that have not; how many stopped.

    Too dear: more than `drift_max_percent` above the agreed price, or above the most that one piece may cost. An alarm
    for each that stops.
    """
    stopped = 0
    for row in await route_store.follow_prices(tx, supplier_id):
        if row["stopped_because"] is None:
            continue
        stopped += 1
        await raise_alarm(
            tx, AlarmKind.PRICE_DRIFT, f"route:{row['id']}", reason=row["stopped_because"], sku=row["sku_id"],
            supplier=row["supplier_code"], goods=row["goods"], price_fen=row["price_fen"],
            before_fen=row["agreed_price_fen"],
        )  # fmt: skip
    return stopped
