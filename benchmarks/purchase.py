"""Purchases over HTTP, from wish to delivered, beside pgbench saying the same to PostgreSQL, taking turns."""

from benchmarks.buying import buy_for, paid_without_cards
from benchmarks.purchase_floor import Script, record_script
from benchmarks.report import Goal, Row
from benchmarks.rounds import CONNECTIONS, Turn, middle_of
from benchmarks.stage import Shop, Stage

GOAL = Goal(0.25)
NONE_LOST = Goal(0, at_most=True, of="value")


def run(stage: Stage) -> list[Row]:
    shop = stage.shop()
    assert shop.known, "a shop with a past"
    script = record_script(shop)
    rows = []
    for buyers in CONNECTIONS:
        best = middle_of(shop.size.rounds, lambda buyers=buyers: _turn(shop, script, buyers))  # type: ignore[misc]
        rows.append(Row("purchase", f"c={buyers}", best.value.per_s, "/s", best.floor_per_s,
                        "/s pgbench, same statements", GOAL, best.facts()))  # fmt: skip
    lost = paid_without_cards(shop.url)
    rows.append(Row("purchase", "paid without a card", lost, "orders", goal=NONE_LOST))
    return rows


def _turn(shop: Shop, script: Script, buyers: int) -> Turn:
    sku_ids = shop.goods.sku_ids
    meter = shop.cpu()
    floor_per_s = script.per_second(sku_ids, clients=buyers, seconds=shop.size.seconds)
    floor_cpu = meter.spent()
    meter = shop.cpu()
    value = buy_for(shop, sku_ids, buyers=buyers, seconds=shop.size.seconds)
    return Turn(value, floor_per_s, meter.spent(), floor_cpu, floor_per_s * shop.size.seconds)
