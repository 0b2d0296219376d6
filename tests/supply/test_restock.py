"""What a restock rule says to buy."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kameng.kernel.errors import InvalidInput
from kameng.supply.restock import (
    BUY_MAX,
    Decision,
    RestockRule,
    RuleMissing,
    Standing,
    Verdict,
    decide,
    drop_rule,
    list_rules,
    save_rule,
)
from tests.builders.shop import Shop, a_stocked_sku

RULE = RestockRule(sku_id=1, level_min=10, level_max=30, budget_fen=10_000)

TOPS_UP = "UPDATE products SET delivers = 'top_up'"


def standing(**changes: Any) -> Standing:
    values = {"level": 4, "is_under_way": False, "spent_fen": 0, "pieces": 1000, "dearest_fen": 100, **changes}
    return Standing(**values)


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({}, Decision(Verdict.BUY, 26)),
        ({"level": 10}, Decision(Verdict.ENOUGH)),
        ({"is_under_way": True}, Decision(Verdict.UNDER_WAY)),
        ({"dearest_fen": None}, Decision(Verdict.NO_ROUTE)),
        ({"pieces": 0}, Decision(Verdict.NO_ROUTE)),
        ({"pieces": 3}, Decision(Verdict.BUY, 3)),
        ({"spent_fen": 9_801}, Decision(Verdict.BUY, 1)),
        ({"spent_fen": 9_901}, Decision(Verdict.BUDGET_SPENT)),
        ({"spent_fen": 12_000}, Decision(Verdict.BUDGET_SPENT)),
        ({"dearest_fen": 0}, Decision(Verdict.BUY, 26)),
    ],
)
def test_decisions(changes: dict[str, Any], decision: Decision) -> None:
    assert decide(RULE, standing(**changes)) == decision


@given(st.integers(0, 20), st.integers(0, 20_000), st.integers(0, 5000), st.integers(0, 20_000), st.integers(1, 10**9))
def test_what_is_bought_fits_level_and_budget(level: int, spent: int, pieces: int, price: int, budget: int) -> None:
    rule = RestockRule(1, 10, 10_000, budget)
    decision = decide(rule, standing(level=level, spent_fen=spent, pieces=pieces, dearest_fen=price))
    assert 0 <= decision.quantity <= min(BUY_MAX, pieces, rule.level_max - level)
    assert decision.quantity == 0 or spent + decision.quantity * price <= budget


@pytest.mark.anyio
async def test_rules_are_kept(shop: Shop) -> None:
    goods = await a_stocked_sku(shop)
    rule = RestockRule(goods.sku_id, 5, 50, 100_000)
    async with shop.db.transaction() as tx:
        await save_rule(tx, RestockRule(goods.sku_id, 1, 2, 3, enabled=False))
        await save_rule(tx, rule)
    async with shop.db.reading() as connection:
        (line,) = await list_rules(connection)
    assert (line.rule, line.product_name, line.face_value, line.outcome) == (rule, "点卡", "10元", {})
    async with shop.db.transaction() as tx:
        await drop_rule(tx, goods.sku_id)
        with pytest.raises(RuleMissing):
            await drop_rule(tx, goods.sku_id)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ((0, 5, 100), "level_min"), ((5, 4, 100), "level_max"), ((5, 10_001, 100), "level_max"), ((1, 2, 0), "budget"),
        ((1, 2, 3), "sku_id"),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_rule(shop: Shop, rule: tuple[int, int, int], field: str) -> None:
    goods = await a_stocked_sku(shop)
    async with shop.db.transaction() as tx:
        if field == "sku_id":
            await tx.connection.execute(TOPS_UP)
        with pytest.raises(InvalidInput) as refused:
            await save_rule(tx, RestockRule(goods.sku_id, *rule))
    assert list(refused.value.fields) == [field]
    async with shop.db.reading() as connection:
        assert await list_rules(connection) == []
