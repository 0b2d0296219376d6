"""Everybody wants the same card: 64 buyers on one product beside 64 buyers on fifty, fresh and after a run on it."""

import asyncio
import random
from collections.abc import Sequence

from benchmarks.buying import buy_for, paid_without_cards
from benchmarks.goods import add_goods
from benchmarks.purchase_floor import Script, record_script
from benchmarks.report import Goal, Row
from benchmarks.rounds import Turn, middle_of
from benchmarks.stage import Shop, Stage
from kameng.journey import FOLLOWING
from kameng.kernel.database import Database, open_pool

BUYERS = 64
GOAL = Goal(0.7)
NONE_LOST = Goal(0, at_most=True, of="value")
_FLOOR_IS = "/s spread over 50"
_SOLD_AT_ONCE = 500
_SELLERS = 2

# As buyers would, at random places; the orders they belong to are of the past.
_SELL = """
UPDATE cards SET state = 'sold', order_id = $2
WHERE id = ANY (ARRAY(SELECT id FROM cards WHERE sku_id = $1 AND state = 'available' AND slot >= $3
                      ORDER BY slot LIMIT $4 FOR UPDATE SKIP LOCKED))
"""


def run(stage: Stage) -> list[Row]:
    shop = stage.shop()
    orders = [known.order_id for known in shop.known]
    script = record_script(shop)
    (fresh,) = add_goods(shop.url, shop.keyring, cards_each=40 * shop.goods.cards_each, products=1, name="hot").sku_ids
    rows = _rows(shop, script, fresh, "fresh")
    many = 100_000 if shop.size.quick else 1_000_000
    (sold,) = add_goods(shop.url, shop.keyring, cards_each=many, products=1, name="hot-sold").sku_ids
    asyncio.run(_sell(shop.url, sold, many * 3 // 5, orders))
    rows += _rows(shop, script, sold, f"{many * 3 // 5:,} of {many:,} just sold")
    lost = paid_without_cards(shop.url)
    rows.append(Row("hot", "paid without a card", lost, "orders", goal=NONE_LOST))
    return rows


def _rows(shop: Shop, script: Script, hot: int, case: str) -> list[Row]:
    seconds, spread = shop.size.seconds, shop.goods.sku_ids

    def turn() -> Turn:
        floor = buy_for(shop, spread, buyers=BUYERS, seconds=seconds)
        meter = shop.cpu()
        value = buy_for(shop, [hot], buyers=BUYERS, seconds=seconds)
        return Turn(value, floor.per_s, meter.spent())

    best = middle_of(shop.size.rounds, turn)
    # The shop's own work hides what the database makes of it, so the statements are also tried alone.
    alone_spread = script.per_second(spread, clients=BUYERS, seconds=seconds)
    alone_hot = script.per_second([hot], clients=BUYERS, seconds=seconds)
    return [
        Row("hot", case, best.value.per_s, "/s", best.floor_per_s, _FLOOR_IS, GOAL, best.facts()),
        Row("hot", f"{case}, pgbench", alone_hot, "/s", alone_spread, _FLOOR_IS),
    ]


async def _sell(url: str, sku_id: int, cards: int, orders: Sequence[int]) -> None:
    async with await open_pool(url, size=_SELLERS) as pool:
        db = Database(pool, following=FOLLOWING)

        async def sell() -> None:
            for _ in range(cards // _SOLD_AT_ONCE // _SELLERS):
                start = random.randrange(2**31 - 2**25)
                async with db.transaction() as tx:
                    await tx.connection.execute(_SELL, sku_id, random.choice(orders), start, _SOLD_AT_ONCE)

        await asyncio.gather(*(sell() for _ in range(_SELLERS)))
