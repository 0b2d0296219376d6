"""An order as its buyer may see it. No code, no contact in clear, no staff's words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kameng.catalogue.filling import Delivers
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.kernel.text import Words
from kameng.orders.contact import unseal_contact
from kameng.orders.lifecycle import OrderState
from kameng.orders.lock import OrderMissing
from kameng.orders.number import OrderId, grouped, printed
from kameng.tracking import queries
from kameng.tracking.masked_account import MaskedAccount, masked_account
from kameng.tracking.outlook import Outlook, find_outlook
from kameng.tracking.reading import (
    Action,
    Step,
    Told,
    actions_of,
    arrival_of,
    event_words_of,
    prove_by,
    reading_of,
    state_name_of,
    steps_of,
)


@dataclass(frozen=True)
class Moment:
    """One line of the timeline."""

    id: int
    event: str
    words: Words
    at: datetime


@dataclass(frozen=True)
class Attention:
    """It stands longer than it should, and staff look after it: `since` when, a person since `taken_at`, and by when
    it has moved on or its buyer hears more."""

    since: datetime
    taken_at: datetime | None
    promise_at: datetime

    @property
    def words(self) -> Words:
        return _TAKEN if self.taken_at is not None else _CALLED


_TAKEN = Words("有客服正在处理")
_CALLED = Words("已转客服，正在安排处理")


@dataclass(frozen=True)
class OrderView:
    """Everything the order page and the API show; money in fen."""

    order_id: OrderId
    order_no: str
    order_no_grouped: str
    site_id: int
    state: OrderState
    is_top_up: bool
    state_name: Words
    reading: Words
    arrival: Words | None
    steps: list[Step]
    timeline: list[Moment]
    actions: tuple[Action, ...]
    type_name: str
    product_name: str
    face_value: str
    usage_note: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    contact_masked: str
    account: MaskedAccount | None
    placed_at: datetime
    pay_until: datetime
    changed_at: datetime
    reveals: int
    surplus_fen: int
    last_event_id: int
    prove_by: datetime | None = None
    outlook: Outlook | None = None
    attention: Attention | None = None


async def view_order(*, db: Database, keyring: Keyring, order_id: OrderId) -> OrderView:
    """The order as it stands. The caller has checked that its reader may see it. Raises OrderMissing."""
    async with db.reading() as connection:
        row = await queries.view(connection, order_id)
    if row is None:
        raise OrderMissing
    return await with_outlook(db, view_of(keyring, dict(row), db.clock.now()))


async def with_outlook(db: Database, view: OrderView) -> OrderView:
    """The same, with what to expect while suppliers deliver it; of any other order nothing more is read."""
    if view.state is not OrderState.DELIVERING:
        return view
    return replace(view, outlook=await find_outlook(db=db, order_id=view.order_id, product_name=view.product_name))


def view_of(keyring: Keyring, row: Mapping[str, Any], now: datetime) -> OrderView:
    """The view from a row of `queries.VIEW` or `queries.LOOKUP`."""
    order_id, state = OrderId(row["id"]), OrderState(row["state"])
    is_top_up = row["delivers"] == Delivers.TOP_UP
    events = [
        Told(id_, event, OrderState(to_state), actor, facts, datetime.fromisoformat(at))
        for id_, event, to_state, actor, facts, at in row["events"]
    ]
    return OrderView(
        order_id=order_id,
        order_no=printed(order_id),
        order_no_grouped=grouped(order_id),
        site_id=row["site_id"],
        state=state,
        is_top_up=is_top_up,
        state_name=state_name_of(state, is_top_up=is_top_up),
        reading=reading_of(state, events, is_top_up=is_top_up),
        arrival=arrival_of(state, events, is_top_up=is_top_up),
        steps=steps_of(state, events, is_top_up=is_top_up),
        timeline=[Moment(t.id, t.event, event_words_of(t.event, t.facts, is_top_up=is_top_up), t.at) for t in events],
        actions=actions_of(state, events, pay_until=row["pay_until"], now=now, is_top_up=is_top_up),
        type_name=row["type_name"],
        product_name=row["product_name"],
        face_value=row["face_value"],
        usage_note=row["usage_note"],
        quantity=row["quantity"],
        unit_price_fen=row["unit_price_fen"],
        amount_fen=row["amount_fen"],
        contact_masked=unseal_contact(keyring, order_id, row["contact_sealed"]).masked,
        account=masked_account(keyring, order_id, row),
        placed_at=row["placed_at"],
        pay_until=row["pay_until"],
        changed_at=row["changed_at"],
        reveals=sum(told.event == "revealed" for told in events),
        surplus_fen=sum(int(str(t.facts["surplus_fen"])) for t in events if t.event == "surplus_received"),
        last_event_id=events[-1].id,
        prove_by=prove_by(state, events),
        attention=_attention(row["attention"]),
    )


def _attention(stored: list[str | None] | None) -> Attention | None:
    if stored is None:
        return None
    since, taken_at, promise_at = (datetime.fromisoformat(at) if at else None for at in stored)
    assert since is not None, "as the table has it"
    assert promise_at is not None, "as the table has it"
    return Attention(since, taken_at, promise_at)
