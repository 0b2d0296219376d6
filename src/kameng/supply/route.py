"""A route 供货线路: which goods of which supplier fill a sku, and under which conditions. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kameng.kernel.clock import SHANGHAI

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class Route:
    """`face_fen`: what one piece of the supplier's goods is worth where the sku is measured in face value.
    `cost_max_fen`: the most one piece may cost; None: what it sells for. `again`: how many more times the supplier may
    be asked for one order after a known failure. `operators` empty: for all of them."""

    id: int
    sku_id: int
    supplier_id: int
    supplier_code: str
    goods: str
    face_fen: int | None
    priority: int
    weight: int
    cost_max_fen: int | None
    again: int
    open_from: int | None
    open_to: int | None
    operators: tuple[str, ...]
    field_names: Mapping[str, str]
    enabled: bool
    stopped_because: str | None

    def is_open(self, now: datetime) -> bool:
        """Whether it is used at this minute of the day in Asia/Shanghai; a span may go over midnight."""
        if self.open_from is None or self.open_to is None:
            return True
        local = now.astimezone(SHANGHAI)
        minute = local.hour * 60 + local.minute
        if self.open_from <= self.open_to:
            return self.open_from <= minute < self.open_to
        return minute >= self.open_from or minute < self.open_to


@dataclass(frozen=True)
class OpenTrouble:
    """A trouble that touches an order. `probe_due`: one order may go to see whether it is over."""

    id: int
    kind: str
    probe_due: bool


@dataclass(frozen=True)
class Candidate:
    """A route and how things stand with its goods at this moment. `price_fen` None: the supplier tells no prices."""

    route: Route
    price_fen: int | None
    stock: int | None
    on_sale: bool
    known: bool
    quantity_min: int
    quantity_max: int | None
    troubles: tuple[OpenTrouble, ...]
    median_s: float | None


def route_of(row: Mapping[str, Any]) -> Route:
    """From a row with the columns of `routes` and supplier_code."""
    return Route(
        id=row["id"],
        sku_id=row["sku_id"],
        supplier_id=row["supplier_id"],
        supplier_code=row["supplier_code"],
        goods=row["goods"],
        face_fen=row["face_fen"],
        priority=row["priority"],
        weight=row["weight"],
        cost_max_fen=row["cost_max_fen"],
        again=row["again"],
        open_from=row["open_from"],
        open_to=row["open_to"],
        operators=tuple(row["operators"]),
        field_names=row["field_names"],
        enabled=row["enabled"],
        stopped_because=row["stopped_because"],
    )
