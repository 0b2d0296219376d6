"""Suppliers are watched through what comes of the attempts; trouble is opened, probed and closed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from kameng.arrivals.expected_arrival import latest_arrivals
from kameng.arrivals.kinds import kind_of
from kameng.kernel.database import Database, Transaction
from kameng.radar import store
from kameng.radar.radar import Alarm, Radar, Sign
from kameng.radar.store import Watched
from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.supply import troubles
from kameng.supply.answer import Reason
from kameng.supply.troubles import Place, Trouble, TroubleKind

AT_A_TIME = 2000
#: What left in the last moments may not be committed yet.
SETTLES_IN = timedelta(seconds=3)
#: A watch that begins looks back so far.
BEGINS_FROM = timedelta(minutes=30)

#: They say something of the account, the goods or the price, not of how well the supplier works.
NOT_ITS_FAULT = frozenset(
    {
        Reason.WRONG_ACCOUNT,
        Reason.OUT_OF_STOCK,
        Reason.GOODS_GONE,
        Reason.COSTS_TOO_MUCH,
        Reason.CANCELLED,
        Reason.NOT_SUPPORTED,
    }
)
_ARRIVED = frozenset({"delivered", "partly"})


async def watch_suppliers(*, db: Database) -> int:
    """Look at what has happened since the last round; how many attempts were judged. One worker at a time."""
    async with db.transaction() as tx:
        if not await _follow(tx):
            return 0
        found = await store.to_judge(tx, at_most=AT_A_TIME)
        if found:
            await _judge(tx, found)
        await troubles.put_off_recoveries(tx)
        return len(found)


async def _follow(tx: Transaction) -> bool:
    """Take note of those that have left, and of when they are due. False when another worker is at it."""
    reached = await store.hold_watch(tx, from_=BEGINS_FROM)
    if reached is None:
        return False
    until = tx.now - SETTLES_IN
    left = await store.left_since(tx, reached, until, at_most=AT_A_TIME)
    kinds = {
        one.id: kind_of(
            product_id=one.product_id, supplier_id=one.supplier_id, operator=one.operator, begun=one.called_at
        )
        for one in left
    }
    latest = await latest_arrivals(tx.connection, sorted(set(kinds.values())))
    await store.watch(tx, {one.id: one.called_at + timedelta(seconds=latest[kinds[one.id]]) for one in left})
    await store.reach(tx, left[-1].called_at if len(left) >= AT_A_TIME else max(reached, until))
    return True


async def _judge(tx: Transaction, found: Sequence[Watched]) -> None:
    suppliers = sorted({one.supplier_id for one in found})
    watch = _Watch(tx, Radar(await store.streams(tx, suppliers)), await troubles.open_troubles(tx.connection))
    for one in found:
        await watch.judge(one)
    changed = ((key, watch.radar.streams[key]) for key in watch.radar.changed)
    await store.write_streams(tx, changed)
    going_on = [one for one in found if one.settled_at is None]
    still = [(one.id, one.answered or one.state != "calling", one.timed or one.due_at <= tx.now) for one in going_on]
    await store.judged(tx, still, [one.id for one in found if one.settled_at])


class _Watch:
    """One round: the radar and the troubles that are open."""

    def __init__(self, tx: Transaction, radar: Radar, open_: list[Trouble]) -> None:
        self.radar = radar
        self._tx = tx
        self._open = {trouble.id: trouble for trouble in open_}

    async def judge(self, one: Watched) -> None:
        trouble = self._trouble_at(one.place)
        signs = dict(_signs(self._tx, one))
        arrived_late = one.state in _ARRIVED and (one.timed or signs.get(Sign.TIMELY, False))
        if trouble is None:
            await self._feed(one, signs)
            if arrived_late:
                self.radar.arrived_late(one.place)
        elif arrived_late and _is_silent_by_lateness(trouble):
            self._open[trouble.id] = await troubles.soften_trouble(self._tx, trouble)
        elif one.called_at >= trouble.opened_at:
            await self._probe(trouble, one, signs)

    def _trouble_at(self, place: Place) -> Trouble | None:
        """The one that keeps orders away, if there is one."""
        here = [trouble for trouble in self._open.values() if trouble.place.covers(place)]
        return min(here, key=lambda trouble: trouble.kind is TroubleKind.SLOW, default=None)

    async def _feed(self, one: Watched, signs: Mapping[Sign, bool]) -> None:
        for sign, bad in signs.items():
            alarm = self.radar.feed(one.place, sign, bad=bad)
            if alarm is not None:
                await self._raise(alarm)
                return

    async def _raise(self, alarm: Alarm) -> None:
        evidence = {"sign": alarm.sign, "bad": alarm.bad, "of": alarm.total, "usual": round(alarm.usual, 4)}
        trouble_id = await troubles.open_trouble(self._tx, alarm.place, alarm.kind, evidence=evidence)
        if trouble_id is None:
            return
        facts = {"trouble": trouble_id, "trouble_kind": alarm.kind, **evidence}
        await raise_alarm(self._tx, AlarmKind.SUPPLIER_TROUBLE, f"supplier:{alarm.place.supplier_id}", **facts)
        now_open = await troubles.open_troubles(self._tx.connection)
        self._open = {trouble.id: trouble for trouble in now_open}

    async def _probe(self, trouble: Trouble, one: Watched, signs: Mapping[Sign, bool]) -> None:
        """An order that was sent in spite of the trouble."""
        if trouble.kind is TroubleKind.SLOW:
            # It goes on taking orders, and may become worse.
            for sign, bad in signs.items():
                alarm = self.radar.feed(one.place, sign, bad=bad) if sign is not Sign.TIMELY else None
                if alarm is not None:
                    self._open[trouble.id] = await troubles.worsen_trouble(self._tx, trouble, alarm.kind)
                    return
        through = _came_through(trouble, signs)
        was_sent_to_see = trouble.kind is TroubleKind.SLOW or one.probes == trouble.id
        if through is None or not (through or was_sent_to_see):
            # Orders on their way when it began fail too, and must not put the next probe off.
            return
        after = await troubles.note_probe(self._tx, trouble, through=through)
        if after.closed_at is None:
            self._open[trouble.id] = after
        else:
            del self._open[trouble.id]


def _signs(tx: Transaction, one: Watched) -> Iterator[tuple[Sign, bool]]:
    """What is new about an attempt."""
    if not one.answered and one.state != "calling":
        yield Sign.ANSWER, one.doubted
    if not one.timed:
        if one.state in _ARRIVED:
            yield Sign.TIMELY, one.settled_at is None or one.settled_at > one.due_at
        elif one.settled_at is None and one.due_at <= tx.now:
            yield Sign.TIMELY, True
    if one.settled_at is not None:
        bad = one.state not in _ARRIVED
        # A second failure of one order says more of its account than of the supplier.
        if not bad or (one.n == 1 and one.reason not in NOT_ITS_FAULT):
            yield Sign.OUTCOME, bad


def _came_through(trouble: Trouble, signs: Mapping[Sign, bool]) -> bool | None:
    """Whether a probe says that the trouble is over; None while it says nothing."""
    decides = {TroubleKind.FAILING: Sign.OUTCOME, TroubleKind.SLOW: Sign.TIMELY, TroubleKind.SILENT: Sign.TIMELY}
    sign = Sign(trouble.evidence["sign"]) if "sign" in trouble.evidence else decides[trouble.kind]
    if sign in signs:
        return not signs[sign]
    return False if signs.get(Sign.ANSWER) or signs.get(Sign.OUTCOME) else None


def _is_silent_by_lateness(trouble: Trouble) -> bool:
    return trouble.kind is TroubleKind.SILENT and trouble.evidence.get("sign") == Sign.TIMELY
