"""When a delivery that is under way should arrive, as far as anybody can know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from kameng.arrivals import store
from kameng.arrivals.curve import UNKNOWN, Curve, Remaining, curve_of, remaining_of_all
from kameng.arrivals.kinds import Kind, kind_of
from kameng.kernel.database import Connection, Database

READ_AGAIN_AFTER = timedelta(minutes=1)
REMEMBERED_MAX = 5000


@dataclass(frozen=True)
class UnderWay:
    """A part of an order that a supplier was asked for; without a supplier, one that waits to be asked for."""

    product_id: int
    supplier_id: int | None
    operator: str | None
    called_at: datetime


@dataclass(frozen=True)
class Expected:
    """What remains: half of such deliveries take no longer than `about`, 95 % no longer than `at_latest`.

    `known`: it is told from deliveries by this supplier. `late`: 95 % of such deliveries were there by now. Both times
    are None when it has taken longer than anything that was ever seen. Before anything is known of this
    product or supplier, `about` is a guess, and nobody can say when it will be at the latest.
    """

    about: timedelta | None
    at_latest: timedelta | None
    known: bool
    late: bool


async def expected_arrival(*, db: Database, under_way: Sequence[UnderWay]) -> Expected:
    """When all of it will be there. Reads nothing when the kinds were asked about within a minute."""
    assert under_way, "nothing is under way"
    now = db.clock.now()
    kinds = [
        kind_of(product_id=one.product_id, supplier_id=one.supplier_id or 0, operator=one.operator, begun=one.called_at)
        for one in under_way
    ]
    told = await _curves_of(db).told(kinds)
    parts = [
        Remaining(curve, max(0.0, (now - one.called_at).total_seconds() if one.supplier_id else 0.0))
        for one, (_, curve) in zip(under_way, told, strict=True)
    ]
    # All goods of all suppliers taken together say how long it usually takes, but not how long at the most.
    is_guess = any(kind is None or kind == Kind() for kind, _ in told)
    about, at_latest = remaining_of_all(parts, 0.5), None if is_guess else remaining_of_all(parts, 0.95)
    return Expected(
        about=None if about is None else timedelta(seconds=about),
        at_latest=None if at_latest is None else timedelta(seconds=at_latest),
        known=all(kind is not None and kind.supplier_id != 0 for kind, _ in told),
        late=any(part.is_late for part in parts),
    )


async def usual_arrivals(connection: Connection, product_id: int) -> dict[int, float]:
    """The median in seconds of each supplier that delivered this product often enough to have one."""
    return await store.medians(connection, product_id)


async def latest_arrivals(connection: Connection, kinds: Sequence[Kind]) -> dict[Kind, float]:
    """For each kind, the seconds by which 95 % of its deliveries are there."""
    near = await store.nearest(connection, kinds) if kinds else {}
    return {kind: (near[kind][1] if kind in near else _NOTHING_KNOWN).after(0.95) for kind in kinds}


_NOTHING_KNOWN = curve_of(UNKNOWN, 0.0)

Told = tuple[Kind | None, Curve]


class _Curves:
    """Curves that were asked for lately."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._told: dict[Kind, Told] = {}
        self._until = db.clock.now()

    async def told(self, kinds: Sequence[Kind]) -> list[Told]:
        """The curve of each kind, and whose it is: its own or the nearest above it."""
        now = self._db.clock.now()
        if now >= self._until or len(self._told) > REMEMBERED_MAX:
            self._told, self._until = {}, now + READ_AGAIN_AFTER
        unknown = sorted({kind for kind in kinds if kind not in self._told})
        if unknown:
            async with self._db.reading() as connection:
                near = await store.nearest(connection, unknown)
            self._told |= {kind: near.get(kind, (None, _NOTHING_KNOWN)) for kind in unknown}
        return [self._told[kind] for kind in kinds]


_curves: WeakKeyDictionary[Database, _Curves] = WeakKeyDictionary()


def _curves_of(db: Database) -> _Curves:
    known = _curves.get(db)
    if known is None:
        known = _curves[db] = _Curves(db)
    return known
