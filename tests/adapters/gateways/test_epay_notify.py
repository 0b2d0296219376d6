"""What gateways of 易支付 V1 send us unasked, and what only looks like it."""

from collections.abc import Mapping

import pytest

from kameng.adapters.gateways.epay_config import EpayConfig
from kameng.adapters.gateways.epay_v1 import EpayV1
from kameng.adapters.gateways.epay_wire import sign
from kameng.adapters.http import HttpClient
from kameng.payment.gateway import Forged, Notice

pytestmark = pytest.mark.anyio

KEY = "s3cr3t-K3Y"
TRADE_NO = "2026112214305500001"
REFERENCE = "P202611221430551234"
NOTIFY = {
    "pid": "1001",
    "trade_no": TRADE_NO,
    "out_trade_no": REFERENCE,
    "type": "alipay",
    "name": "Q币",
    "money": "12.34",
    "trade_status": "TRADE_SUCCESS",
}


def a_gateway(**config: str) -> EpayV1:
    settings = {"base_url": "https://pay.example.com/", "pid": "1001", "key": KEY, **config}
    return EpayV1(EpayConfig.read(settings), http=HttpClient())


def signed(fields: Mapping[str, str], key: str = KEY, **how: str) -> dict[str, str]:
    return {**fields, "sign": sign(fields, key, **how), "sign_type": "MD5"}


async def test_a_genuine_notify_is_read() -> None:
    assert a_gateway().read_notify(signed(NOTIFY)) == Notice(REFERENCE, TRADE_NO, 1234, paid=True)


async def test_a_notify_may_carry_more_fields_and_a_sign_in_capitals() -> None:
    fields = signed(NOTIFY | {"param": "", "buyer": "某人 & co", "endtime": "2026-11-22 14:30:55"})
    fields["sign"] = fields["sign"].upper()
    assert a_gateway().read_notify(fields).paid


async def test_a_notify_of_a_clone_is_read_with_its_own_signature() -> None:
    fields = signed(NOTIFY, sign_with="&key=")
    assert a_gateway(sign_with="&key=").read_notify(fields).paid
    with pytest.raises(Forged):
        a_gateway().read_notify(fields)


@pytest.mark.parametrize("status", ["TRADE_CLOSED", "WAIT_BUYER_PAY", "trade_success", ""])
async def test_only_trade_success_is_paid(status: str) -> None:
    assert not a_gateway().read_notify(signed(NOTIFY | {"trade_status": status})).paid


@pytest.mark.parametrize(
    "fields",
    [
        {},
        NOTIFY,
        NOTIFY | {"sign": "", "sign_type": "MD5"},
        signed(NOTIFY, key="another"),
        signed(NOTIFY) | {"money": "9999.00"},
        signed(NOTIFY) | {"trade_no": "1"},
        signed(NOTIFY) | {"extra": "1"},
        signed(NOTIFY) | {"sign": "é" * 32},
        signed(NOTIFY) | {"sign": "\ud800"},
        signed(NOTIFY) | {"sign_type": "RSA"},
        signed(NOTIFY | {"name": "\ud800"}) | {"money": "1.00"},
        signed(NOTIFY | {"pid": "1002"}),
        signed(NOTIFY | {"pid": ""}),
        signed(NOTIFY | {"out_trade_no": ""}),
        signed(NOTIFY | {"trade_no": ""}),
        signed(NOTIFY | {"money": "-1.00"}),
        signed(NOTIFY | {"money": "1e3"}),
    ],
)
async def test_a_forged_notify_is_told(fields: dict[str, str]) -> None:
    with pytest.raises(Forged) as forged:
        a_gateway().read_notify(fields)
    assert KEY not in str(forged.value)
