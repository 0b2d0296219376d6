"""A batch is drawn up: what would be done is written down and done to nothing yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kameng.batches import item_store, store
from kameng.batches.batch import DRAFT_LASTS, PERMISSIONS, Action
from kameng.batches.choose import Filter, Pasted, choose
from kameng.batches.fit import look_at
from kameng.kernel.database import Database
from kameng.resubmission.resubmission import ResubmissionRules
from kameng.staff.audit import Note, note
from kameng.staff.member import Staff
from kameng.staff.roles import NotPermitted, may


@dataclass(frozen=True)
class Wish:
    """Who wants what done to which orders."""

    action: Action
    orders: Filter | Pasted
    asker: Staff
    address: str | None = None


async def draw_up(*, db: Database, rules: ResubmissionRules, wish: Wish) -> int:
    """The id of the draft; good for an hour. Raises NotPermitted, InvalidInput (see `choose`)."""
    if not may(wish.asker.role, PERMISSIONS[wish.action]):
        raise NotPermitted
    if isinstance(wish.orders, Filter):
        order_ids: Sequence[int] = await choose(db, wish.action, wish.orders)
        chosen: Mapping[str, Any] = wish.orders.facts()
        unread: Sequence[int] = ()
    else:
        order_ids, unread = wish.orders.order_ids, wish.orders.unread
        chosen = {"pasted": len(order_ids)}
    items = await look_at(db, wish.action, order_ids, rules=rules)
    async with db.transaction() as tx:
        new = store.New(wish.action, wish.asker.id, chosen, unread, wish.address, tx.now + DRAFT_LASTS)
        batch_id = await store.insert(tx, new)
        await item_store.insert(tx, batch_id, items)
        fit = [item for item in items if item.why is None]
        facts = {"action": wish.action, "orders": len(items), "fit": len(fit), **chosen}
        await note(tx, Note(wish.asker, "batch:drawn_up", f"batch:{batch_id}", facts, wish.address))
    return batch_id
