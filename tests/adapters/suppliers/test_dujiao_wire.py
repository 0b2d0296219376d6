"""dujiao-next on the wire: the document's own example of a signature, states, goods."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kameng.adapters.suppliers.dujiao_wire import goods_of, sign, state_of
from kameng.supply.answer import Accepted, Code, Delivered, Failed, InDoubt, Reason
from kameng.supply.goods import AskedField, Goods, GoodsKind, Unusable
from tests.adapters.suppliers.dujiao_site import ASK, FORM, SECRET, delivered, order, product, signed, sku

RATE = Decimal(100)
TOP_UP = replace(ASK, quantity=1, account="10001", fields={"zone": "1"})


def test_the_documents_example_is_signed_so() -> None:
    """Its PHP, Go and Python samples are one rule, without a result; this one is the Python sample's."""
    body, timestamp = b'{"sku_id":1,"quantity":1}', "1772366400"
    own = sign(SECRET, method="POST", path="/api/v1/upstream/orders", timestamp=timestamp, body=body)
    assert own == signed("POST", "/api/v1/upstream/orders", timestamp, body)
    assert own == "88444ca5a52c0ebfb343ac92fc81723552f70fcbf589c22c0801f94458e2da7f"
    assert sign(SECRET, method="GET", path="/x", timestamp="1", body=b"") == signed("GET", "/x", "1", b"")


@pytest.mark.parametrize("status", ["pending_payment", "paid", "fulfilling", "partially_delivered"])
def test_an_order_on_its_way_is_accepted(status: str) -> None:
    assert state_of(order(status), ASK, RATE) == Accepted("101", 1800, status)


@pytest.mark.parametrize("status", ["", "77", "partially_refunded", "PAID", "unknown"])
def test_unknown_states_are_in_doubt(status: str) -> None:
    assert isinstance(state_of(order(status), ASK, RATE), InDoubt)


def test_codes_are_the_lines_of_the_payload() -> None:
    codes = (Code("", "AAA"), Code("", "BBB"))
    assert state_of(delivered("AAA\r\nBBB\n"), ASK, RATE) == Delivered("101", codes, cost_fen=1800)
    one = state_of(delivered("AAA\nBBB"), replace(ASK, quantity=1), RATE)
    assert isinstance(one, Delivered)
    assert one.codes == (Code("", "AAA\nBBB"),)
    for payload in ("", "AAA", "A\nB\nC"):
        assert isinstance(state_of(delivered(payload), ASK, RATE), InDoubt)
    assert isinstance(state_of(order("completed"), ASK, RATE), InDoubt)


def test_a_top_up_is_done_with_whatever_was_written() -> None:
    assert state_of(delivered("已充值"), TOP_UP, RATE) == Delivered("101", receipt="已充值", cost_fen=1800)
    assert state_of(order("delivered"), TOP_UP, RATE) == Delivered("101", cost_fen=1800)


def test_what_was_paid_back_is_told_with_a_failure() -> None:
    back = order("refunded", refunded_amount="17.50")
    assert state_of(back, ASK, RATE) == Failed(Reason.CANCELLED, "refunded", "101", 1800, 1750)
    kept = state_of(order("canceled", refunded_amount="0.00"), ASK, RATE)
    untold = state_of(order("canceled"), ASK, RATE)
    assert isinstance(kept, Failed)
    assert isinstance(untold, Failed)
    assert (kept.refund_fen, untold.refund_fen) == (0, None)


def test_goods_are_listed_by_sku() -> None:
    specified = sku(spec_values={"面值": {"zh-CN": "10 元"}, "区": "亚服"})
    listed = product(fulfillment_type="manual", manual_form_schema=FORM, skus=[specified, sku(id="8")])
    first, second = goods_of(listed, RATE, {"3": "游戏"})
    assert isinstance(first, Goods)
    assert (first.number, first.name, first.price_fen, first.stock) == ("1-7", "点券 10 元 亚服", 900, 5)
    assert (first.kind, first.category) == (GoodsKind.TOP_UP, "游戏")
    assert first.asks == (AskedField("zone", "区服", ("亚服", "美服")),)
    assert isinstance(second, Goods)
    (endless,) = goods_of(product(skus=[sku(stock_quantity="-1")]), Decimal("720.5"), {})
    assert isinstance(endless, Goods)
    assert (endless.stock, endless.price_fen, endless.kind) == (None, 6485, GoodsKind.CODE)


@pytest.mark.parametrize(
    "more",
    [
        {"skus": [sku(price_amount="-1")]},
        {"skus": [sku(stock_quantity="viele")]},
        {"skus": ["7"]},
        {"skus": "7"},
        {"title": {}},
        {"fulfillment_type": "upstream"},
        {"manual_form_schema": {"fields": ["account"]}},
        {"manual_form_schema": {"fields": [{"label": "x"}]}},
        {"id": "x"},
    ],
)
def test_what_cannot_be_read_is_unusable(more: dict[str, Any]) -> None:
    (found,) = goods_of(product(**more), RATE, {})
    assert isinstance(found, Unusable)
