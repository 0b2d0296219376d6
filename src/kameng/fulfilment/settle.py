"""What a supplier says of an attempt is recorded, and what follows from it for the order. The one writer of attempts'
states."""

from dataclasses import dataclass, replace
from datetime import datetime

from kameng.fulfilment import store
from kameng.fulfilment.attempt import ATTEMPT_LIFECYCLE, LIVE, Answer, AskedBy, Attempt, AttemptState, DeliveryState
from kameng.fulfilment.keep import Kept, keep
from kameng.fulfilment.next_question import ask_at, needs_a_person, weighed
from kameng.fulfilment.store import Delivery, Written
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.orders.advance import advance
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import (
    LIFECYCLE,
    Actor,
    ActorKind,
    AttemptFailed,
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
from kameng.supply.sold import note_sold
from kameng.supply.sold_out import SOLD_OUT, mark_sold_out
from kameng.supply.supplier import Accepted, Delivered, Failed, InDoubt, NotFound, Partly, Reason, Refused
from kameng.supply.suppliers import Source

WORDS_MAX = 300
RECEIPT_MAX = 200


@dataclass(frozen=True)
class Heard:
    """Where an answer comes from, and who says so."""

    asked_by: AskedBy
    actor: Actor


def heard_from(source: Source, asked_by: AskedBy) -> Heard:
    return Heard(asked_by, Actor(ActorKind.SUPPLIER, source.code))


async def settle(
    *, db: Database, keyring: Keyring, source: Source, attempt: Attempt, answer: Answer, heard: Heard
) -> AttemptState:
    """Record one answer about an attempt; the state it is in now. Twice is once, and a late answer never undoes what
    is known: it raises an alarm where it contradicts."""
    async with db.transaction() as tx:
        order = await lock_order(tx, attempt.order_id) if attempt.order_id is not None else None
        delivery = await store.lock_delivery(tx, attempt.delivery_id)
        attempt = await store.lock_attempt(tx, attempt.id)
        if attempt.state not in LIVE:
            await _hear_late(tx, source, attempt, answer, heard)
            return attempt.state
        return await _Settling(tx, keyring, source, heard, order, delivery, attempt).record(answer)


@dataclass(frozen=True)
class _Settling:
    """One answer being recorded; everything it touches is locked."""

    tx: Transaction
    keyring: Keyring
    source: Source
    heard: Heard
    order: Order | None
    delivery: Delivery
    attempt: Attempt

    async def record(self, answer: Answer) -> AttemptState:
        answer = weighed(answer, self.attempt, self.source.supplier.abilities, now=self.tx.now)
        if not ATTEMPT_LIFECYCLE.allows(self.attempt.state, type(answer)):
            answer = InDoubt(f"{type(answer).__name__} of an order that was accepted")
        kept = Kept(0)
        if isinstance(answer, Delivered | Partly):
            kept = await keep(self.tx, self.keyring, self.attempt, answer, supplier_code=self.source.code)
            answer = _as_kept(answer, self.attempt, kept)
        state = ATTEMPT_LIFECYCLE.after(self.attempt.state, type(answer))
        if state in LIVE:
            await self._go_on(state, answer)
        else:
            await self._end(state, answer, kept.delivered)
        return state

    async def _go_on(self, state: AttemptState, answer: Answer) -> None:
        supplier_no = getattr(answer, "supplier_no", None) or self.attempt.supplier_no
        next_ask = ask_at(
            self.attempt, state, supplier_no=supplier_no, abilities=self.source.supplier.abilities, now=self.tx.now
        )
        await self._write(state, answer, delivered=0, next_ask=next_ask)
        if self.attempt.state is not AttemptState.PLACED and state is AttemptState.PLACED:
            await self._note_sold()
            await self._set_delivery(DeliveryState.OPEN, route=False)
            await self._advance(SentToSupplier(self.heard.actor, facts={"attempt": self.attempt.n}))
        elif needs_a_person(self.attempt, state, next_ask=next_ask, now=self.tx.now):
            await self._call_a_person(answer)
        elif self.attempt.state is not AttemptState.IN_DOUBT and state is AttemptState.IN_DOUBT:
            facts = {"attempt": self.attempt.n}
            await self._advance(ResultInDoubt(self.heard.actor, reason=_words(answer), facts=facts))

    async def _note_sold(self) -> None:
        """Once: an order that was accepted before, or asked about, is in the supplier's own count by now."""
        if self.attempt.state is AttemptState.CALLING:
            goods, quantity = self.attempt.goods, self.attempt.quantity
            await note_sold(self.tx, self.source.id, goods, quantity, order_id=self.attempt.order_id)

    async def _end(self, state: AttemptState, answer: Answer, delivered: int) -> None:
        await self._write(state, answer, delivered=delivered, next_ask=None)
        if delivered:
            await self._note_sold()
        cost_fen = getattr(answer, "cost_fen", None)
        if cost_fen is not None and cost_fen > self.attempt.cost_max_fen:
            await raise_alarm(
                self.tx, AlarmKind.SUPPLIER_OVERCHARGED, f"supplier:{self.source.code}", number=self.attempt.number,
                cost_fen=cost_fen, cost_max_fen=self.attempt.cost_max_fen,
            )  # fmt: skip
        facts: dict[str, object] = {"attempt": self.attempt.n}
        total = self.delivery.delivered + delivered
        if total >= self.delivery.owed:
            await self._set_delivery(DeliveryState.DONE, route=False, delivered=total)
            quantity = self.order.quantity if self.order else 0
            await self._advance(OrderDelivered(self.heard.actor, facts=facts | {"cards": quantity}))
        elif delivered:
            await self._set_delivery(DeliveryState.OPEN, route=True, delivered=total)
            facts |= {"delivered": total, "owed": self.delivery.owed}
            await self._advance(PartlyDelivered(self.heard.actor, facts=facts))
        else:
            await self._set_delivery(DeliveryState.OPEN, route=True)
            why = answer.reason if isinstance(answer, Failed | Refused) else Reason.OTHER
            if why in SOLD_OUT:
                await mark_sold_out(self.tx, self.source.id, self.attempt.goods, reason=why)
            await self._advance(AttemptFailed(self.heard.actor, reason=_words(answer), facts=facts | {"why": why}))

    async def _write(self, state: AttemptState, answer: Answer, *, delivered: int, next_ask: datetime | None) -> None:
        said, words = type(answer).__name__.lower(), _words(answer)
        written = Written(
            state=state,
            delivered=delivered,
            cost_fen=getattr(answer, "cost_fen", None),
            refund_fen=getattr(answer, "refund_fen", None),
            supplier_no=getattr(answer, "supplier_no", None),
            receipt=without_contacts(getattr(answer, "receipt", ""))[:RECEIPT_MAX],
            reason=answer.reason if isinstance(answer, Failed | Refused) else None,
            words=words,
            ask_at=next_ask,
            asked_by=self.heard.asked_by,
            said=said,
            is_news=state is not self.attempt.state or words != self.attempt.words,
        )
        await store.set_attempt(self.tx, self.attempt, written)

    async def _set_delivery(self, state: DeliveryState, *, route: bool, delivered: int | None = None) -> None:
        if not route and delivered is None and self.delivery.state is state:
            return
        route_at = self.tx.now if route else None
        await store.set_delivery(self.tx, self.delivery, state=state, route_at=route_at, delivered=delivered)

    async def _call_a_person(self, answer: Answer) -> None:
        subject = f"delivery:{self.delivery.id}" if self.order is None else f"order:{self.order.id}"
        facts = {"attempt": self.attempt.n, "number": self.attempt.number}
        if self.delivery.state is DeliveryState.OPEN:
            await store.set_delivery(self.tx, self.delivery, state=DeliveryState.STUCK, route_at=None)
            await raise_alarm(
                self.tx, AlarmKind.DELIVERY_STUCK, subject, supplier=self.source.code, words=_words(answer), **facts
            )
            await self._advance(DeliveryStuck(self.heard.actor, reason=_words(answer), facts=facts))

    async def _advance(self, event: OrderEvent) -> None:
        """An order that went another way meanwhile is left there; the attempt has its answer all the same."""
        if self.order is not None and LIFECYCLE.allows(self.order.state, type(event)):
            await advance(self.tx, self.order, event)


def _as_kept(answer: Delivered | Partly, attempt: Attempt, kept: Kept) -> Answer:
    """What an answer is worth: shown nothing for it, it is in doubt; short of what was asked, it is a part."""
    if not kept.is_proven:
        return InDoubt("delivered, it says, but no codes came")
    if kept.delivered >= attempt.asked_for:
        return answer if isinstance(answer, Delivered) else _whole(answer)
    if kept.delivered == 0:
        return Failed(
            Reason.OTHER, answer.words, supplier_no=answer.supplier_no, cost_fen=answer.cost_fen,
            refund_fen=answer.refund_fen if isinstance(answer, Partly) else None,
        )  # fmt: skip
    if isinstance(answer, Partly):
        return replace(answer, delivered=kept.delivered)
    return Partly(
        kept.delivered, answer.words, supplier_no=answer.supplier_no, receipt=answer.receipt, cost_fen=answer.cost_fen
    )


def _whole(answer: Partly) -> Delivered:
    return Delivered(
        supplier_no=answer.supplier_no, receipt=answer.receipt, cost_fen=answer.cost_fen, words=answer.words
    )


def _words(answer: Answer) -> str:
    return without_contacts(answer.words)[:WORDS_MAX]


async def _hear_late(tx: Transaction, source: Source, attempt: Attempt, answer: Answer, heard: Heard) -> None:
    """The attempt is closed. A refund that comes afterwards is noted; a contradiction is somebody's business."""
    if isinstance(answer, Failed | Partly) and answer.refund_fen is not None:
        await store.set_refund(tx, attempt.id, answer.refund_fen)
    closed_as_delivered = attempt.state in {AttemptState.DELIVERED, AttemptState.PARTLY}
    says_delivered = isinstance(answer, Delivered | Partly)
    if isinstance(answer, Accepted | InDoubt | NotFound) or closed_as_delivered == says_delivered:
        return
    said = type(answer).__name__.lower()
    await store.note_answer(tx, attempt.id, asked_by=heard.asked_by, said=said, words=_words(answer))
    await raise_alarm(
        tx, AlarmKind.SUPPLIER_CONTRADICTS, f"supplier:{source.code}", number=attempt.number, known=attempt.state,
        said=said,
    )  # fmt: skip
