"""What a supplier's goods become: names, prices, and what can't be."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kameng.supply.goods import GoodsKind
from kameng.supply.list_goods import ListedGoods
from kameng.supply.map_goods import KnownSku, MappingRule, MarkUp, plan_mapping

SEEN = datetime(2026, 11, 22, tzinfo=UTC)
LISTED = ListedGoods("north", "1", "点卡", "游戏", GoodsKind.CODE, 900, None, True, None, 1, None, SEEN, SEEN, ())


def test_a_mark_up_is_rounded_up() -> None:
    rule = MarkUp(Decimal("4.5"), plus_fen=10, round_to_fen=10)
    assert [rule.price_of(cost) for cost in (0, 900, 947, 1000)] == [10, 960, 1000, 1060]


@given(st.integers(0, 10**9), st.decimals(0, 1000, places=2), st.integers(0, 10_000), st.sampled_from([1, 10, 50, 100]))
def test_a_price_is_never_below_the_cost(cost: int, percent: Decimal, plus: int, step: int) -> None:
    price = MarkUp(percent, plus, step).price_of(cost)
    assert price >= cost + plus
    assert price % step == 0


def test_goods_become_skus_under_their_own_names() -> None:
    goods = [LISTED, replace(LISTED, number="2", name="月卡", price_fen=1000)]
    planned = plan_mapping(goods, MappingRule("p"), tops_up=False, known={"月卡": KnownSku(7, 1500)})
    assert [(m.face_value, m.price_fen, m.sku_id, m.problem) for m in planned] == [
        ("点卡", 945, None, None),
        ("月卡", 1500, 7, None),
    ]


def test_goods_of_one_face_value_become_one_sku_at_the_dearest_price() -> None:
    top_up = replace(LISTED, kind=GoodsKind.TOP_UP, face_fen=5000)
    goods = [
        replace(top_up, number="1", price_fen=4900),
        replace(top_up, number="2", price_fen=5000),
        replace(top_up, number="3", face_fen=9990, price_fen=9990),
        replace(top_up, number="4", face_fen=None),
    ]
    planned = plan_mapping(goods, MappingRule("p", MarkUp(Decimal(0)), by_face=True), tops_up=True, known={})
    assert [(m.face_value, m.face_fen, m.price_fen) for m in planned[:3]] == [
        ("50元", 5000, 5000),
        ("50元", 5000, 5000),
        ("99.90元", 9990, 9990),
    ]
    assert [m.problem is None for m in planned] == [True, True, True, False]


@pytest.mark.parametrize(
    "changes", [{"on_sale": False}, {"kind": GoodsKind.TOP_UP}, {"name": "长" * 61}, {"price_fen": 10**12}]
)
def test_what_becomes_of_nothing(changes: dict[str, Any]) -> None:
    (mapped,) = plan_mapping([replace(LISTED, **changes)], MappingRule("p"), tops_up=False, known={})
    assert mapped.problem


def test_an_existing_sku_that_sells_below_the_cost_gets_no_route() -> None:
    (mapped,) = plan_mapping([LISTED], MappingRule("p"), tops_up=False, known={"点卡": KnownSku(7, 899)})
    assert mapped.problem
