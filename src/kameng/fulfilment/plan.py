"""Intend: choose a route for what is still owed and write the attempt down, before anybody is called."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import timedelta

from kameng.arrivals.expected_arrival import usual_arrivals
from kameng.catalogue.filling import ChooseBy, Delivers, Filling, find_filling
from kameng.fulfilment import store
from kameng.fulfilment.attempt import (
    BUSY_FOR,
    CALL_TAKES,
    LOOK_AGAIN_AFTER,
    PATIENCE_IN_LINE,
    UNHEARD_MAX,
    Attempt,
    AttemptState,
    DeliveryState,
    NewAttempt,
    number_of,
)
from kameng.fulfilment.store import Delivery
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
    free: MutableMapping[int, int],
) -> list[Planned]:  # fmt: skip
    """The attempts that were written down for a delivery; none when it has to wait, is at its end, or was taken up by
    somebody else. `free`: how many more calls each supplier may have in flight, less those that are taken here."""
    chance = random.SystemRandom()
    async with db.transaction() as tx:
        order = await lock_order(tx, order_id) if order_id is not None else None
        delivery = await store.lock_delivery(tx, delivery_id)
        # Of a delivery that is stuck with one attempt, what others have failed to deliver is still looked for.
        if delivery.state not in {DeliveryState.OPEN, DeliveryState.STUCK}:
            return []
        planning = await _Planning.begin(tx, keyring, delivery, order)
        planned: list[Planned] = []
        while planning.left > 0 and len(planned) < ATTEMPTS_A_LOOK:
            choice = planning.choose(sources, free, draw=chance.random)
            if isinstance(choice, NoRoute):
                await planning.wait_or_end(choice)
                return planned
            if choice.probes is not None and not await claim_probe(tx, choice.probes):
                planning.without_probe(choice.probes)
                continue
            free[choice.candidate.route.supplier_id] -= 1
            planned.append(await planning.intend(choice))
        route_at = tx.now + BUSY_FOR if planning.left > 0 else None
        await store.set_delivery(tx, delivery, state=delivery.state, route_at=route_at)
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
        self.left = delivery.owed - delivery.delivered - sum(a.asked_for for a in attempts if a.is_live)

    @classmethod
    async def begin(cls, tx: Transaction, keyring: Keyring, delivery: Delivery, order: Order | None) -> "_Planning":
        filling = await find_filling(tx.connection, delivery.sku_id)
        planning = cls(tx, delivery, order, filling, await store.attempts_of(tx.connection, delivery.id))
        account = await account_of(tx.connection, keyring, order.id) if order else None
        planning._account = account
        by_speed = filling.choose_by is ChooseBy.FASTEST
        planning.candidates = await find_candidates(
            tx,
            delivery.sku_id,
            operator=account.operator if account else None,
            province=account.province if account else None,
            medians_s=await usual_arrivals(tx.connection, filling.product_id) if by_speed else {},
        )
        return planning

    def choose(
        self, sources: Mapping[int, Source], free: Mapping[int, int], *, draw: Callable[[], float]
    ) -> Choice | NoRoute:
        """A supplier that never heard of this order may be asked anew, after all others."""
        need = self._need(sources, free)
        choice = choose(need, self.candidates, draw=draw)
        if isinstance(choice, NoRoute) and not choice.may_pass:
            choice = choose(replace(need, failures=self._failures(with_unheard=False)), self.candidates, draw=draw)
        return choice

    def _need(self, sources: Mapping[int, Source], free: Mapping[int, int]) -> Need:
        suppliers = {candidate.route.supplier_id for candidate in self.candidates}
        return Need(
            left=self.left,
            piece=self._delivery.piece,
            price_fen=self._order.amount_fen // self._order.quantity if self._order else self._filling.price_fen,
            strategy=Strategy(self._filling.choose_by),
            now=self._tx.now,
            operator=self._account.operator if self._account else None,
            failures=self._failures(with_unheard=True),
            pieces_max={source.id: source.supplier.abilities.quantity_max for source in sources.values()},
            tells_goods={source.id: source.supplier.abilities.has_catalogue for source in sources.values()},
            busy=frozenset(supplier for supplier in suppliers if free.get(supplier, 0) <= 0),
            unreadable=frozenset(suppliers - sources.keys()),
        )

    def _failures(self, *, with_unheard: bool) -> Mapping[int, int]:
        """By supplier, how often it is known not to have delivered."""
        failed = {AttemptState.FAILED, AttemptState.REFUSED, AttemptState.PARTLY}
        ended = [a for a in self._attempts if a.state in failed and a.called_at >= self._delivery.looked_since]
        unheard = Counter(attempt.supplier_id for attempt in ended if attempt.was_unheard)
        return Counter(
            attempt.supplier_id
            for attempt in ended
            if with_unheard or not attempt.was_unheard or unheard[attempt.supplier_id] >= UNHEARD_MAX
        )

    def without_probe(self, trouble_id: int) -> None:
        """Another order looks into this trouble; it stays closed for this one."""
        self.candidates = [
            replace(
                candidate,
                troubles=tuple(replace(t, probe_due=t.probe_due and t.id != trouble_id) for t in candidate.troubles),
            )
            for candidate in self.candidates
        ]

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
            face_fen=self._face_of(choice),
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

    def _face_of(self, choice: Choice) -> int | None:
        """What one piece of the supplier's goods is worth. None for a top-up that is counted in pieces, so that a part
        of it is told in pieces too."""
        face_fen = choice.candidate.route.face_fen
        if self._delivery.delivers is Delivers.CODES:
            return face_fen or self._filling.face_fen
        return face_fen or self._delivery.piece if self._delivery.piece > 1 else None

    async def wait_or_end(self, no_route: NoRoute) -> None:
        """Wait while something is still on its way or may open again; otherwise this is the end of it."""
        tx, delivery = self._tx, self._delivery
        pause = self._pause(no_route)
        if pause is not None or any(attempt.is_live for attempt in self._attempts):
            # The answer to what is on its way brings the delivery back here if anything is left to do then.
            await store.set_delivery(tx, delivery, state=delivery.state, route_at=tx.now + pause if pause else None)
        elif delivery.delivered > 0 and self._order is not None:
            await self._leave_to_staff(no_route)
        else:
            await store.set_delivery(tx, delivery, state=DeliveryState.GIVEN_UP, route_at=None)
            if self._order is not None:
                facts = {"passed_over": _reasons(no_route)}
                await advance(tx, self._order, Undeliverable(SYSTEM, reason="no route is left", facts=facts))

    def _pause(self, no_route: NoRoute) -> timedelta | None:
        """How long to wait before looking again; None when that won't help, or has been done for long enough."""
        waited = self._tx.now - self._delivery.looked_since
        if PassedOver.BUSY in no_route.passed_over.values() and waited < PATIENCE_IN_LINE:
            # The longer the line, the less often everybody in it looks up.
            return min(max(BUSY_FOR, waited / 8), LOOK_AGAIN_AFTER)
        return LOOK_AGAIN_AFTER if no_route.may_pass and self._tx.now < self._delivery.patience_until else None

    async def _leave_to_staff(self, no_route: NoRoute) -> None:
        """A part is delivered and the rest can't be: what to do about it is a person's decision."""
        assert self._order is not None
        facts = {"delivered": self._delivery.delivered, "owed": self._delivery.owed}
        await store.set_delivery(self._tx, self._delivery, state=DeliveryState.STUCK, route_at=None)
        await raise_alarm(
            self._tx, AlarmKind.DELIVERY_STUCK, f"order:{self._order.id}", passed_over=_reasons(no_route), **facts
        )
        await advance(self._tx, self._order, DeliveryStuck(SYSTEM, reason="the rest can't be delivered", facts=facts))


def _reasons(no_route: NoRoute) -> dict[str, str]:
    return {str(route_id): why for route_id, why in no_route.passed_over.items()}
