"""The worker process: jobs as they come, and sweeps that go on from the rows whatever was lost.

Any number of workers may run; they share the work out by locks in the database. A job that fails raises an alarm; what
it should have done is found again by its sweep.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import asyncpg
import structlog
from pgqueuer.core.qm import QueueManager
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job as QueuedJob
from pgqueuer.queries import Queries

from kameng.adapters.callbacks import Callbacks
from kameng.adapters.gateways.table import gateway_makers
from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import supplier_makers
from kameng.aftersales.follow_remedies import AT_A_TIME as FOLLOWED_AT_A_TIME
from kameng.aftersales.follow_remedies import follow_remedies
from kameng.aftersales.watch_cases import AT_A_TIME as CASES_AT_A_TIME
from kameng.aftersales.watch_cases import watch_cases
from kameng.arrivals.learn_arrivals import learn_arrivals
from kameng.attention.find_stuck import AT_A_TIME as STUCK_AT_A_TIME
from kameng.attention.find_stuck import find_stuck
from kameng.batches.carry_out import AT_A_TIME as BATCHED_AT_A_TIME
from kameng.batches.carry_out import carry_out_batches
from kameng.batches.lapse import lapse_batches
from kameng.batches.one_by_one import Bench
from kameng.checkout.place_order import forget_old_requests
from kameng.fulfilment import restock
from kameng.fulfilment.confirm_arrival import AT_A_TIME as CONFIRMED_AT_A_TIME
from kameng.fulfilment.confirm_arrival import confirm_by_itself
from kameng.fulfilment.dispatcher import Dispatcher
from kameng.fulfilment.end_holds import end_holds
from kameng.journey import FOLLOWING
from kameng.kernel.database import Database, connect, open_pool
from kameng.kernel.jobs import Body, Job, payload_of
from kameng.merchants.authenticate import forget_old_nonces
from kameng.orders.weigh import learn_usual_amounts
from kameng.payment import expire, poll, sweep_refunds
from kameng.payment.gateways import Gateways
from kameng.payment.jobs import SEND_REFUND
from kameng.payment.lapse_requests import AT_A_TIME as LAPSED_AT_A_TIME
from kameng.payment.lapse_requests import lapse_requests
from kameng.payment.send_refund import send_refund
from kameng.radar.watch_suppliers import AT_A_TIME as WATCHED_AT_A_TIME
from kameng.radar.watch_suppliers import watch_suppliers
from kameng.resubmission.desk import Desk
from kameng.resubmission.repair import repair_orders
from kameng.resubmission.tend import AT_A_TIME as TENDED_AT_A_TIME
from kameng.resubmission.tend import tend_resubmissions
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.risk.guard import GuardRules, forget_old_windows
from kameng.settings import Settings
from kameng.stock.import_upload import import_upload
from kameng.stock.index_tails import index_tails
from kameng.stock.jobs import IMPORT_CARDS
from kameng.stock.resume_imports import resume_imports
from kameng.supply.hold import AT_A_TIME as HOLDS_AT_A_TIME
from kameng.supply.hold import sweep_holds
from kameng.supply.suppliers import Suppliers
from kameng.supply.sync_goods import AT_A_TIME as SYNCED_AT_A_TIME
from kameng.supply.sync_goods import sync_goods
from kameng.wholesale.tell import AT_A_TIME as TOLD_AT_A_TIME
from kameng.wholesale.tell import tell_merchants

log = structlog.get_logger()

LOOK_FOR_JOBS_EVERY = timedelta(seconds=2)
# Suppliers take their time, and hundreds of them may do so at once.
CONNECTIONS_MAX = 1000


@dataclass(frozen=True)
class Sweep:
    """Something looked for again and again. A round that finds `at_a_time` is followed by another at once."""

    name: str
    every: timedelta
    body: Callable[[], Awaitable[int]]
    at_a_time: int | None = None
    #: It may take minutes, and can be broken off at any point.
    may_be_cut: bool = False


def sweeps_of(
    db: Database, *, gateways: Gateways, suppliers: Suppliers, settings: Settings, telling: Callable[[], Awaitable[int]]
) -> tuple[Sweep, ...]:
    """`telling` tells merchants of what has changed."""
    every_2_s, every_5_s = timedelta(seconds=2), timedelta(seconds=5)
    return (
        Sweep("expire_orders", every_2_s, partial(expire.expire_orders, db=db), expire.AT_A_TIME),
        Sweep("poll_payments", every_2_s, partial(poll.poll_payments, db=db, gateways=gateways), poll.AT_A_TIME),
        Sweep("sweep_refunds", every_5_s, partial(sweep_refunds.sweep_refunds, db=db, gateways=gateways)),
        Sweep("lapse_requests", timedelta(minutes=1), partial(lapse_requests, db=db), LAPSED_AT_A_TIME),
        Sweep("end_holds", every_5_s, partial(end_holds, db=db)),
        Sweep("resume_imports", timedelta(minutes=1), partial(resume_imports, db=db)),
        Sweep(
            "index_tails",
            timedelta(minutes=1),
            partial(index_tails, db=db, keyring=settings.keyring()),
            may_be_cut=True,
        ),
        Sweep("sweep_holds", timedelta(minutes=1), partial(sweep_holds, db=db), HOLDS_AT_A_TIME),
        Sweep(
            "sync_goods", every_5_s, partial(sync_goods, db=db, suppliers=suppliers), SYNCED_AT_A_TIME, may_be_cut=True
        ),
        Sweep("tell_merchants", every_2_s, telling, TOLD_AT_A_TIME),
        Sweep("restock", every_5_s, partial(restock.restock, db=db), restock.AT_A_TIME),
        Sweep("watch_suppliers", every_5_s, partial(watch_suppliers, db=db), WATCHED_AT_A_TIME),
        Sweep("learn_arrivals", timedelta(minutes=1), partial(learn_arrivals, db=db)),
        Sweep("watch_cases", every_5_s, partial(watch_cases, db=db, rules=settings.cases), CASES_AT_A_TIME),
        Sweep("find_stuck", every_5_s, partial(find_stuck, db=db), STUCK_AT_A_TIME),
        Sweep("follow_remedies", every_2_s, partial(follow_remedies, db=db, rules=settings.cases), FOLLOWED_AT_A_TIME),
        *_resubmission_sweeps(db, gateways, suppliers, settings),
        Sweep("tidy", timedelta(hours=1), partial(_tidy, db, settings.guard)),
    )


def _resubmission_sweeps(
    db: Database, gateways: Gateways, suppliers: Suppliers, settings: Settings
) -> tuple[Sweep, ...]:
    desk = Desk(db, settings.keyring(), gateways, settings.resubmission, settings.checkout)
    confirming = partial(confirm_by_itself, db=db, after=settings.resubmission.confirm_after)
    return (
        Sweep("tend_resubmissions", timedelta(seconds=2), partial(tend_resubmissions, desk), TENDED_AT_A_TIME),
        Sweep("repair_orders", timedelta(seconds=30), partial(repair_orders, desk, suppliers)),
        Sweep("confirm_arrivals", timedelta(minutes=1), confirming, CONFIRMED_AT_A_TIME),
        # It can be broken off anywhere: what it took up and did not end is taken up again.
        Sweep(
            "carry_out_batches",
            timedelta(seconds=1),
            partial(carry_out_batches, Bench(desk, settings.refunds)),
            BATCHED_AT_A_TIME,
            may_be_cut=True,
        ),
        Sweep("lapse_batches", timedelta(minutes=1), partial(lapse_batches, db=db)),
    )


async def work(settings: Settings, url: str, stop: asyncio.Event) -> None:
    """Work until `stop` is set, then finish what is at hand.

    Raises when the queue itself breaks, for example because the database went away: whoever started this process starts
    it again.
    """
    async with (
        HttpClient(connections_max=CONNECTIONS_MAX) as http,
        await open_pool(url, size=settings.pool_size) as pool,
    ):
        db = Database(pool, following=FOLLOWING)
        keyring = settings.keyring()
        gateways = Gateways(db, keyring, gateway_makers(http))
        suppliers = Suppliers(db, keyring, supplier_makers(http, db.clock))
        dispatcher = Dispatcher(db=db, keyring=keyring, suppliers=suppliers, public_url=settings.public_url)
        callbacks = Callbacks(http, reachable=settings.wholesale.reachable)
        telling = partial(tell_merchants, db=db, keyring=keyring, hearer=callbacks)
        bodies: Mapping[Job, Body] = {
            SEND_REFUND: partial(send_refund, db=db, gateways=gateways),
            IMPORT_CARDS: partial(import_upload, db=db, keyring=keyring),
        }
        queue_connection = await connect(url)
        queue = _queue(db, queue_connection, {job.name: body for job, body in bodies.items()})
        gc.collect()
        gc.freeze()
        log.info("worker.started")
        try:
            async with asyncio.TaskGroup() as group:
                sweeps = sweeps_of(db, gateways=gateways, suppliers=suppliers, settings=settings, telling=telling)
                for sweep in sweeps:
                    group.create_task(_sweep(sweep, stop))
                group.create_task(dispatcher.run(stop))
                group.create_task(queue.run(dequeue_timeout=LOOK_FOR_JOBS_EVERY))
                await stop.wait()
                queue.shutdown.set()
        finally:
            await queue_connection.close()
    log.info("worker.stopped")


def _queue(db: Database, connection: asyncpg.Connection, bodies: Mapping[str, Body]) -> QueueManager:
    queue = QueueManager(Queries(AsyncpgDriver(connection)))
    for name, body in bodies.items():
        queue.entrypoint(name)(_job_body(db, name, body))
    return queue


def _job_body(db: Database, name: str, body: Body) -> Callable[[QueuedJob], Awaitable[None]]:
    async def run(job: QueuedJob) -> None:
        try:
            await body(**payload_of(job.payload))
        except Exception as error:
            log.exception("job.failed", job=name)
            async with db.transaction() as tx:
                await raise_alarm(tx, AlarmKind.JOB_GAVE_UP, f"job:{name}", error=type(error).__name__)
            raise

    return run


async def _sweep(sweep: Sweep, stop: asyncio.Event) -> None:
    while not stop.is_set():
        found = 0
        try:
            found = await (_unless_stopped(sweep.body, stop) if sweep.may_be_cut else sweep.body())
        except Exception:
            # Whatever it was, the rows are still there, and the next round finds them.
            log.exception("sweep.failed", sweep=sweep.name)
        if found != sweep.at_a_time:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), sweep.every.total_seconds())


async def _unless_stopped(body: Callable[[], Awaitable[int]], stop: asyncio.Event) -> int:
    """What was found; 0 when it was broken off."""
    running, stopped = asyncio.ensure_future(body()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return running.result() if running.done() else 0
    finally:
        for task in (running, stopped):
            task.cancel()
        await asyncio.gather(running, stopped, return_exceptions=True)


async def _tidy(db: Database, rules: GuardRules) -> int:
    await forget_old_windows(db, rules)
    await forget_old_requests(db)
    await forget_old_nonces(db)
    await learn_usual_amounts(db)
    return 0
