"""What sites weigh otherwise than the scorecard does by itself. A change holds from the next order on."""

from kameng.kernel.database import Connection, Transaction
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words
from kameng.risk import list_store
from kameng.risk.lists import EVERY_SITE
from kameng.risk.score_order import card_of
from kameng.risk.scorecard import Rule, Scorecard, Thresholds, Weight

POINTS_MAX = 1000
TIMES_MAX = 100


async def read_card(connection: Connection, site_id: int = EVERY_SITE) -> Scorecard:
    """The scorecard as it holds for a site."""
    row = await list_store.card(connection, site_id)
    return card_of(row["weights"], row["thresholds"])


async def save_weight(tx: Transaction, rule: Rule, weight: Weight | None, *, site_id: int = EVERY_SITE) -> None:
    """Weigh a rule otherwise; 0 points switch it off, None goes back to its own weight. Raises InvalidInput."""
    if weight is None:
        await list_store.drop_weight(tx, site_id, rule)
        return
    wrong = {
        name: Words("数值超出范围")
        for name, fits in (
            ("mark", weight.mark > 0),
            ("points", abs(weight.points) <= POINTS_MAX),
            ("times_max", 1 <= weight.times_max <= TIMES_MAX),
        )
        if not fits
    }
    if wrong:
        raise InvalidInput(fields=wrong)
    await list_store.save_weight(tx, site_id, rule, (weight.mark, weight.points, weight.times_max))


async def save_thresholds(tx: Transaction, thresholds: Thresholds | None, *, site_id: int = EVERY_SITE) -> None:
    """Set from how many points on an order waits; None goes back to what holds otherwise. Raises InvalidInput."""
    if thresholds is None:
        await list_store.drop_thresholds(tx, site_id)
        return
    if not 0 < thresholds.middle <= thresholds.high:
        raise InvalidInput(fields={"middle": Words("中风险线应大于 0，且不高于高风险线")})
    if thresholds.decide_within.total_seconds() <= 0:
        raise InvalidInput(fields={"decide_within": Words("时限应大于 0")})
    await list_store.save_thresholds(tx, site_id, thresholds.middle, thresholds.high, thresholds.decide_within)
