"""Reading batches: the list, and one of them with how far it is and what became of each order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from kameng.batches import item_store, store
from kameng.batches.batch import Batch, BatchMissing, BatchState, ItemState
from kameng.batches.confirm import people_needed
from kameng.batches.move import BATCH_ID_MAX
from kameng.kernel.database import Connection, Database
from kameng.orders.lifecycle import OrderState
from kameng.orders.number import OrderId
from kameng.payment.request import RefundRules

PAGE = 50
LINES_PAGE = 100


@dataclass(frozen=True)
class Count:
    orders: int = 0
    fen: int = 0


@dataclass(frozen=True)
class Progress:
    """How many orders are where, and how much money they are about."""

    by_state: Mapping[ItemState, Count]

    def of(self, state: ItemState) -> Count:
        return self.by_state.get(state, Count())

    @property
    def fit(self) -> Count:
        fits = [count for state, count in self.by_state.items() if state is not ItemState.UNFIT]
        return Count(sum(count.orders for count in fits), sum(count.fen for count in fits))

    @property
    def tried(self) -> int:
        return self.fit.orders - self.of(ItemState.TODO).orders - self.of(ItemState.LEFT).orders


@dataclass(frozen=True)
class Line:
    """An order of a batch. `result`: where its resubmission or refund request stands now; `why`: a code."""

    order_id: OrderId
    place: int
    state: ItemState
    seen_state: OrderState | None
    order_state: OrderState | None
    amount_fen: int
    why: str | None
    result_id: int | None
    result: str | None
    out_order_no: str | None
    at: datetime | None


@dataclass(frozen=True)
class Agreed:
    login: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Shown:
    """A batch as its page shows it. `needs`: how many people have to agree, or would have to. `whys`: how many orders
    do not fit, or were not done, for which reason."""

    batch: Batch
    progress: Progress
    needs: int
    whys: Sequence[tuple[str, int]]
    agreed: Sequence[Agreed]
    lines: Sequence[Line]

    @property
    def next_after(self) -> int | None:
        """The place behind which the next page of lines begins."""
        return self.lines[-1].place if len(self.lines) == LINES_PAGE else None


_NOT_DONE = (ItemState.UNFIT, ItemState.REFUSED, ItemState.CHANGED, ItemState.FAILED, ItemState.WAITING)


async def list_batches(db: Database, *, before: int | None = None) -> list[tuple[Batch, Progress]]:
    """The newest first, drafts left out; `before` an id for the next page."""
    async with db.reading() as connection:
        batches = await store.newest(connection, before=before or BATCH_ID_MAX, at_most=PAGE)
        return await _with_progress(connection, batches)


async def list_waiting_batches(db: Database) -> list[tuple[Batch, Progress]]:
    """Those that somebody has to agree to, the most urgent first."""
    async with db.reading() as connection:
        return await _with_progress(connection, await store.waiting(connection, at_most=PAGE))


async def show_batch(
    db: Database, batch_id: int, *, rules: RefundRules, state: ItemState | None = None, after: int = 0
) -> Shown:
    """One of staff's, with its lines in one state or all. Raises BatchMissing."""
    async with db.reading() as connection:
        one = await store.batch(connection, batch_id) if 0 < batch_id <= BATCH_ID_MAX else None
        if one is None or one.asker is None:
            raise BatchMissing
        progress = _progress(await item_store.counts(connection, batch_id))
        is_draft = one.state is BatchState.DRAFT
        fen = progress.of(ItemState.TODO).fen
        needs = await people_needed(connection, one, fen, rules, now=db.clock.now()) if is_draft else one.needs
        states = [state] if state is not None else None
        return Shown(
            one,
            progress,
            needs,
            [(row["why"], row["items"]) for row in await item_store.whys(connection, batch_id, _NOT_DONE)],
            [Agreed(**dict(row)) for row in await store.agreed(connection, batch_id)],
            await lines_of(connection, batch_id, after=after, states=states),
        )


async def lines_of(
    connection: Connection, batch_id: int, *, after: int = 0, states: Sequence[str] | None = None,
    at_most: int = LINES_PAGE,
) -> list[Line]:  # fmt: skip
    """In their order."""
    rows = await item_store.lines(connection, batch_id, after=after, states=states, at_most=at_most)
    return [
        Line(
            **{
                **dict(row),
                "order_id": OrderId(row["order_id"]),
                "state": ItemState(row["state"]),
                "seen_state": OrderState(row["seen_state"]) if row["seen_state"] else None,
                "order_state": OrderState(row["order_state"]) if row["order_state"] else None,
            }
        )
        for row in rows
    ]


async def _with_progress(connection: Connection, batches: Sequence[Batch]) -> list[tuple[Batch, Progress]]:
    rows = await item_store.counts_of(connection, [one.id for one in batches])
    return [(one, _progress([row for row in rows if row["batch_id"] == one.id])) for one in batches]


def _progress(rows: Sequence[asyncpg.Record]) -> Progress:
    return Progress({ItemState(row["state"]): Count(row["items"], row["fen"]) for row in rows})
