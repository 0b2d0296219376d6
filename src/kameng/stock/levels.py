"""How much is left: for the shop quickly and roughly, for staff exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kameng.kernel.database import Connection
from kameng.stock import store
from kameng.stock.card import CardState

COUNTED_UP_TO = 100


@dataclass(frozen=True)
class Level:
    """All cards of a sku by state. `out_of_date` of those available can't be sold any more."""

    by_state: Mapping[CardState, int]
    out_of_date: int


@dataclass(frozen=True)
class Expiring:
    sku_id: int
    expires_on: date
    cards: int


async def available(
    connection: Connection, sku_ids: Sequence[int], *, on: date, at_most: int = COUNTED_UP_TO
) -> dict[int, int]:
    """What can be sold on the day `on` of each sku, counted up to `at_most`; one statement for them all."""
    return await store.available(connection, sku_ids, on=on, at_most=at_most)


async def exact(connection: Connection, sku_ids: Sequence[int], *, on: date) -> dict[int, Level]:
    """Every card counted: a second or so for some millions. For staff, not for the shop."""
    by_state: dict[int, dict[CardState, int]] = {sku_id: dict.fromkeys(CardState, 0) for sku_id in sku_ids}
    out_of_date = dict.fromkeys(sku_ids, 0)
    for sku_id, state, cards, outdated in await store.counts(connection, sku_ids, on=on):
        by_state[sku_id][state] = cards
        out_of_date[sku_id] += outdated
    return {sku_id: Level(by_state[sku_id], out_of_date[sku_id]) for sku_id in sku_ids}


async def expiring(connection: Connection, *, until: date, at_most: int = 200) -> list[Expiring]:
    """Available cards whose last day is `until` or before, those past it included; soonest first."""
    rows = await store.expiring(connection, until=until, at_most=at_most)
    return [Expiring(row["sku_id"], row["expires_on"], row["cards"]) for row in rows]
