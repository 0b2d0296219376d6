"""Which route an order takes, and why the others not. Pure: everything it needs is given, chance included."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kameng.supply.route import Candidate


class PassedOver(StrEnum):
    """Why a route was not taken. Stored with the attempt."""

    STOPPED = "stopped"
    GOODS_GONE = "goods_gone"
    SOLD_OUT = "sold_out"
    COSTS_TOO_MUCH = "costs_too_much"
    OTHER_OPERATOR = "other_operator"
    TOO_LARGE = "too_large"
    TOO_FEW = "too_few"
    TRIED_ALREADY = "tried_already"
    CLOSED_NOW = "closed_now"
    IN_TROUBLE = "in_trouble"
    BUSY = "busy"
    UNREADABLE = "unreadable"
    LESS_PREFERRED = "less_preferred"


#: These pass by themselves; an order may wait for them.
PASSING = frozenset({PassedOver.CLOSED_NOW, PassedOver.IN_TROUBLE, PassedOver.BUSY, PassedOver.UNREADABLE})


class Strategy(StrEnum):
    PRIORITY = "priority"
    CHEAPEST = "cheapest"
    FASTEST = "fastest"


@dataclass(frozen=True)
class Need:
    """What is still to be delivered. `left` in the delivery's measure, `piece` one piece of the sku in it (1 when it
    counts pieces). `failures`: by supplier, how often it is known not to have delivered this order. `pieces_max`: by
    supplier, how many pieces one order there may ask for. `busy`: suppliers with as many calls in flight as allowed.
    `unreadable`: those whose configuration can't be used at present."""

    left: int
    piece: int
    price_fen: int
    strategy: Strategy
    now: datetime
    operator: str | None = None
    failures: Mapping[int, int] = field(default_factory=dict)
    pieces_max: Mapping[int, int] = field(default_factory=dict)
    tells_goods: Mapping[int, bool] = field(default_factory=dict)
    busy: frozenset[int] = frozenset()
    unreadable: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Choice:
    """`quantity` pieces of the supplier's goods, worth `asked_for` in the delivery's measure. `probes`: the trouble
    this order looks into."""

    candidate: Candidate
    quantity: int
    asked_for: int
    cost_max_fen: int
    because: str
    passed_over: Mapping[int, PassedOver]
    probes: int | None = None


@dataclass(frozen=True)
class NoRoute:
    """Nothing can be asked now; `may_pass` when waiting may help."""

    passed_over: Mapping[int, PassedOver]

    @property
    def may_pass(self) -> bool:
        return any(why in PASSING for why in self.passed_over.values())


def choose(need: Need, candidates: Sequence[Candidate], *, draw: Callable[[], float]) -> Choice | NoRoute:
    """The route to take. `draw` gives a number from 0 up to but not including 1.

    By priority: the lowest number first; among equals chance by weight, weight 0 last. Cheapest: the lowest price for
    the same worth. Fastest: the shortest median, unknown last. Whatever is slow at the moment comes after all others.
    """
    passed_over: dict[int, PassedOver] = {}
    fit: list[Candidate] = []
    for candidate in candidates:
        why = _unfit(need, candidate)
        if why is None:
            fit.append(candidate)
        else:
            passed_over[candidate.route.id] = why
    if not fit:
        return NoRoute(passed_over)
    probing = next((c for c in fit if _probe(c) is not None), None)
    chosen = probing or _best(need, fit, draw)
    passed_over |= {c.route.id: PassedOver.LESS_PREFERRED for c in fit if c is not chosen}
    quantity = _pieces(need, chosen)
    return Choice(
        candidate=chosen,
        quantity=quantity,
        asked_for=quantity * _worth(need, chosen),
        cost_max_fen=quantity * _cost_max(need, chosen),
        because="probe" if probing else need.strategy,
        passed_over=passed_over,
        probes=_probe(chosen),
    )


def _unfit(need: Need, candidate: Candidate) -> PassedOver | None:
    route = candidate.route
    checks = (
        (not route.enabled or route.stopped_because is not None, PassedOver.STOPPED),
        (need.failures.get(route.supplier_id, 0) > route.again, PassedOver.TRIED_ALREADY),
        (_is_gone(need, candidate), PassedOver.GOODS_GONE),
        (bool(route.operators) and need.operator not in route.operators, PassedOver.OTHER_OPERATOR),
        # What would leave a rest that it can't deliver isn't begun.
        (need.left % _worth(need, candidate) != 0, PassedOver.TOO_LARGE),
        (candidate.stock is not None and candidate.stock < max(1, candidate.quantity_min), PassedOver.SOLD_OUT),
        (_pieces(need, candidate) < max(1, candidate.quantity_min), PassedOver.TOO_FEW),
        ((candidate.price_fen or 0) > _cost_max(need, candidate), PassedOver.COSTS_TOO_MUCH),
        (not route.is_open(need.now), PassedOver.CLOSED_NOW),
        (_is_blocked(candidate), PassedOver.IN_TROUBLE),
        (route.supplier_id in need.unreadable, PassedOver.UNREADABLE),
        (route.supplier_id in need.busy, PassedOver.BUSY),
    )
    return next((why for applies, why in checks if applies), None)


def _is_gone(need: Need, candidate: Candidate) -> bool:
    """Goods nobody has seen can be ordered only from a supplier that shows no catalogue."""
    if not candidate.known:
        return need.tells_goods.get(candidate.route.supplier_id, True)
    return not candidate.on_sale


def _is_blocked(candidate: Candidate) -> bool:
    return any(trouble.kind != "slow" and not trouble.probe_due for trouble in candidate.troubles)


def _probe(candidate: Candidate) -> int | None:
    return next((trouble.id for trouble in candidate.troubles if trouble.kind != "slow" and trouble.probe_due), None)


def _worth(need: Need, candidate: Candidate) -> int:
    """One piece of the supplier's goods in the delivery's measure."""
    return (candidate.route.face_fen or need.piece) if need.piece > 1 else 1


def _pieces(need: Need, candidate: Candidate) -> int:
    limits = (
        need.left // _worth(need, candidate),
        need.pieces_max.get(candidate.route.supplier_id, 1),
        candidate.quantity_max,
        candidate.stock,
    )
    return min(limit for limit in limits if limit is not None)


def _cost_max(need: Need, candidate: Candidate) -> int:
    """The most one piece of the supplier's goods may cost: by default, its share of what we sell it for."""
    if candidate.route.cost_max_fen is not None:
        return candidate.route.cost_max_fen
    return need.price_fen * _worth(need, candidate) // need.piece


def _best(need: Need, fit: Sequence[Candidate], draw: Callable[[], float]) -> Candidate:
    def is_slow(candidate: Candidate) -> bool:
        return bool(candidate.troubles)

    if need.strategy is Strategy.CHEAPEST:
        return min(fit, key=lambda c: (is_slow(c), (c.price_fen or 0) / _worth(need, c), c.route.priority, c.route.id))
    if need.strategy is Strategy.FASTEST:
        unknown = float("inf")
        return min(
            fit,
            key=lambda c: (is_slow(c), unknown if c.median_s is None else c.median_s, c.route.priority, c.route.id),
        )
    first = min((is_slow(c), c.route.weight == 0, c.route.priority) for c in fit)
    return _by_weight([c for c in fit if (is_slow(c), c.route.weight == 0, c.route.priority) == first], draw)


def _by_weight(equals: Sequence[Candidate], draw: Callable[[], float]) -> Candidate:
    weights = [max(1, candidate.route.weight) for candidate in equals]
    at = draw() * sum(weights)
    for candidate, weight in zip(equals, weights, strict=True):
        at -= weight
        if at < 0:
            return candidate
    return equals[-1]
