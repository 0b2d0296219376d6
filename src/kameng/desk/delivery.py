"""What suppliers were asked for an order, why they, and every word they said; as the desk reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kameng.desk import delivery_store
from kameng.kernel.database import Connection
from kameng.orders.number import OrderId

#: Something may still come of these.
LIVE = frozenset({"calling", "placed", "in_doubt"})
#: A person may say what became of these.
OPEN_TO_A_PERSON = frozenset({"placed", "in_doubt"})


@dataclass(frozen=True)
class Said:
    """One answer, on what occasion, in the supplier's own words; `said` is what it amounts to."""

    asked_by: str
    said: str
    words: str
    at: datetime


@dataclass(frozen=True)
class CallbackSeen:
    """A callback of the supplier's that came; what is in it stays sealed."""

    genuine: bool
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class RoutePassedOver:
    """A route that was not taken, and why (see `supply.routing.PassedOver`). None for what is gone."""

    route_id: int
    supplier_name: str | None
    goods: str | None
    why: str


@dataclass(frozen=True)
class DeliveryAttempt:
    """`asked_for` and `delivered` in the delivery's measure; money in fen."""

    id: int
    n: int
    number: str
    state: str
    supplier_id: int
    supplier_code: str
    supplier_name: str
    route_id: int
    goods: str
    goods_name: str | None
    quantity: int
    asked_for: int
    delivered: int
    because: str
    passed_over: Sequence[RoutePassedOver]
    cost_max_fen: int
    cost_fen: int | None
    refund_fen: int | None
    supplier_no: str | None
    receipt: str = field(repr=False)
    reason: str | None
    words: str
    operator: str | None
    province: str | None
    called_at: datetime
    placed_at: datetime | None
    doubted_at: datetime | None
    settled_at: datetime | None
    ask_at: datetime | None
    asks: int
    owner: str | None
    answers: Sequence[Said]
    callbacks: Sequence[CallbackSeen]

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_open(self) -> bool:
        """Whether a person may say what became of it."""
        return self.state in OPEN_TO_A_PERSON


@dataclass(frozen=True)
class DeliveryFile:
    """`owed` and `delivered` in fen of face value where a piece is `worth` more than 1, otherwise in pieces. Without an
    order it is for our own vault."""

    id: int
    order_id: OrderId | None
    sku_id: int
    product_name: str
    face_value: str
    delivers: str
    piece: int
    owed: int
    delivered: int
    state: str
    opened_at: datetime
    closed_at: datetime | None
    route_at: datetime | None
    patience_until: datetime
    amount_fen: int | None
    quantity: int | None
    attempts: Sequence[DeliveryAttempt]

    @property
    def in_face_value(self) -> bool:
        return self.piece > 1

    @property
    def unit_price_fen(self) -> int | None:
        """What the buyer paid for a piece."""
        return None if self.amount_fen is None or not self.quantity else self.amount_fen // self.quantity

    @property
    def cost_fen(self) -> int | None:
        """What suppliers charged, less what they gave back, as far as they said; None while nobody has."""
        known = [(a.cost_fen or 0) - (a.refund_fen or 0) for a in self.attempts if a.cost_fen is not None]
        return sum(known) if known else None

    @property
    def margin_fen(self) -> int | None:
        """What is left of what the buyer paid, once all of it is there."""
        if self.cost_fen is None or self.amount_fen is None or self.state != "done":
            return None
        return self.amount_fen - self.cost_fen

    @property
    def is_held(self) -> bool:
        """A part of an order is delivered, and for the rest nobody is asked any more."""
        return (
            self.state == "stuck"
            and self.order_id is not None
            and not any(attempt.is_live for attempt in self.attempts)
        )

    def attempt(self, attempt_id: int) -> DeliveryAttempt:
        return next(attempt for attempt in self.attempts if attempt.id == attempt_id)


async def delivery_of_order(connection: Connection, order_id: OrderId) -> DeliveryFile | None:
    """None for an order that suppliers have nothing to do with."""
    row = await connection.fetchrow(delivery_store.DELIVERY_OF_ORDER, order_id)
    return await _file(connection, dict(row)) if row else None


async def delivery_of_attempt(connection: Connection, attempt_id: int) -> DeliveryFile | None:
    """The delivery an attempt is made for; None when there is no such attempt."""
    row = await connection.fetchrow(delivery_store.DELIVERY_OF_ATTEMPT, attempt_id)
    return await _file(connection, dict(row)) if row else None


async def find_vault_attempt(connection: Connection, number: str) -> int | None:
    """Of an attempt for our own vault, by our number or the supplier's."""
    attempt_id: int | None = await connection.fetchval(delivery_store.VAULT_ATTEMPT, number)
    return attempt_id


async def _file(connection: Connection, row: dict[str, Any]) -> DeliveryFile:
    rows = [dict(a) for a in await connection.fetch(delivery_store.ATTEMPTS_OF_DELIVERY, row["id"])]
    ids = [attempt["id"] for attempt in rows]
    answers = await connection.fetch(delivery_store.ANSWERS, ids) if ids else []
    callbacks = await connection.fetch(delivery_store.CALLBACKS, ids) if ids else []
    passed = {over["route"] for attempt in rows for over in attempt["chosen"].get("passed_over", [])}
    routes = await connection.fetch(delivery_store.ROUTES, sorted(passed)) if passed else []
    by_id = {route["id"]: dict(route) for route in routes}
    attempts = [
        _attempt(
            attempt,
            routes=by_id,
            answers=[_said(a) for a in map(dict, answers) if a["attempt_id"] == attempt["id"]],
            callbacks=[_callback(c) for c in map(dict, callbacks) if c["attempt_id"] == attempt["id"]],
        )
        for attempt in rows
    ]
    order_id = None if row["order_id"] is None else OrderId(row["order_id"])
    return DeliveryFile(**{**row, "order_id": order_id}, attempts=attempts)


def _attempt(
    row: dict[str, Any], *, routes: Mapping[int, Mapping[str, Any]], answers: list[Said], callbacks: list[CallbackSeen]
) -> DeliveryAttempt:
    chosen = row.pop("chosen")
    passed_over = [
        RoutePassedOver(
            over["route"],
            routes[over["route"]]["supplier_name"] if over["route"] in routes else None,
            routes[over["route"]]["goods"] if over["route"] in routes else None,
            over["why"],
        )
        for over in chosen.get("passed_over", [])
    ]
    because = chosen.get("because", "")
    return DeliveryAttempt(**row, because=because, passed_over=passed_over, answers=answers, callbacks=callbacks)


def _said(row: Mapping[str, Any]) -> Said:
    return Said(row["asked_by"], row["said"], row["words"], row["at"])


def _callback(row: Mapping[str, Any]) -> CallbackSeen:
    return CallbackSeen(row["genuine"], row["times"], row["first_at"], row["last_at"])
