"""The buyer puts right what an order tops up: because a supplier or staff asked, or before anything was sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kameng.catalogue.browse import find_offer
from kameng.catalogue.read_account import read_account
from kameng.fulfilment.ask_correction import NothingToCorrect, start_corrected
from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.orders.account import MAIN, Account, account_of, change_account
from kameng.orders.advance import advance
from kameng.orders.lifecycle import BUYER, CorrectionGiven
from kameng.orders.lock import lock_order
from kameng.orders.number import OrderId
from kameng.orders.order import Order
from kameng.resubmission import store
from kameng.resubmission.apply import LOOK_AFTER, OwnerNeeded
from kameng.resubmission.desk import Desk
from kameng.resubmission.judge import SecondProofNeeded, judge
from kameng.resubmission.move import move
from kameng.resubmission.resubmission import (
    Kind,
    LeftToStaff,
    Resubmission,
    ResubmissionState,
    Verdict,
    Verified,
    Why,
)
from kameng.resubmission.situation import find_situation
from kameng.resubmission.verify import verify
from kameng.risk.scorecard import Verdict as Risk


@dataclass(frozen=True)
class Correction:
    """The answers to the product's form as they were typed; see `checkout.place_order.Wish`."""

    order_id: OrderId
    is_owner: bool
    answers: Mapping[str, str] = field(repr=False)
    operator: str = ""
    address: str | None = None
    has_proved: bool = False


async def correct_account(desk: Desk, correction: Correction) -> Resubmission:
    """What is topped up is changed, who did it is kept, and the order goes on, all at once.

    Raises OrderMissing, OwnerNeeded, SecondProofNeeded, NothingToCorrect, InvalidInput (the field `server` under
    `account.server`).
    """
    if not correction.is_owner:
        raise OwnerNeeded
    async with desk.db.transaction() as tx:
        one = await _correct(tx, desk, correction)
    if one is None:
        # What it was weighed at is kept.
        raise SecondProofNeeded
    return one


async def _correct(tx: Transaction, desk: Desk, correction: Correction) -> Resubmission | None:
    """None when the buyer has to prove it theirs first. Of HIGH the change is left to staff, unmade."""
    order = await lock_order(tx, correction.order_id)
    asked = await _asked(tx, desk, order)
    before = await account_of(tx.connection, desk.keyring, order.id)
    account = await _read(tx, order, correction)
    if before is None or account is None:
        raise NothingToCorrect
    fields = changed(before, account)
    if not fields:
        raise InvalidInput(fields={f"{MAIN}.{MAIN}": Words("与原来填写的一样，请检查要修改的内容")})
    risk = await _risk_of(tx, order, asked, correction)
    if risk is Risk.MIDDLE:
        return None
    new = store.New(order.id, Kind.CORRECT_ACCOUNT, BUYER)
    one = asked or await store.insert(tx, new, look_at=tx.now + LOOK_AFTER)
    if risk is Risk.HIGH:
        return await move(tx, one, LeftToStaff, why=[Why.RISKY])
    if not await start_corrected(tx, order.id):
        raise NothingToCorrect
    sealed = await change_account(tx, desk.keyring, order.id, account)
    await store.note_change(tx, one, fields=fields, sealed=sealed, address=correction.address)
    moved = await move(tx, one, Verified)
    facts = {"fields": fields, **({"address": correction.address} if correction.address else {})}
    await advance(tx, order, CorrectionGiven(BUYER, facts=facts))
    return moved


async def _risk_of(tx: Transaction, order: Order, asked: Resubmission | None, correction: Correction) -> Risk:
    """What a person has let through is not weighed again."""
    if asked is not None and asked.verdict is Verdict.LEFT_TO_STAFF:
        return Risk.LOW
    return await judge(tx, order, Kind.CORRECT_ACCOUNT, actor=BUYER, has_proved=correction.has_proved)


def changed(before: Account, after: Account) -> list[str]:
    """The names of what isn't the same any more; `operator` where the buyer's word for it has changed."""
    names = dict.fromkeys([*before.fields, *after.fields])
    fields = [name for name in names if before.fields.get(name) != after.fields.get(name)]
    return fields or (["operator"] if before.operator != after.operator else [])


async def _asked(tx: Transaction, desk: Desk, order: Order) -> Resubmission | None:
    """The one that asks for it; None where nobody asked, and nothing was sent yet. Raises NothingToCorrect."""
    one = await store.open_of(tx, order.id)
    if one is not None:
        if one.state is not ResubmissionState.ASKED:
            raise NothingToCorrect
        return one
    situation = await find_situation(tx.connection, order.id, now=tx.now)
    assert situation is not None
    if verify(Kind.CORRECT_ACCOUNT, situation, desk.rules, now=tx.now).verdict is not Verdict.PASSED:
        raise NothingToCorrect
    return None


async def _read(tx: Transaction, order: Order, correction: Correction) -> Account | None:
    offer = await find_offer(tx.connection, order.sku_id)
    assert offer is not None
    return read_account(offer.form, correction.answers, operator=correction.operator)
