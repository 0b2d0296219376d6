"""What a batch does to one order, through the verb that does it to a single one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from kameng.batches import item_store
from kameng.batches.batch import Action, Batch, Item, ItemState, Unfit
from kameng.batches.fit import kind_for, may_allow
from kameng.batches.hand import Changed, Hand
from kameng.batches.item_store import Ended
from kameng.kernel.database import Transaction
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.payment.approve_refund import approve_refund
from kameng.payment.ask_refund import RefundWish, ask_refund
from kameng.payment.attempt import RefundCause
from kameng.payment.refund import NotNow, accept_payment
from kameng.payment.request import RefundRules, RequestState
from kameng.resubmission.apply import Application, apply
from kameng.resubmission.decide import NothingToDecide, decide_resubmission
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind, ResubmissionState, Why


@dataclass(frozen=True)
class Bench:
    """What batches are carried out with."""

    desk: Desk
    refunds: RefundRules


@dataclass(frozen=True)
class Task:
    """One item with its batch; `approvals` are the logins that have agreed to the batch, and why."""

    batch: Batch
    item: Item
    approvals: Sequence[tuple[str, str]] = ()

    @property
    def reason(self) -> str:
        return self.batch.reason or ""


async def carry_out(bench: Bench, task: Task) -> None:
    """Raises Taken, Changed, and whatever the verb refuses with: then nothing has happened."""
    await _DOERS[task.batch.action](bench, task)


async def _refund(bench: Bench, task: Task) -> None:
    item, batch = task.item, task.batch
    hand = Hand(bench.desk.db, batch, item)
    wish = RefundWish(
        item.order_id, RefundCause(batch.cause or ""), task.reason, hand.actor,
        amount_fen=item.amount_fen, left_fen=item.amount_fen, reference=f"batch:{batch.id}",
    )  # fmt: skip
    async with hand.transaction() as tx:
        try:
            request = await ask_refund(tx, rules=bench.refunds, wish=wish)
        except NotNow as refusal:
            # Its state is the same: then it is the money.
            raise Changed(item.seen_state) from refusal
        # Who agreed to the batch has agreed to each sum in it.
        for login, reason in task.approvals:
            if request.state in {RequestState.WAITING, RequestState.AGREED_ONCE}:
                approver = Actor(ActorKind.STAFF, login)
                request = await approve_refund(tx, request_id=request.id, approver=approver, reason=reason)
        is_sent = request.state is RequestState.APPROVED
        hand.ended = Ended(ItemState.DONE if is_sent else ItemState.WAITING, result_id=request.id)
        facts = {"request": request.id, "amount_fen": request.amount_fen, "state": request.state}
        await hand.noted(tx, "refund_requested" if is_sent else "refund_asked", **facts)


async def _release(bench: Bench, task: Task) -> None:
    hand = Hand(bench.desk.db, task.batch, task.item)
    async with hand.transaction() as tx:
        state = await accept_payment(tx, order_id=task.item.order_id, actor=hand.actor, reason=task.reason)
        await hand.noted(tx, "payment_accepted", state=state)


async def _resubmit(bench: Bench, task: Task) -> None:
    async with bench.desk.db.reading() as connection:
        newest = await item_store.newest_resubmission(connection, task.item.order_id)
    if newest is not None and newest["state"] == ResubmissionState.WITH_STAFF:
        await _allow(bench, task)
        return
    kind = kind_for(task.item.seen_state)
    assert kind is not None, "it did not fit"
    applying = Applying(bench.desk.db, task.batch, task.item)
    application = Application(task.item.order_id, kind, is_owner=True, actor=applying.actor, reason=task.reason)
    await apply(replace(bench.desk, db=applying), application)
    if applying.may_be_allowed:
        await _allow_at_once(bench, task)


class Applying(Hand):
    """The first transaction of `apply` writes a resubmission, or finds the one that is open."""

    may_be_allowed = False

    async def finish(self, tx: Transaction) -> None:
        row = await item_store.newest_resubmission(tx.connection, self.item.order_id)
        assert row is not None, "it has just been applied for"
        if row["actor_id"] != self.actor.id or row["applied_at"] != tx.now:
            self.ended = Ended(ItemState.CHANGED, Unfit.UNDER_WAY, row["id"])
            return
        why = row["why"][0] if row["why"] else None
        match row["state"]:
            case ResubmissionState.DECLINED:
                self.ended = Ended(ItemState.REFUSED, why, row["id"])
            case ResubmissionState.WITH_STAFF:
                self.ended = Ended(ItemState.WAITING, why, row["id"])
                self.may_be_allowed = _may_allow(self.batch, row["kind"], row["why"])
            case _:
                self.ended = Ended(ItemState.DONE, None, row["id"])
        await self.noted(tx, "resubmitted", kind=row["kind"], state=row["state"])


async def _allow(bench: Bench, task: Task) -> None:
    """What waits for a person is decided, if it still does."""
    hand = Hand(bench.desk.db, task.batch, task.item)
    async with hand.transaction() as tx:
        row = await item_store.newest_resubmission(tx.connection, task.item.order_id)
        if row is None or not _may_allow(task.batch, row["kind"], row["why"]):
            raise Changed(task.item.seen_state)
        try:
            one = await decide_resubmission(
                tx, order_id=task.item.order_id, allow=True, actor=hand.actor, reason=task.reason
            )  # fmt: skip
        except NothingToDecide as refusal:
            raise Changed(task.item.seen_state) from refusal
        hand.ended = Ended(ItemState.DONE, None, one.id)
        await hand.noted(tx, "resubmitted", kind=one.kind, state=one.state)


async def _allow_at_once(bench: Bench, task: Task) -> None:
    """The rules left to a person what this person has just asked for. A worker that dies here leaves it waiting."""
    hand = Hand(bench.desk.db, task.batch, task.item)
    async with bench.desk.db.transaction() as tx:
        try:
            one = await decide_resubmission(
                tx, order_id=task.item.order_id, allow=True, actor=hand.actor, reason=task.reason
            )  # fmt: skip
        except NothingToDecide:
            return
        await item_store.end(tx, task.item, Ended(ItemState.DONE, None, one.id), was=ItemState.WAITING)
        await hand.noted(tx, "resubmitted", kind=one.kind, state=one.state)


def _may_allow(batch: Batch, kind: str, why: Sequence[str]) -> bool:
    return batch.asker is not None and may_allow(Kind(kind), [Why(one) for one in why])


_DOERS: Mapping[Action, Callable[[Bench, Task], Awaitable[None]]] = {
    Action.REFUND: _refund,
    Action.RELEASE: _release,
    Action.RESUBMIT: _resubmit,
}
