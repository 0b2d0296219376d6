"""Buying codes ahead 预缓存: the rules, and what they say at a moment. Carried out in `fulfilment`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from kameng.kernel.database import Connection, Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.money import FEN_MAX
from kameng.kernel.text import Words
from kameng.supply import hold_store, restock_store
from kameng.supply.availability import FRESH_FOR
from kameng.supply.hold_store import Moment

LEVEL_MAX = 10_000
LOOK_EVERY = timedelta(minutes=1)
#: After a purchase, whatever comes of it: what failed is not tried again every minute.
AFTER_BUYING = timedelta(minutes=5)
#: Pieces one purchase may ask for.
BUY_MAX = 1000


class RuleMissing(Refusal):
    code = "restock_rule_missing"
    status = 404
    words = Words("这个面值没有预缓存规则")


@dataclass(frozen=True)
class RestockRule:
    """With fewer than `level_min` codes for sale, buy up to `level_max`, for at most `budget_fen` a day."""

    sku_id: int
    level_min: int
    level_max: int
    budget_fen: int
    enabled: bool = True


class Verdict(StrEnum):
    ENOUGH = "enough"
    UNDER_WAY = "under_way"
    NO_ROUTE = "no_route"
    BUDGET_SPENT = "budget_spent"
    BUY = "buy"


VERDICT_NAMES: Mapping[Verdict, Words] = {
    Verdict.ENOUGH: Words("库存充足"),
    Verdict.UNDER_WAY: Words("正在采购"),
    Verdict.NO_ROUTE: Words("没有可用的供货线路"),
    Verdict.BUDGET_SPENT: Words("今日预算已用完"),
    Verdict.BUY: Words("已下单采购"),
}


@dataclass(frozen=True)
class Standing:
    """How things stand: codes for sale, whether a purchase is under way, what was spent today, and what open routes can
    deliver, the dearest for so much a piece (None: nothing)."""

    level: int
    is_under_way: bool
    spent_fen: int
    pieces: int
    dearest_fen: int | None


@dataclass(frozen=True)
class Decision:
    verdict: Verdict
    quantity: int = 0


@dataclass(frozen=True)
class RuleLine:
    """A rule as staff read it; `outcome` of the last look, empty before the first."""

    rule: RestockRule
    product_name: str
    face_value: str
    outcome: Mapping[str, Any]


def decide(rule: RestockRule, standing: Standing) -> Decision:
    """What to buy now. Never more than the rest of the day's budget pays for at the dearest price."""
    if standing.level >= rule.level_min:
        return Decision(Verdict.ENOUGH)
    if standing.is_under_way:
        return Decision(Verdict.UNDER_WAY)
    if standing.dearest_fen is None or standing.pieces == 0:
        return Decision(Verdict.NO_ROUTE)
    affordable = max(0, rule.budget_fen - standing.spent_fen) // max(1, standing.dearest_fen)
    if affordable == 0:
        return Decision(Verdict.BUDGET_SPENT)
    return Decision(Verdict.BUY, min(rule.level_max - standing.level, standing.pieces, affordable, BUY_MAX))


async def save_rule(tx: Transaction, rule: RestockRule) -> None:
    """Add the sku's rule or change it. Raises InvalidInput."""
    fields: dict[str, Words] = {}
    if not 1 <= rule.level_min <= LEVEL_MAX:
        fields["level_min"] = Words("最低库存应为 1–10000")
    if not rule.level_min <= rule.level_max <= LEVEL_MAX:
        fields["level_max"] = Words("补足到的数量不能小于最低库存，最多 10000")
    if not 1 <= rule.budget_fen <= FEN_MAX:
        fields["budget"] = Words("每日预算应大于 0")
    if fields:
        raise InvalidInput(fields=fields)
    levels = (rule.level_min, rule.level_max)
    if not await restock_store.save(tx, rule.sku_id, levels, budget_fen=rule.budget_fen, enabled=rule.enabled):
        raise InvalidInput(fields={"sku_id": Words("没有这个面值，或者它不是卡密商品")})


async def drop_rule(tx: Transaction, sku_id: int) -> None:
    """Raises RuleMissing."""
    if not await restock_store.drop(tx, sku_id):
        raise RuleMissing


async def list_rules(connection: Connection) -> list[RuleLine]:
    return [
        RuleLine(_rule(dict(row)), row["product_name"], row["face_value"], row["outcome"])
        for row in await restock_store.listed(connection)
    ]


async def claim_rules(tx: Transaction, *, at_most: int) -> list[RestockRule]:
    """Those whose turn it is; nobody else looks at them for a minute."""
    return [_rule(dict(row)) for row in await restock_store.claim(tx, again_after=LOOK_EVERY, at_most=at_most)]


async def offered(tx: Transaction, sku_id: int) -> tuple[int, int | None]:
    """How many pieces open routes can deliver for our own vault, and what the dearest costs."""
    return await hold_store.for_vault(tx.connection, sku_id, Moment(tx.now, FRESH_FOR))


async def note_outcome(tx: Transaction, rule: RestockRule, standing: Standing, decision: Decision) -> None:
    outcome = {
        "verdict": decision.verdict,
        "level": standing.level,
        "spent_fen": standing.spent_fen,
        "quantity": decision.quantity,
        "at": tx.now,
    }
    again_after = AFTER_BUYING if decision.verdict is Verdict.BUY else LOOK_EVERY
    await restock_store.note(tx, rule.sku_id, outcome, again_after=again_after)


def _rule(row: Mapping[str, Any]) -> RestockRule:
    return RestockRule(row["sku_id"], row["level_min"], row["level_max"], row["budget_fen"], row["enabled"])
