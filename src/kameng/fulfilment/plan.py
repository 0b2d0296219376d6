"""Intend: choose a route for what is still owed and write the attempt down, before anybody is called."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from kameng.catalogue.filling import Filling, find_filling
from kameng.fulfilment import store
from kameng.fulfilment.attempt import (
    BUSY_FOR,
    CALL_TAKES,
    LIVE,
    LOOK_AGAIN_AFTER,
    Attempt,
    AttemptState,
    DeliveryState,
    number_of,
)
from kameng.fulfilment.store import Delivery, NewAttempt
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.orders.account import Account, account_of
from kameng.orders.advance import advance
from kameng.orders.lifecycle import SYSTEM, DeliveryStuck, Undeliverable
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.supply.candidates import claim_probe, find_candidates
from kameng.supply.route import Candidate
from kameng.supply.routing import Choice, Need, NoRoute, PassedOver, Strategy, choose
from kameng.supply.suppliers import Source

#: How many suppliers' orders one look may place, where each takes only a few pieces at a time.
ATTEMPTS_A_LOOK = 20


@dataclass(frozen=True)
class Planned:
    """An attempt that is written down and has to be called, with the account it is for."""

    attempt: Attempt
    account: Account | None


async def plan(
    *, db: Database, keyring: Keyring, delivery_id: int, order_id: OrderId | None, sources: Mapping[int, Source],
    busy: frozenset[int],
) -> list[Planned]:  # fmt: skip
    """The attempts that were written down for a delivery; none when it has to wait, is at its end, or was taken up by
    somebody else."""
    chance = random.SystemRandom()
    async with db.transaction() as tx:
        order = await lock_order(tx, order_id) if order_id is not None else None
        delivery = await store.lock_delivery(tx, delivery_id)
        if delivery.state is not DeliveryState.OPEN:
            return []
        planning = await _Planning.begin(tx, keyring, delivery, order)
        planned: list[Planned] = []
        while planning.left > 0 and len(planned) < ATTEMPTS_A_LOOK:
            choice = choose(planning.need(sources, busy), planning.candidates, draw=chance.random)
            if isinstance(choice, NoRoute):
                await planning.wait_or_end(choice)
                return planned
            if choice.probes is not None and not await claim_probe(tx, choice.probes):
                planning.without_probe(choice.probes)
                continue
            planned.append(await planning.intend(choice))
        route_at = tx.now + BUSY_FOR if planning.left > 0 else None
        await store.set_delivery(tx, delivery, state=DeliveryState.OPEN, route_at=route_at)
        return planned


class _Planning:
    """One delivery being looked at; order and delivery are locked."""

    def __init__(
        self, tx: Transaction, delivery: Delivery, order: Order | None, filling: Filling, attempts: list[Attempt]
    ) -> None:
        self._tx = tx
        self._delivery = delivery
        self._order = order
        self._filling = filling
        self._attempts = attempts
        self.candidates: list[Candidate] = []
        self._account: Account | None = None
        self.left = delivery.owed - delivery.delivered - sum(a.asked_for for a in attempts if a.state in LIVE)

    @classmethod
    async def begin(cls, tx: Transaction, keyring: Keyring, delivery: Delivery, order: Order | None) -> "_Planning":
        filling = await find_filling(tx.connection, delivery.sku_id)
        planning = cls(tx, delivery, order, filling, await store.attempts_of(tx.connection, delivery.id))
        account = await account_of(tx.connection, keyring, order.id) if order else None
        planning._account = account
        planning.candidates = await find_candidates(
            tx,
            delivery.sku_id,
            operator=account.operator if account else None,
            province=account.province if account else None,
        )
        return planning

    def need(self, sources: Mapping[int, Source], busy: frozenset[int]) -> Need:
        failures: dict[int, int] = {}
        for attempt in self._attempts:
            if attempt.state in {AttemptState.FAILED, AttemptState.REFUSED, AttemptState.PARTLY}:
                failures[attempt.supplier_id] = failures.get(attempt.supplier_id, 0) + 1
        return Need(
            left=self.left,
            piece=self._filling.piece,
            price_fen=self._filling.price_fen,
            strategy=Strategy(self._filling.choose_by),
            now=self._tx.now,
            operator=self._account.operator if self._account else None,
            failures=failures,
            pieces_max={source.id: source.supplier.abilities.quantity_max for source in sources.values()},
            tells_goods={source.id: source.supplier.abilities.has_catalogue for source in sources.values()},
            # Of a supplier whose configuration can't be read nothing can be asked now.
            busy=busy | {c.route.supplier_id for c in self.candidates if c.route.supplier_id not in sources},
        )

    def without_probe(self, trouble_id: int) -> None:
        """Another order looks into this trouble; it stays closed for this one."""
        self.candidates = [c for c in self.candidates if all(trouble.id != trouble_id for trouble in c.troubles)]

    async def intend(self, choice: Choice) -> Planned:
        n = max((attempt.n for attempt in self._attempts), default=0) + 1
        route = choice.candidate.route
        order_id = self._order.id if self._order else None
        passed_over = [{"route": route_id, "why": why} for route_id, why in choice.passed_over.items()]
        new = NewAttempt(
            delivery_id=self._delivery.id,
            order_id=order_id,
            n=n,
            sku_id=self._delivery.sku_id,
            route_id=route.id,
            supplier_id=route.supplier_id,
            goods=route.goods,
            number=number_of(order_id, self._delivery.id, n),
            quantity=choice.quantity,
            face_fen=route.face_fen or self._filling.face_fen,
            asked_for=choice.asked_for,
            chosen={
                "because": choice.because,
                "passed_over": passed_over,
                "probes": choice.probes,
                "field_names": route.field_names,
            },
            cost_max_fen=choice.cost_max_fen,
            operator=self._account.operator if self._account else None,
            province=self._account.province if self._account else None,
        )
        attempt = await store.insert_attempt(self._tx, new, ask_at=self._tx.now + CALL_TAKES)
        self._attempts.append(attempt)
        self.left -= choice.asked_for
        return Planned(attempt, self._account)

    async def wait_or_end(self, no_route: NoRoute) -> None:
        """Wait while something is still on its way or may open again; otherwise this is the end of it."""
        tx, delivery = self._tx, self._delivery
        if any(attempt.state in LIVE for attempt in self._attempts):
            # Its answer brings the delivery back here if anything is left to do then.
            await store.set_delivery(tx, delivery, state=DeliveryState.OPEN, route_at=None)
        elif no_route.may_pass and (tx.now < delivery.patience_until or _is_busy(no_route)):
            pause = BUSY_FOR if _is_busy(no_route) else LOOK_AGAIN_AFTER
            await store.set_delivery(tx, delivery, state=DeliveryState.OPEN, route_at=tx.now + pause)
        elif delivery.delivered > 0 and self._order is not None:
            await self._leave_to_staff(no_route)
        else:
            await store.set_delivery(tx, delivery, state=DeliveryState.GIVEN_UP, route_at=None)
            if self._order is not None:
                facts = {"passed_over": _reasons(no_route)}
                await advance(tx, self._order, Undeliverable(SYSTEM, reason="no route is left", facts=facts))

    async def _leave_to_staff(self, no_route: NoRoute) -> None:
        """A part is delivered and the rest can't be: what to do about it is a person's decision."""
        assert self._order is not None
        facts = {"delivered": self._delivery.delivered, "owed": self._delivery.owed}
        await store.set_delivery(self._tx, self._delivery, state=DeliveryState.STUCK, route_at=None)
        await raise_alarm(
            self._tx, AlarmKind.DELIVERY_STUCK, f"order:{self._order.id}", passed_over=_reasons(no_route), **facts
        )
        await advance(self._tx, self._order, DeliveryStuck(SYSTEM, reason="the rest can't be delivered", facts=facts))


def _is_busy(no_route: NoRoute) -> bool:
    return PassedOver.BUSY in no_route.passed_over.values()


def _reasons(no_route: NoRoute) -> dict[str, str]:
    return {str(route_id): why for route_id, why in no_route.passed_over.items()}
