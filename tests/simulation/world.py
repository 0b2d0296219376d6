"""A world with a clock of its own: what will happen is on its agenda, and processes die in it at every commit."""

import asyncio
import heapq
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

import asyncpg

from kameng.journey import FOLLOWING
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.payment.gateways import Gateways
from tests.builders.bank import Bank, Call, Mood
from tests.builders.shop import Goods, Shop, a_shop, a_stocked_sku

CRASHES = 0.01
AT_ONCE = 6
Action = Callable[[], Awaitable[object]]


class Crash(BaseException):
    """The process is gone. Not an Exception: nobody may catch it and go on."""


class CrashingDatabase(Database):
    """Dies before or after a commit, now and then: the caller never learns which of the two it was."""

    def __init__(self, pool: asyncpg.Pool, *, clock: VirtualClock, random: Random, crashes: float) -> None:
        super().__init__(pool, following=FOLLOWING, clock=clock)
        self.random = random
        self.crashes = crashes

    @asynccontextmanager
    async def one_statement(self) -> AsyncIterator[Transaction]:
        """The statement is its own commit."""
        fate = self.random.random()
        if fate < self.crashes:
            raise Crash
        async with super().one_statement() as tx:
            yield tx
        if fate < 2 * self.crashes:
            raise Crash

    async def _commit(self, block: asyncpg.transaction.Transaction) -> None:
        fate = self.random.random()
        if fate < self.crashes:
            await block.rollback()
            raise Crash
        await super()._commit(block)
        if fate < 2 * self.crashes:
            raise Crash


@dataclass
class World:
    """`shop` looks on safely; `processes` are the same shop as seen by processes that may die."""

    random: Random
    shop: Shop
    processes: list[Shop]
    goods: list[Goods] = field(default_factory=list)
    agenda: list[tuple[datetime, int, Action]] = field(default_factory=list)
    serial: "count[int]" = field(default_factory=count)
    happened: Counter[str] = field(default_factory=Counter)
    #: What goes on beside the agenda, and those of it that wait for something on the agenda.
    beside: set[asyncio.Task[None]] = field(default_factory=set)
    sleeping: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def banks(self) -> tuple[Bank, Bank]:
        return self.shop.bank, self.shop.other_bank

    def process(self) -> Shop:
        return self.random.choice(self.processes)

    def happens(self, probability: float) -> bool:
        return self.random.random() < probability

    def later(self, seconds: float, action: Action) -> None:
        heapq.heappush(self.agenda, (self.shop.clock.now() + timedelta(seconds=seconds), next(self.serial), action))

    async def sleep(self, seconds: float) -> None:
        """For a task that goes on beside the agenda."""
        awake, task = asyncio.Event(), asyncio.current_task()
        assert task is not None

        async def wake() -> None:
            awake.set()
            self.sleeping.discard(task)

        self.later(seconds, wake)
        self.sleeping.add(task)
        try:
            await awake.wait()
        finally:
            self.sleeping.discard(task)

    async def run(self) -> None:
        """Until the agenda is empty. What is due at about the same time happens at once."""
        while self.agenda:
            first = self.agenda[0][0]
            self.shop.clock.go_on(max(first - self.shop.clock.now(), timedelta(0)))
            due: list[Action] = []
            while self.agenda and len(due) < AT_ONCE and self.agenda[0][0] <= first + timedelta(seconds=2):
                due.append(heapq.heappop(self.agenda)[2])
            await asyncio.gather(*map(self._survive, due))
            await self.rest()

    async def rest(self) -> None:
        """Time stands still until everything beside the agenda has ended, or sleeps."""
        while busy := {task for task in self.beside if not task.done()} - self.sleeping:
            await asyncio.wait(busy, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
        self.beside = {task for task in self.beside if not task.done()}

    async def _survive(self, action: Action) -> None:
        try:
            await action()
        except Crash:
            self.happened["crash"] += 1


async def a_world(pool: asyncpg.Pool, keyring: Keyring, clock: VirtualClock, seed: int) -> World:
    """Two banks in changing moods, four processes, and some products of which not all are plenty."""
    random = Random(seed)
    shop = await a_shop(Database(pool, following=FOLLOWING, clock=clock), keyring, clock)
    processes = []
    for _ in range(4):
        db = CrashingDatabase(pool, clock=clock, random=random, crashes=CRASHES)
        processes.append(replace(shop, db=db, gateways=Gateways(db, keyring, shop.gateways.makers)))
    world = World(random, shop, processes)
    for bank in world.banks:
        bank.mood_of = _moods(random, bank, clock)
    for price_fen, cards in ((1000, 40), (990, 25), (12345, 15), (1, 10)):
        world.goods.append(await a_stocked_sku(shop, cards=cards, price_fen=price_fen))
    return world


def _moods(random: Random, bank: Bank, clock: VirtualClock) -> Callable[[Call], Mood]:
    """Mostly fine, with a bad quarter of an hour now and then. Refunds go wrong more often: there are fewer of them."""
    bad_hours = random.sample(range(24 * 4), 8)

    def mood(call: Call) -> Mood:
        quarter = int(clock.now().timestamp() // 900) % (24 * 4)
        wrong = 0.7 if quarter in bad_hours else 0.25 if call is Call.REFUND else 0.04
        if random.random() >= wrong:
            return Mood.FINE
        moods = [Mood.DOUBT, Mood.LOST, Mood.BREAKS] + ([Mood.REFUSES] if call is not Call.QUERY else [])
        return random.choice(moods)

    return mood
