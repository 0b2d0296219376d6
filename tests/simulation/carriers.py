"""Worker processes that dispatch, and die with all they have in flight."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from kameng.fulfilment.dispatcher import Dispatcher
from tests.builders.dispatching import PUBLIC_URL
from tests.builders.shop import Shop
from tests.simulation.supplied import SuppliedWorld
from tests.simulation.world import Crash


class Mortal(Dispatcher):
    """Knows all that it has begun, so that all of it can die with it."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.taking: set[asyncio.Task[Any]] = set()

    async def _take_up(self, *delivery: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.taking.add(task)
        try:
            await super()._take_up(*delivery)
        finally:
            self.taking.discard(task)


@dataclass
class Carrier:
    """A worker process that dispatches, dies with all it has in flight, and is started again."""

    supplied: SuppliedWorld
    process: Shop
    dispatcher: Mortal = field(init=False)

    def __post_init__(self) -> None:
        self.dispatcher = self._started()

    def begin(self, *, every_s: float, until_s: float) -> None:
        at = 0.0
        while at < until_s:
            self.supplied.world.later(at, self.work)
            at += every_s

    async def work(self) -> None:
        world, dispatcher = self.supplied.world, self.dispatcher
        try:
            await dispatcher.look()
        except Crash:
            await self._die(dispatcher)
            raise
        except asyncio.CancelledError:
            if dispatcher is self.dispatcher:
                raise
            return  # It died of a call while it was planning.
        for task in dispatcher._tasks - world.beside:
            world.beside.add(task)
            task.add_done_callback(lambda task, of=dispatcher: self._ended(task, of))  # type: ignore[misc]

    def _ended(self, task: asyncio.Task[None], dispatcher: Mortal) -> None:
        if task.cancelled() or task.exception() is None:
            return
        assert isinstance(task.exception(), Crash), task.exception()
        self.supplied.world.happened["crash in flight"] += 1
        dying = asyncio.get_running_loop().create_task(self._die(dispatcher))
        self.supplied.world.beside.add(dying)

    async def _die(self, dispatcher: Mortal) -> None:
        """Whatever it had in flight is gone at this very moment."""
        if dispatcher is self.dispatcher:
            self.dispatcher = self._started()
            tasks = [*dispatcher._tasks, *dispatcher.taking]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.supplied.world.happened["process died"] += 1
            self.supplied.world.happened["died in flight"] += len(tasks)

    def _started(self) -> Mortal:
        process = self.process
        return Mortal(
            db=process.db, keyring=process.keyring, suppliers=self.supplied.seen_by(process), public_url=PUBLIC_URL
        )
