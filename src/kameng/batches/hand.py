"""One item in one hand: what is done to its order, and that it was done, are committed together or not at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kameng.batches import item_store
from kameng.batches.batch import Batch, Item, ItemState
from kameng.batches.item_store import Ended
from kameng.kernel.database import Database, Transaction
from kameng.orders.lifecycle import Actor, ActorKind, OrderState
from kameng.orders.lock import lock_order
from kameng.orders.number import printed
from kameng.staff.audit import Note, note


class Taken(Exception):
    """Somebody else has it or has done it, or its batch is not running any more."""


class Changed(Exception):
    """The order is not in the state any more that the preview saw it in."""

    def __init__(self, state: OrderState) -> None:
        super().__init__(state)


class Hand(Database):
    """The database for one item: the first transaction takes the item and its order, and ends it as `ended` says.

    A verb that opens its own transaction is given this in place of the database. Raises Taken, Changed, OrderMissing.
    """

    def __init__(self, db: Database, batch: Batch, item: Item) -> None:
        super().__init__(db.pool, following=db.following, clock=db.clock)
        self._db = db
        self.batch = batch
        self.item = item
        self.ended = Ended(ItemState.DONE)
        self.is_done = False

    @property
    def actor(self) -> Actor:
        if self.batch.asker is None:
            return Actor(ActorKind.BUYER, f"merchant:{self.batch.chosen['merchant']}")
        return Actor(ActorKind.STAFF, self.batch.asker.login)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        is_first = not self.is_done
        async with self._db.transaction() as tx:
            if is_first:
                await self._take(tx)
            yield tx
            if is_first:
                await self.finish(tx)
                await item_store.end(tx, self.item, self.ended)
        self.is_done = True

    async def _take(self, tx: Transaction) -> None:
        if not await item_store.take(tx, self.item):
            raise Taken
        order = await lock_order(tx, self.item.order_id)
        if order.state is not self.item.seen_state:
            raise Changed(order.state)

    async def finish(self, tx: Transaction) -> None:
        """For whoever reads the outcome from what the verb has written."""

    async def noted(self, tx: Transaction, action: str, **facts: object) -> None:
        """A line of the audit about this order, when one of staff asked for it."""
        if self.batch.asker is not None:
            told = {**facts, "batch": self.batch.id, "reason": self.batch.reason}
            subject = f"order:{printed(self.item.order_id)}"
            await note(tx, Note(self.batch.asker, f"order:{action}", subject, told, self.batch.address))
