"""The watch over suppliers: trouble is opened, probed, put off and closed by what becomes of attempts."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from kameng.arrivals.learn_arrivals import learn_arrivals
from kameng.kernel.clock import VirtualClock
from kameng.kernel.database import Database
from kameng.radar.watch_suppliers import SETTLES_IN, watch_suppliers
from kameng.supply.declare_trouble import (
    TroubleDraft,
    TroubleMissing,
    TroubleOpenAlready,
    declare_trouble,
    end_trouble,
)
from kameng.supply.troubles import PROBE_AFTER, PROBES_TO_CLOSE, Place, Trouble, TroubleKind, open_troubles
from tests.builders.attempts import Attempts, Ending

pytestmark = pytest.mark.anyio

FAILED = Ending("failed", timedelta(seconds=2), "operator_trouble")
STEP = timedelta(seconds=20)
SIGNS = "SELECT sum(total) FROM radar_streams WHERE operator = '' AND sign = 'outcome'"


class Scene:
    """One supplier with some history; attempts leave one after the other, and the watch looks after each."""

    def __init__(self, attempts: Attempts, supplier_id: int, sku_id: int) -> None:
        self.attempts = attempts
        self.db = attempts.db
        self.clock = attempts.db.clock
        self.supplier_id = supplier_id
        self.sku_id = sku_id

    async def send(self, ending: Ending, times: int = 1, *, province: str = "广东", operator: str = "mobile") -> None:
        """So many, and the round in which their ends are seen."""
        assert isinstance(self.clock, VirtualClock)
        for _ in range(times):
            self.clock.go_on(STEP)
            called = self.clock.now() - max(ending.after, SETTLES_IN) - timedelta(seconds=1)
            await self.attempts.attempt(
                self.sku_id, self.supplier_id, called, ending=ending, place=(operator, province)
            )
        await watch_suppliers(db=self.db)

    async def open(self) -> list[Trouble]:
        async with self.db.reading() as connection:
            return await open_troubles(connection)


@pytest.fixture
async def scene(db: Database, clock: VirtualClock) -> Scene:
    attempts = Attempts(db)
    supplier_id = await attempts.supplier()
    sku_id, _ = await attempts.sku()
    scene = Scene(attempts, supplier_id, sku_id)
    for province in ("广东", "浙江", "四川"):
        for operator in ("mobile", "unicom"):
            await scene.send(Ending(after=timedelta(seconds=15)), 20, province=province, operator=operator)
    await learn_arrivals(db=db)
    clock.go_on(timedelta(minutes=1))
    return scene


async def test_a_supplier_that_fails_is_avoided_until_probes_come_through(scene: Scene) -> None:
    for province in ("广东", "浙江", "四川"):
        for operator in ("mobile", "unicom"):
            await scene.send(FAILED, 2, province=province, operator=operator)
    await scene.send(FAILED, 3)
    (trouble,) = await scene.open()
    assert trouble.place == Place(scene.supplier_id)
    assert trouble.kind is TroubleKind.FAILING
    assert trouble.probe_at == trouble.opened_at + PROBE_AFTER[0], "what was on its way put nothing off"
    assert trouble.expected_until > scene.clock.now()
    assert await scene.db.pool.fetchval("SELECT kind FROM alarms") == "supplier_trouble"
    for pause in PROBE_AFTER[:3]:
        await scene.send(replace(FAILED, probes=trouble.id))
        (trouble,) = await scene.open()
        assert trouble.probe_at == scene.clock.now() + pause
    for _ in range(PROBES_TO_CLOSE[TroubleKind.FAILING]):
        assert len(await scene.open()) == 1
        await scene.send(Ending(after=timedelta(seconds=10)))
    assert await scene.open() == []
    closed = await scene.db.pool.fetchrow("SELECT closed_at, closed_by FROM troubles")
    assert closed is not None
    assert closed["closed_by"] == "radar"


async def test_only_the_province_that_fails_is_avoided(scene: Scene) -> None:
    for _ in range(8):
        await scene.send(FAILED)
        await scene.send(Ending(after=timedelta(seconds=15)), province="浙江")
    assert [trouble.place for trouble in await scene.open()] == [Place(scene.supplier_id, "mobile", "广东")]
    await scene.send(Ending(after=timedelta(seconds=15)), 4, province="浙江")
    assert len(await scene.open()) == 1, "what works elsewhere proves nothing here"


@pytest.mark.parametrize("reason", ["wrong_account", "out_of_stock", "goods_gone", "costs_too_much"])
async def test_what_is_not_the_suppliers_fault_is_not_held_against_it(scene: Scene, reason: str) -> None:
    await scene.send(Ending("failed", timedelta(seconds=2), reason), 30)
    assert await scene.open() == []
    assert await scene.db.pool.fetchval("SELECT count(*) FROM alarms") == 0


async def test_calls_that_nobody_can_read_make_it_silent(scene: Scene) -> None:
    await scene.send(Ending("in_doubt"), 10)
    (trouble,) = await scene.open()
    assert trouble.kind is TroubleKind.SILENT
    await scene.send(Ending("placed", timedelta(0)), PROBES_TO_CLOSE[TroubleKind.SILENT])
    assert await scene.open() == [], "it answers again"


async def test_what_is_accepted_and_never_arrives_makes_it_silent_and_late_arrivals_slow(scene: Scene) -> None:
    assert isinstance(scene.clock, VirtualClock)
    now = scene.clock.now()
    ids = [
        await scene.attempts.attempt(
            scene.sku_id, scene.supplier_id, now, ending=Ending("placed"), place=("mobile", "广东")
        )
        for _ in range(12)
    ]
    scene.clock.go_on(timedelta(seconds=5))
    await watch_suppliers(db=scene.db)
    assert await scene.open() == [], "nothing is late yet"
    scene.clock.go_on(timedelta(minutes=10))
    await watch_suppliers(db=scene.db)
    (trouble,) = await scene.open()
    assert trouble.kind is TroubleKind.SILENT
    await scene.attempts.settle(ids[0], "delivered", scene.clock.now())
    await watch_suppliers(db=scene.db)
    (trouble,) = await scene.open()
    assert trouble.kind is TroubleKind.SLOW, "it lives, and is only slow"
    for _ in range(PROBES_TO_CLOSE[TroubleKind.SLOW]):
        assert len(await scene.open()) == 1
        await scene.send(Ending(after=timedelta(seconds=10)))
    assert await scene.open() == []


async def test_each_attempt_is_judged_once_however_many_look(scene: Scene) -> None:
    assert isinstance(scene.clock, VirtualClock)
    before = await scene.db.pool.fetchval(SIGNS)
    called = scene.clock.now()
    for _ in range(50):
        await scene.attempts.attempt(scene.sku_id, scene.supplier_id, called, ending=Ending(after=timedelta(seconds=1)))
    scene.clock.go_on(timedelta(seconds=10))
    judged = await asyncio.gather(*(watch_suppliers(db=scene.db) for _ in range(5)))
    assert sum(judged) == 50
    after = await scene.db.pool.fetchval(SIGNS)
    assert after - before == 50
    assert await scene.db.pool.fetchval("SELECT count(*) FROM radar_watched") == 0


async def test_recovery_is_expected_as_past_troubles_lasted_and_put_off_when_it_passes(scene: Scene) -> None:
    assert isinstance(scene.clock, VirtualClock)
    place = Place(scene.supplier_id)
    for _ in range(3):
        trouble_id = await declare_trouble(db=scene.db, draft=TroubleDraft(place, TroubleKind.FAILING, "wang"))
        scene.clock.go_on(timedelta(hours=2))
        await end_trouble(db=scene.db, trouble_id=trouble_id, login="wang")
    await declare_trouble(db=scene.db, draft=TroubleDraft(place, TroubleKind.FAILING, "wang"))
    (trouble,) = await scene.open()
    assert trouble.expected_until == scene.clock.now() + timedelta(hours=2)
    scene.clock.go_on(timedelta(hours=2, minutes=30))
    await watch_suppliers(db=scene.db)
    (trouble,) = await scene.open()
    assert trouble.expected_until > scene.clock.now()


async def test_staff_open_and_close_by_hand_once(scene: Scene) -> None:
    place = Place(scene.supplier_id, "mobile", "广东")
    trouble_id = await declare_trouble(
        db=scene.db, draft=TroubleDraft(place, TroubleKind.SILENT, "wang", why="运营商维护")
    )
    with pytest.raises(TroubleOpenAlready):
        await declare_trouble(db=scene.db, draft=TroubleDraft(place, TroubleKind.SLOW, "li"))
    (trouble,) = await scene.open()
    assert (trouble.opened_by, trouble.evidence) == ("staff:wang", {"why": "运营商维护"})
    await end_trouble(db=scene.db, trouble_id=trouble_id, login="li")
    with pytest.raises(TroubleMissing):
        await end_trouble(db=scene.db, trouble_id=trouble_id, login="li")
    assert await scene.open() == []
