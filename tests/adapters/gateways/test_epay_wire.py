"""epay V1 on the wire: worked examples and the oddities of its clones."""

from datetime import UTC, datetime
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kameng.adapters.gateways.epay_wire import GOODS_BYTES_MAX, goods_name, moment, read_answer, sign

KEY = "89unJUB8HZ54Hj7x4nUj56HN4nUzUJ8i"


def test_a_request_is_signed_over_its_sorted_raw_fields() -> None:
    fields = {
        "type": "alipay",
        "pid": "1001",
        "out_trade_no": "20160806151343349",
        "notify_url": "http://www.pay.com/notify_url.php",
        "return_url": "http://www.pay.com/return_url.php",
        "name": "VIP会员",
        "money": "1.00",
        "param": "",
        "sign": "whatever",
        "sign_type": "MD5",
    }
    # Written out by hand: sorted by name, `param` is empty, `sign` and `sign_type` never count, nothing is encoded.
    text = (
        "money=1.00&name=VIP会员&notify_url=http://www.pay.com/notify_url.php&out_trade_no=20160806151343349"
        "&pid=1001&return_url=http://www.pay.com/return_url.php&type=alipay" + KEY
    )
    assert sign(fields, KEY) == md5(text.encode()).hexdigest() == "427724b6656aa612cfdbe7a2262036a3"


def test_a_notify_is_signed_the_same_way() -> None:
    fields = {
        "pid": "1001",
        "trade_no": "20160806151343349021",
        "out_trade_no": "P202611221430551234",
        "type": "wxpay",
        "name": "Q币 100个 & 赠品",
        "money": "98.50",
        "trade_status": "TRADE_SUCCESS",
    }
    text = (
        "money=98.50&name=Q币 100个 & 赠品&out_trade_no=P202611221430551234&pid=1001&trade_no=20160806151343349021"
        "&trade_status=TRADE_SUCCESS&type=wxpay" + KEY
    )
    assert sign(fields, KEY) == md5(text.encode()).hexdigest() == "66714cf5e26280c2a0394bbc572d52ec"


def test_some_clones_write_key_before_the_key() -> None:
    assert sign({"b": "2", "a": "1"}, "K", sign_with="&key=") == md5(b"a=1&b=2&key=K").hexdigest()
    assert sign({"b": "2", "a": "1"}, "K") == md5(b"a=1&b=2K").hexdigest()


def test_zero_is_not_empty() -> None:
    assert sign({"a": "0", "b": ""}, "K") == md5(b"a=0K").hexdigest()


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Q币 100个", "Q币 100个"),
        ("  两\n行\t字 ", "两 行 字"),
        ("", "商品"),
        ("\u200b\x00", "商品"),
        ("币" * 42 + "x", "币" * 42 + "x"),
        ("币" * 43, "币" * 42),
        ("x" + "币" * 43, "x" + "币" * 42),
        ("x" * 125 + "😀", "x" * 125),
    ],
)
def test_goods_are_named_in_at_most_127_bytes(text: str, cut: str) -> None:
    assert goods_name(text) == cut


@given(st.text())
def test_any_name_fits(text: str) -> None:
    name = goods_name(text)
    assert 0 < len(name.encode()) <= GOODS_BYTES_MAX
    assert name == name.strip()
    assert goods_name(name) == name


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"code":1,"money":1.50,"status":0}', {"code": "1", "money": "1.50", "status": "0"}),
        ('{"code":"1","msg":" \\u597d "}', {"code": "1", "msg": "好"}),
        ('"{\\"code\\":1}"', {"code": "1"}),
        ('{"code":true,"endtime":null,"data":{"code":1}}', {}),
        ('{"code":NaN}', {"code": "NaN"}),
        (' \n{"code":1}\n', {"code": "1"}),
    ],
)
def test_answers_are_read_as_texts(text: str, read: dict[str, str]) -> None:
    assert read_answer(text) == read


@pytest.mark.parametrize("text", ["", "<html>", "[1]", "1", "null", '"x"', '{"code":1', "[" * 100_000, '""{}""'])
def test_what_is_no_object_is_no_answer(text: str) -> None:
    assert read_answer(text) is None


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    read_answer(text)


def test_a_gateways_clock_shows_china_time() -> None:
    assert moment("2026-11-22 14:30:55") == datetime(2026, 11, 22, 6, 30, 55, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "0000-00-00 00:00:00", "soon", "0001-01-01 00:00:00"])
def test_what_is_no_time_is_none(text: str | None) -> None:
    assert moment(text) is None
