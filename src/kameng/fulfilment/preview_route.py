"""What routing would choose at this moment, and why not the others: nothing is ordered and nothing written down."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from kameng.arrivals.expected_arrival import usual_arrivals
from kameng.catalogue.filling import find_filling
from kameng.kernel.database import Database
from kameng.supply.candidates import find_candidates
from kameng.supply.route import Candidate
from kameng.supply.routing import Need, NoRoute, PassedOver, Strategy, choose
from kameng.supply.suppliers import Suppliers

#: Chance is asked so often, evenly, to see how it shares out.
DRAWS = 200


@dataclass(frozen=True)
class Imagined:
    """An order to be: of one piece for today's price, unless told otherwise. `left` in the measure of deliveries;
    `failures` by supplier, as `routing.Need` has them."""

    sku_id: int
    operator: str | None = None
    province: str | None = None
    left: int | None = None
    price_fen: int | None = None
    failures: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """By route: its share of such orders (they add up to 1; empty when there is no route), and why not this one."""

    candidates: tuple[Candidate, ...]
    shares: Mapping[int, float]
    because: str
    passed_over: Mapping[int, PassedOver]

    @property
    def first(self) -> Candidate | None:
        """The likeliest."""
        likeliest = max(self.shares, key=lambda route_id: self.shares[route_id], default=None)
        return next((one for one in self.candidates if one.route.id == likeliest), None)


async def preview_route(
    *, db: Database, suppliers: Suppliers, imagined: Imagined, product_id: int | None = None
) -> Preview:
    """Calls that are in flight are not counted: they are known to the workers alone. With `product_id` the fastest are
    told by what is known of its deliveries."""
    sources = {source.id: source for source in await suppliers.listed()}
    async with db.transaction() as tx:
        filling = await find_filling(tx.connection, imagined.sku_id)
        medians = await usual_arrivals(tx.connection, product_id) if product_id is not None else {}
        candidates = await find_candidates(
            tx, imagined.sku_id, operator=imagined.operator, province=imagined.province, medians_s=medians
        )
        now = tx.now
    need = Need(
        left=imagined.left or filling.piece,
        piece=filling.piece,
        price_fen=imagined.price_fen or filling.price_fen,
        strategy=Strategy(filling.choose_by),
        now=now,
        operator=imagined.operator,
        failures=imagined.failures,
        pieces_max={source.id: source.supplier.abilities.quantity_max for source in sources.values()},
        tells_goods={source.id: source.supplier.abilities.has_catalogue for source in sources.values()},
        unreadable=frozenset({candidate.route.supplier_id for candidate in candidates} - sources.keys()),
    )
    return _share(need, candidates)


def _share(need: Need, candidates: list[Candidate]) -> Preview:
    times: Counter[int] = Counter()
    because, passed_over = "", dict[int, PassedOver]()
    for n in range(DRAWS):
        chosen = choose(need, candidates, draw=partial(float, (n + 0.5) / DRAWS))
        passed_over |= chosen.passed_over
        if isinstance(chosen, NoRoute):
            break
        times[chosen.candidate.route.id] += 1
        because = chosen.because
    shares = {route_id: count / DRAWS for route_id, count in times.items()}
    others = {route_id: why for route_id, why in passed_over.items() if route_id not in shares}
    return Preview(tuple(candidates), shares, because, others)
