"""Which route is taken: never an unfit one, by weight among equals, and with a reason for each that was not."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kameng.supply.route import Candidate, OpenTrouble, Route
from kameng.supply.routing import Choice, Need, NoRoute, PassedOver, Strategy, choose

# Half past two in the afternoon in Shanghai.
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
ROUTE = Route(
    id=1, sku_id=1, supplier_id=1, supplier_code="north", goods="100", face_fen=None, priority=0, weight=1,
    cost_max_fen=None, again=0, open_from=None, open_to=None, operators=(), field_names={}, enabled=True,
    stopped_because=None,
)  # fmt: skip
CANDIDATE = Candidate(
    route=ROUTE, price_fen=900, stock=None, on_sale=True, known=True, quantity_min=1, quantity_max=None, troubles=(),
    median_s=None,
)  # fmt: skip
NEED = Need(left=1, piece=1, price_fen=1000, strategy=Strategy.PRIORITY, now=NOW, pieces_max=dict.fromkeys(range(9), 5))
BLOCKING, PROBING, SLOW = (
    OpenTrouble(7, kind, probe_due=due) for kind, due in (("failing", False), ("failing", True), ("slow", False))
)


def a_candidate(number: int = 1, *, supplier: int | None = None, **changes: Any) -> Candidate:
    """`changes` are of the route where it has such a field, otherwise of what is known of its goods."""
    of_route = {name: value for name, value in changes.items() if name in Route.__dataclass_fields__}
    others = {name: value for name, value in changes.items() if name not in of_route}
    return replace(CANDIDATE, route=replace(ROUTE, id=number, supplier_id=supplier or number, **of_route), **others)


def chosen(*candidates: Candidate, draw: float = 0.0, **need: Any) -> Choice | NoRoute:
    return choose(replace(NEED, **need), candidates, draw=lambda: draw)


def why_not(candidate: Candidate, **need: Any) -> PassedOver:
    found = chosen(candidate, **need)
    assert isinstance(found, NoRoute)
    return found.passed_over[candidate.route.id]


def taken(*candidates: Candidate, **more: Any) -> int:
    found = chosen(*candidates, **more)
    assert isinstance(found, Choice)
    return found.candidate.route.id


@pytest.mark.parametrize(
    ("changes", "need", "why"),
    [
        ({"enabled": False}, {}, PassedOver.STOPPED),
        ({"stopped_because": "price"}, {}, PassedOver.STOPPED),
        ({}, {"failures": {1: 1}}, PassedOver.TRIED_ALREADY),
        ({"again": 2}, {"failures": {1: 3}}, PassedOver.TRIED_ALREADY),
        ({"on_sale": False}, {}, PassedOver.GOODS_GONE),
        ({"known": False, "price_fen": None}, {}, PassedOver.GOODS_GONE),
        ({"operators": ("cmcc",)}, {"operator": "ct"}, PassedOver.OTHER_OPERATOR),
        ({"operators": ("cmcc",)}, {"operator": None}, PassedOver.OTHER_OPERATOR),
        ({"face_fen": 20000}, {"left": 10000, "piece": 10000}, PassedOver.TOO_LARGE),
        # It would deliver 90 of 100 yuan and leave 10 that nobody sells.
        ({"face_fen": 3000}, {"left": 10000, "piece": 10000}, PassedOver.TOO_LARGE),
        ({"stock": 0}, {}, PassedOver.SOLD_OUT),
        ({"stock": 2, "quantity_min": 3}, {"left": 5}, PassedOver.SOLD_OUT),
        ({"quantity_min": 3}, {"left": 2}, PassedOver.TOO_FEW),
        ({"quantity_min": 9}, {"left": 20}, PassedOver.TOO_FEW),
        ({"quantity_max": 0}, {}, PassedOver.TOO_FEW),
        ({"price_fen": 1001}, {}, PassedOver.COSTS_TOO_MUCH),
        ({"price_fen": 901, "cost_max_fen": 900}, {}, PassedOver.COSTS_TOO_MUCH),
        ({"price_fen": 501, "face_fen": 5000}, {"left": 10000, "piece": 10000}, PassedOver.COSTS_TOO_MUCH),
        ({"open_from": 0, "open_to": 14 * 60 + 30}, {}, PassedOver.CLOSED_NOW),
        ({"open_from": 20 * 60, "open_to": 60}, {}, PassedOver.CLOSED_NOW),
        ({"troubles": (BLOCKING,)}, {}, PassedOver.IN_TROUBLE),
        ({"troubles": (PROBING, BLOCKING)}, {}, PassedOver.IN_TROUBLE),
        ({}, {"busy": frozenset({1})}, PassedOver.BUSY),
        ({}, {"unreadable": frozenset({1}), "busy": frozenset({1})}, PassedOver.UNREADABLE),
    ],
)
def test_an_unfit_route_is_not_taken_and_it_is_said_why(
    changes: dict[str, Any], need: dict[str, Any], why: PassedOver
) -> None:
    assert why_not(a_candidate(**changes), **need) is why


@pytest.mark.parametrize(
    ("changes", "need"),
    [
        ({"again": 1}, {"failures": {1: 1}}),
        ({"known": False, "price_fen": None}, {"tells_goods": {1: False}}),
        ({"operators": ("cmcc",)}, {"operator": "cmcc"}),
        ({"open_from": 14 * 60 + 30, "open_to": 15 * 60}, {}),
        ({"open_from": 23 * 60, "open_to": 15 * 60}, {}),
        ({"price_fen": 1000}, {}),
        ({"price_fen": 5000, "cost_max_fen": 5000}, {}),
        ({"price_fen": None}, {}),
        ({"troubles": (SLOW,)}, {}),
        ({"troubles": (PROBING,)}, {}),
    ],
)
def test_a_fit_route_is(changes: dict[str, Any], need: dict[str, Any]) -> None:
    assert taken(a_candidate(**changes), **need) == 1


def test_only_what_passes_by_itself_is_waited_for() -> None:
    closed, gone = a_candidate(1, open_from=0, open_to=1), a_candidate(2, on_sale=False)
    waiting, over = chosen(closed, gone), chosen(gone)
    assert isinstance(waiting, NoRoute)
    assert isinstance(over, NoRoute)
    assert waiting.may_pass
    assert not over.may_pass
    assert not NoRoute({}).may_pass


def test_the_lowest_priority_comes_first_and_weight_nought_last() -> None:
    assert taken(a_candidate(1, priority=5), a_candidate(2, priority=3), a_candidate(3, priority=4)) == 2
    assert taken(a_candidate(1, priority=0, weight=0), a_candidate(2, priority=9)) == 2
    assert taken(a_candidate(1, weight=0)) == 1


def test_what_is_slow_comes_after_all_others() -> None:
    for strategy in Strategy:
        slow = a_candidate(1, troubles=(SLOW,), price_fen=1, median_s=1.0)
        assert taken(slow, a_candidate(2, priority=9, weight=0), strategy=strategy) == 2


def test_the_cheapest_is_so_for_the_same_worth() -> None:
    small = a_candidate(1, face_fen=5000, price_fen=480)
    large = a_candidate(2, face_fen=10000, price_fen=950)
    assert taken(small, large, strategy=Strategy.CHEAPEST, left=10000, piece=10000) == 2


def test_the_fastest_is_known_to_be() -> None:
    fast, unknown = a_candidate(1, median_s=40.0), a_candidate(2, median_s=None)
    assert taken(unknown, fast, strategy=Strategy.FASTEST) == 1


def test_a_probe_goes_before_all_others_and_says_so() -> None:
    found = chosen(a_candidate(1), a_candidate(2, priority=9, troubles=(PROBING,)))
    assert isinstance(found, Choice)
    assert (found.candidate.route.id, found.because, found.probes) == (2, "probe", 7)


def test_the_guard_is_what_it_sells_for_or_what_the_route_says() -> None:
    found = chosen(a_candidate(face_fen=5000, price_fen=400), left=20000, piece=10000)
    assert isinstance(found, Choice)
    assert (found.quantity, found.asked_for, found.cost_max_fen) == (4, 20000, 2000)
    found = chosen(a_candidate(cost_max_fen=950), left=3)
    assert isinstance(found, Choice)
    assert (found.quantity, found.cost_max_fen) == (3, 2850)


def test_chance_follows_the_weights() -> None:
    random, counts = Random(1), Counter[int]()
    candidates = [a_candidate(n, weight=weight) for n, weight in ((1, 1), (2, 3), (3, 0), (4, 6))]
    for _ in range(4000):
        found = choose(NEED, candidates, draw=random.random)
        assert isinstance(found, Choice)
        counts[found.candidate.route.id] += 1
    assert counts[3] == 0
    for number, share in ((1, 0.1), (2, 0.3), (4, 0.6)):
        assert abs(counts[number] / 4000 - share) < 0.03


CANDIDATES = st.lists(
    st.builds(
        a_candidate,
        st.integers(1, 10_000),
        supplier=st.integers(1, 5),
        enabled=st.sampled_from([True, True, True, False]),
        priority=st.integers(-2, 2),
        weight=st.integers(0, 5),
        again=st.integers(0, 1),
        face_fen=st.sampled_from([None, 1000, 3000, 5000, 10000]),
        cost_max_fen=st.none() | st.integers(1, 3000),
        operators=st.sampled_from([(), (), ("cmcc",), ("ct",)]),
        open_from=st.just(0),
        open_to=st.sampled_from([24 * 60, 24 * 60, 600]),
        price_fen=st.none() | st.integers(0, 2000),
        stock=st.none() | st.integers(0, 20),
        on_sale=st.sampled_from([True, True, True, False]),
        known=st.sampled_from([True, True, False]),
        quantity_min=st.integers(0, 3),
        quantity_max=st.none() | st.integers(1, 9),
        troubles=st.sampled_from([(), (), (SLOW,), (PROBING,), (BLOCKING,)]),
        median_s=st.none() | st.floats(1, 900),
    ),
    max_size=6,
    unique_by=lambda candidate: candidate.route.id,
)
NEEDS = st.builds(
    replace,
    st.just(NEED),
    left=st.integers(1, 60).map(lambda n: n * 1000),
    piece=st.sampled_from([1, 1000, 10000]),
    strategy=st.sampled_from(list(Strategy)),
    operator=st.sampled_from([None, "cmcc", "ct"]),
    failures=st.dictionaries(st.integers(1, 5), st.integers(0, 2)),
    pieces_max=st.dictionaries(st.integers(1, 5), st.integers(1, 10)),
    tells_goods=st.dictionaries(st.integers(1, 5), st.booleans()),
    busy=st.frozensets(st.integers(1, 5), max_size=2),
    unreadable=st.frozensets(st.integers(1, 5), max_size=1),
)


@given(need=NEEDS, candidates=CANDIDATES, draw=st.floats(0, 1, exclude_max=True))
def test_whatever_the_routes_the_choice_is_sound(need: Need, candidates: list[Candidate], draw: float) -> None:
    found = choose(need, candidates, draw=lambda: draw)
    routes = {candidate.route.id for candidate in candidates}
    if isinstance(found, NoRoute):
        assert found.passed_over.keys() == routes
        assert PassedOver.LESS_PREFERRED not in found.passed_over.values()
        return
    candidate, route = found.candidate, found.candidate.route
    assert found.passed_over.keys() == routes - {route.id}
    assert 0 < found.asked_for <= need.left
    worth = (route.face_fen or need.piece) if need.piece > 1 else 1
    assert found.asked_for == found.quantity * worth
    assert (need.left - found.asked_for) % worth == 0
    assert found.quantity >= candidate.quantity_min
    for limit in (candidate.quantity_max, candidate.stock, need.pieces_max.get(route.supplier_id, 1)):
        assert limit is None or found.quantity <= limit
    assert (candidate.price_fen or 0) * found.quantity <= found.cost_max_fen
    # Chosen alone, it is fit; and whatever is unfit alone is never chosen.
    assert isinstance(choose(need, [candidate], draw=lambda: draw), Choice)
    unfit = {c.route.id for c in candidates if isinstance(choose(need, [c], draw=lambda: 0), NoRoute)}
    less_preferred = {n for n, why in found.passed_over.items() if why is PassedOver.LESS_PREFERRED}
    assert unfit | less_preferred == found.passed_over.keys()
    assert not unfit & less_preferred
    assert (found.because == "probe") == (found.probes is not None)
