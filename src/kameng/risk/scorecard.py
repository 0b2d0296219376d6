"""The scorecard 风控评分卡: what each signal weighs. Pure, and to be read by whoever has to explain a verdict.

A rule measures one number. Each time its mark fits into that number it gives its points, so often at most. The sum is
the score; two thresholds make it a verdict. Marks, points and thresholds can differ by site.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from kameng.kernel.text import Words
from kameng.risk.signals import Signals

FEN_PER_YUAN = 100
NIGHT_ENDS = 6
SMALL_FEN = 1000
TENTHS = 10


class Verdict(StrEnum):
    """LOW flows. MIDDLE waits for the buyer's second proof, HIGH for a person."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


class Listed(StrEnum):
    """Which list staff have put a subject on: let through whatever it comes to, keep out, or look at closely."""

    ALLOW = "allow"
    BLOCK = "block"
    WATCH = "watch"


class Rule(StrEnum):
    ORDERS_OF_CONTACT = "orders_of_contact"
    ORDERS_FOR_ACCOUNT = "orders_for_account"
    NEWCOMERS_OF_DEVICE = "newcomers_of_device"
    NEWCOMERS_OF_NETWORK = "newcomers_of_network"
    SMALL_ONES_OF_NETWORK = "small_ones_of_network"
    DROPPED = "dropped"
    NEW_AND_DEAR = "new_and_dear"
    UNUSUAL_AMOUNT = "unusual_amount"
    NIGHT = "night"
    LOOKUPS = "lookups"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    SETTLED = "settled"
    WATCHED = "watched"
    PAID_LATE = "paid_late"
    PAID_OTHER_AMOUNT = "paid_other_amount"
    WAYS_TRIED = "ways_tried"


RULE_NAMES: Mapping[Rule, Words] = {
    Rule.ORDERS_OF_CONTACT: Words("同一联系方式一小时内的订单数"),
    Rule.ORDERS_FOR_ACCOUNT: Words("同一充值账号一天内的订单数"),
    Rule.NEWCOMERS_OF_DEVICE: Words("同一设备一天内的新联系方式数"),
    Rule.NEWCOMERS_OF_NETWORK: Words("同一网段一小时内的新联系方式数"),
    Rule.SMALL_ONES_OF_NETWORK: Words("同一网段一小时内的小额订单数"),
    Rule.DROPPED: Words("近一天下单未付款的次数"),
    Rule.NEW_AND_DEAR: Words("新联系方式购买高额卡密（元）"),
    Rule.UNUSUAL_AMOUNT: Words("金额是该商品常见金额的倍数（十分之一倍）"),
    Rule.NIGHT: Words("凌晨下单"),
    Rule.LOOKUPS: Words("同一 IP 近一小时查单失败次数"),
    Rule.REFUNDED: Words("以往人工退款次数"),
    Rule.DISPUTED: Words("以往看过卡密后又退款的次数"),
    Rule.SETTLED: Words("以往顺利完成的订单数"),
    Rule.WATCHED: Words("在关注名单上"),
    Rule.PAID_LATE: Words("订单取消后才付款"),
    Rule.PAID_OTHER_AMOUNT: Words("付款金额与应付不一致"),
    Rule.WAYS_TRIED: Words("尝试付款的次数"),
}

_SEEN: Mapping[Rule, Callable[[Signals], int]] = {
    Rule.ORDERS_OF_CONTACT: lambda s: s.contact_hour,
    Rule.ORDERS_FOR_ACCOUNT: lambda s: s.account_day,
    Rule.NEWCOMERS_OF_DEVICE: lambda s: s.device_newcomers_day,
    Rule.NEWCOMERS_OF_NETWORK: lambda s: s.network_newcomers_hour if s.is_new else 0,
    Rule.SMALL_ONES_OF_NETWORK: lambda s: s.network_hour if s.is_new and _is_small(s) else 0,
    Rule.DROPPED: lambda s: s.dropped,
    Rule.NEW_AND_DEAR: lambda s: s.amount_fen // FEN_PER_YUAN if s.is_new and s.is_codes else 0,
    Rule.UNUSUAL_AMOUNT: lambda s: s.amount_fen * TENTHS // s.usual_fen if s.usual_fen else 0,
    Rule.NIGHT: lambda s: int(s.local_hour < NIGHT_ENDS),
    Rule.LOOKUPS: lambda s: s.lookup_failures,
    Rule.REFUNDED: lambda s: s.refunded,
    Rule.DISPUTED: lambda s: s.disputed,
    Rule.SETTLED: lambda s: s.settled,
    Rule.WATCHED: lambda s: int(s.watched),
    Rule.PAID_LATE: lambda s: int(s.paid_late),
    Rule.PAID_OTHER_AMOUNT: lambda s: int(s.paid_other_amount),
    Rule.WAYS_TRIED: lambda s: s.ways_tried,
}


def _is_small(signals: Signals) -> bool:
    """This order and, on average, those of its network in the same hour."""
    return max(signals.amount_fen, signals.network_hour_fen // max(signals.network_hour, 1)) <= SMALL_FEN


@dataclass(frozen=True)
class Weight:
    """`points` for each `mark` that is seen, `times_max` times at most."""

    mark: int
    points: int
    times_max: int = 1


WEIGHTS: Mapping[Rule, Weight] = {
    Rule.ORDERS_OF_CONTACT: Weight(10, 10, 3),
    Rule.ORDERS_FOR_ACCOUNT: Weight(5, 15, 3),
    Rule.NEWCOMERS_OF_DEVICE: Weight(4, 25, 4),
    Rule.NEWCOMERS_OF_NETWORK: Weight(6, 25, 4),
    Rule.SMALL_ONES_OF_NETWORK: Weight(4, 25, 4),
    Rule.DROPPED: Weight(4, 10, 3),
    Rule.NEW_AND_DEAR: Weight(450, 20, 2),
    Rule.UNUSUAL_AMOUNT: Weight(30, 15, 2),
    Rule.NIGHT: Weight(1, 8),
    Rule.LOOKUPS: Weight(10, 20, 2),
    Rule.REFUNDED: Weight(2, 20, 3),
    Rule.DISPUTED: Weight(2, 30, 3),
    Rule.SETTLED: Weight(3, -10, 4),
    Rule.WATCHED: Weight(1, 50),
    Rule.PAID_LATE: Weight(1, 5),
    Rule.PAID_OTHER_AMOUNT: Weight(1, 10),
    Rule.WAYS_TRIED: Weight(4, 20, 3),
}


@dataclass(frozen=True)
class Thresholds:
    """Points from which an order waits for its buyer, or for a person; and how long either has to answer."""

    middle: int = 50
    high: int = 100
    decide_within: timedelta = timedelta(hours=24)


@dataclass(frozen=True)
class Scorecard:
    """Weights by rule and thresholds, as they hold for one site."""

    weights: Mapping[Rule, Weight]
    thresholds: Thresholds = Thresholds()


DEFAULT = Scorecard(WEIGHTS)


@dataclass(frozen=True)
class Reason:
    """A rule that gave points, and the number it saw."""

    rule: Rule
    seen: int
    points: int


@dataclass(frozen=True)
class Score:
    points: int
    verdict: Verdict
    reasons: tuple[Reason, ...]


def score(signals: Signals, card: Scorecard = DEFAULT, *, listed: Listed | None = None) -> Score:
    """What the signals come to, unless a list decides. The heaviest reasons stand first."""
    reasons = []
    for rule, weight in card.weights.items():
        seen = _SEEN[rule](signals)
        times = min(seen // weight.mark, weight.times_max)
        if times > 0 and weight.points:
            reasons.append(Reason(rule, seen, times * weight.points))
    points = sum(reason.points for reason in reasons)
    reasons.sort(key=lambda reason: -reason.points)
    decided = {Listed.ALLOW: Verdict.LOW, Listed.BLOCK: Verdict.HIGH}.get(listed) if listed else None
    return Score(points, decided or verdict_of(points, card.thresholds), tuple(reasons))


def verdict_of(points: int, thresholds: Thresholds) -> Verdict:
    if points >= thresholds.high:
        return Verdict.HIGH
    return Verdict.MIDDLE if points >= thresholds.middle else Verdict.LOW
