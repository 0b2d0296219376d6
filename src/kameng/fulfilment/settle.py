"""What a supplier says of an attempt is recorded, and what follows from it for the order. The one writer of attempts'
states.

Locks are taken in one order: order → delivery → attempt → cards → supplier's goods → alarms.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from kameng.catalogue.filling import Delivers
from kameng.fulfilment import store
from kameng.fulfilment.ask_correction import may_ask_by_itself
from kameng.fulfilment.attempt import (
    ATTEMPT_LIFECYCLE,
    LIVE,
    ORDERED,
    Answer,
    Attempt,
    AttemptState,
    DeliveryState,
    Unproven,
    Written,
)
from kameng.fulfilment.hear_late import hear_late
from kameng.fulfilment.keep import Kept, keep
from kameng.fulfilment.next_question import ask_at, needs_a_person, weighed
from kameng.fulfilment.store import Delivery
from kameng.fulfilment.told import Heard, Told, told_of
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.orders.advance import advance
from kameng.orders.lifecycle import (
    LIFECYCLE,
    AttemptFailed,
    CorrectionAsked,
    DeliveryStuck,
    OrderEvent,
    PartlyDelivered,
    ResultInDoubt,
    SentToSupplier,
)
from kameng.orders.lifecycle import Delivered as OrderDelivered
from kameng.orders.lock import lock_order
from kameng.orders.order import Order
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.supply.answer import Delivered, Failed, InDoubt, Partly, Reason, Refused
from kameng.supply.hold import drop_hold
from kameng.supply.sold import note_sold
from kameng.supply.sold_out import SOLD_OUT, mark_sold_out
from kameng.supply.suppliers import Source


async def settle(
    *, db: Database, keyring: Keyring, source: Source | None, attempt: Attempt, answer: Answer, heard: Heard
) -> AttemptState:
    """Record one answer about an attempt; the state it is in now. Twice is once, and a late answer never undoes what
    is known: it raises an alarm where it contradicts. `source` None: the supplier's configuration can't be used."""
    async with db.transaction() as tx:
        order = await lock_order(tx, attempt.order_id) if attempt.order_id is not None else None
        delivery = await store.lock_delivery(tx, attempt.delivery_id)
        attempt = await store.lock_attempt(tx, attempt.id)
        if not attempt.is_live:
            await hear_late(tx, keyring, delivery, attempt, answer=answer, heard=heard)
            return attempt.state
        return await _Settling(tx, keyring, source, heard, order, delivery, attempt).record(answer)


@dataclass
class _Settling:
    """One answer being recorded; everything it touches is locked."""

    tx: Transaction
    keyring: Keyring
    source: Source | None
    heard: Heard
    order: Order | None
    delivery: Delivery
    attempt: Attempt

    async def record(self, answer: Answer) -> AttemptState:
        abilities = self.source.supplier.abilities if self.source else None
        answer = weighed(answer, self.attempt, abilities, now=self.tx.now)
        if not ATTEMPT_LIFECYCLE.allows(self.attempt.state, type(answer)):
            # An adapter's own kind of doubt, or a no to what was accepted.
            is_doubt = isinstance(answer, InDoubt)
            answer = InDoubt(answer.words if is_doubt else f"{type(answer).__name__} of an accepted order")
        kept, back_fen = Kept(0), told_of(answer).refund_fen
        if isinstance(answer, Delivered | Partly):
            kept = await keep(
                self.tx, self.keyring, self.delivery, self.attempt, answer=answer, supplier=self.heard.supplier
            )
            answer = _as_kept(answer, self.attempt, kept)
        # Whatever its answer turns out to be worth, the money that it says is back is back.
        told = replace(told_of(answer), refund_fen=back_fen)
        state = ATTEMPT_LIFECYCLE.after(self.attempt.state, type(answer))
        next_ask = None
        if state in LIVE:
            supplier_no = told.supplier_no or self.attempt.supplier_no
            next_ask = ask_at(self.attempt, state, supplier_no=supplier_no, abilities=abilities, now=self.tx.now)
        await self._write(state, told, delivered=kept.delivered, next_ask=next_ask)
        await self._note_stock(state, told)
        await self._check_cost(told)
        if state in LIVE:
            await self._go_on(state, told, next_ask)
        else:
            await self._end(answer, told, kept.delivered)
        return state

    async def _go_on(self, state: AttemptState, told: Told, next_ask: datetime | None) -> None:
        facts, before = {"attempt": self.attempt.n}, self.attempt.state
        if state is AttemptState.PLACED and before is not AttemptState.PLACED:
            await self._go_on_with(SentToSupplier(self.heard.actor, facts=facts), route=False)
        is_stuck = needs_a_person(
            self.attempt,
            state,
            delivers=self.delivery.delivers,
            next_ask=next_ask,
            now=self.tx.now,
            can_be_asked=self.source is not None,
        )
        if is_stuck:
            await self._call_a_person(told)
        elif state is AttemptState.IN_DOUBT and before is not AttemptState.IN_DOUBT:
            await self._advance(ResultInDoubt(self.heard.actor, reason=told.words, facts=facts))

    async def _end(self, answer: Answer, told: Told, delivered: int) -> None:
        facts: dict[str, object] = {"attempt": self.attempt.n}
        total = self.delivery.delivered + delivered
        if self.delivery.state not in {DeliveryState.OPEN, DeliveryState.STUCK}:
            await self._tell_of_closed(delivered)
        elif total >= self.delivery.owed:
            await self._set_delivery(DeliveryState.DONE, route_at=None, delivered=total)
            if self.order is not None and self.delivery.delivers is Delivers.CODES:
                facts |= {"cards": self.order.quantity}
            await self._advance(OrderDelivered(self.heard.actor, facts=facts))
        elif delivered:
            facts |= {"delivered": total, "owed": self.delivery.owed}
            await self._go_on_with(PartlyDelivered(self.heard.actor, facts=facts), delivered=total)
        else:
            why = answer.reason if isinstance(answer, Failed | Refused) else Reason.OTHER
            event = AttemptFailed(self.heard.actor, reason=told.words, facts=facts | {"why": why})
            if why is Reason.WRONG_ACCOUNT and await self._asks_buyer():
                await self._wait_for_buyer(event)
            else:
                await self._go_on_with(event)

    async def _asks_buyer(self) -> bool:
        """Another supplier would top up the same wrong account, or somebody else's."""
        is_whole = self.delivery.state is DeliveryState.OPEN and self.delivery.delivered == 0
        return self.order is not None and is_whole and await may_ask_by_itself(self.tx, self.order.id)

    async def _wait_for_buyer(self, failed: AttemptFailed) -> None:
        await self._set_delivery(DeliveryState.STUCK, route_at=None)
        await self._advance(failed)
        await self._advance(CorrectionAsked(self.heard.actor, reason=failed.reason, facts={"attempt": self.attempt.n}))

    async def _go_on_with(self, event: OrderEvent, *, route: bool = True, delivered: int | None = None) -> None:
        """The delivery goes on, and stays before a person while another of its attempts has to."""
        was_stuck = self.delivery.state is DeliveryState.STUCK
        stuck = await self._stuck_beside() if was_stuck else None
        if route or was_stuck:
            state = DeliveryState.STUCK if stuck else DeliveryState.OPEN
            await self._set_delivery(state, route_at=self.tx.now, delivered=delivered)
        await self._advance(event)
        if stuck is not None:
            facts = {"attempt": stuck.n, "number": stuck.number}
            await self._advance(DeliveryStuck(self.heard.actor, reason=stuck.words, facts=facts))

    async def _stuck_beside(self) -> Attempt | None:
        """Another attempt of this delivery that waits for a person."""
        for other in await store.attempts_of(self.tx.connection, self.delivery.id):
            is_other = other.id != self.attempt.id and other.is_live
            if is_other and needs_a_person(
                other, other.state, delivers=self.delivery.delivers, next_ask=other.ask_at, now=self.tx.now
            ):
                return other
        return None

    async def _write(self, state: AttemptState, told: Told, *, delivered: int, next_ask: datetime | None) -> None:
        written = Written(
            state=state,
            delivered=delivered,
            cost_fen=told.cost_fen,
            refund_fen=told.refund_fen,
            supplier_no=told.supplier_no,
            receipt=told.receipt,
            reason=told.reason,
            words=told.words,
            ask_at=next_ask,
            asked_by=self.heard.asked_by,
            said=told.said,
            is_news=state is not self.attempt.state or told.words != self.attempt.words,
        )
        await store.set_attempt(self.tx, self.attempt, written)

    async def _note_stock(self, state: AttemptState, told: Told) -> None:
        """What the supplier has left, as far as this answer tells. An order that was asked about before is in its own
        count by now."""
        attempt = self.attempt
        if state in ORDERED and attempt.state is AttemptState.CALLING:
            await note_sold(self.tx, attempt.supplier_id, attempt.goods, attempt.quantity, order_id=attempt.order_id)
        elif state in ORDERED and attempt.order_id is not None and attempt.placed_at is None:
            await drop_hold(self.tx, attempt.order_id)
        elif state not in LIVE and told.reason in SOLD_OUT:
            await mark_sold_out(self.tx, attempt.supplier_id, attempt.goods, reason=Reason(told.reason))

    async def _check_cost(self, told: Told) -> None:
        cost_fen = told.cost_fen
        if cost_fen is None or cost_fen == self.attempt.cost_fen or cost_fen <= self.attempt.cost_max_fen:
            return
        await raise_alarm(
            self.tx, AlarmKind.SUPPLIER_OVERCHARGED, f"supplier:{self.heard.supplier}", number=self.attempt.number,
            cost_fen=cost_fen, cost_max_fen=self.attempt.cost_max_fen,
        )  # fmt: skip

    async def _set_delivery(
        self, state: DeliveryState, *, route_at: datetime | None, delivered: int | None = None
    ) -> None:
        await store.set_delivery(self.tx, self.delivery, state=state, route_at=route_at, delivered=delivered)
        self.delivery = replace(self.delivery, state=state)

    async def _call_a_person(self, told: Told) -> None:
        if self.delivery.state is not DeliveryState.OPEN:
            return
        subject = f"delivery:{self.delivery.id}" if self.order is None else f"order:{self.order.id}"
        facts = {"attempt": self.attempt.n, "number": self.attempt.number}
        # What other attempts have left to look for is looked for all the same.
        await self._set_delivery(DeliveryState.STUCK, route_at=self.delivery.route_at)
        await raise_alarm(
            self.tx, AlarmKind.DELIVERY_STUCK, subject, supplier=self.heard.supplier, words=told.words, **facts
        )  # fmt: skip
        await self._advance(DeliveryStuck(self.heard.actor, reason=told.words, facts=facts))

    async def _tell_of_closed(self, delivered: int) -> None:
        """Nobody waits for it any more."""
        if delivered:
            await raise_alarm(
                self.tx, AlarmKind.SUPPLIER_CONTRADICTS, f"supplier:{self.heard.supplier}", number=self.attempt.number,
                known=self.delivery.state, said="delivered",
            )  # fmt: skip

    async def _advance(self, event: OrderEvent) -> None:
        """An order that went another way meanwhile is left there; the attempt has its answer all the same."""
        if self.order is not None and LIFECYCLE.allows(self.order.state, type(event)):
            self.order = replace(self.order, state=await advance(self.tx, self.order, event))


def _as_kept(answer: Delivered | Partly, attempt: Attempt, kept: Kept) -> Answer:
    """What an answer is worth: shown nothing for it, it is in doubt; short of what was asked, it is a part."""
    if not kept.is_proven:
        return Unproven("delivered, it says, but no codes came")
    number, cost_fen, words = answer.supplier_no, answer.cost_fen, answer.words
    if kept.delivered == 0:
        return Failed(Reason.OTHER, words, supplier_no=number, cost_fen=cost_fen)
    if kept.delivered < attempt.asked_for:
        return Partly(kept.delivered, words, supplier_no=number, receipt=answer.receipt, cost_fen=cost_fen)
    return Delivered(number, receipt=answer.receipt, cost_fen=cost_fen, words=words)
