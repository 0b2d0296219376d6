from dataclasses import replace
from hashlib import md5

from kameng.adapters.suppliers.acgfaka_wire import request_no
from kameng.supply.answer import Reason
from kameng.web.sandbox.suppliers.wares import No, Ware
from kameng.web.sandbox.suppliers.whims import How
from tests.contracts.suppliers.entry import Entry

CREDENTIALS = {"app_id": "1024", "app_key": "ACG+k3y%2Fnobody-may-see"}

NATIVE = Entry(
    protocol="acgfaka",
    credentials=CREDENTIALS,
    config=lambda url: {"base_url": url, "type": "0", **CREDENTIALS},
    secrets=("app_key",),
    codes=Ware("8F3A91?race=月卡", "视频会员 月卡", 1_290, kind="code", stock=50),
    refusals={
        No.UNKNOWN_GOODS: Reason.GOODS_GONE,
        No.OFF_SALE: Reason.GOODS_GONE,
        No.OUT_OF_STOCK: Reason.OUT_OF_STOCK,
        No.BALANCE: Reason.BALANCE_LOW,
        No.BAD_QUANTITY: Reason.OTHER,
        No.SIGNATURE: Reason.NOT_ALLOWED,
        No.DUPLICATE: None,
        No.FIELD_MISSING: None,
        No.TOO_OFTEN: None,
    },
    raw={"number": "code", "name": "name", "price": "user_price"},
    booked=request_no,
    calls_back=False,
    tells_failure=False,
    # The answers name no order that was asked for, and hold no numbers of orders but the shop's own.
    blind_to=frozenset({How.OTHER_ORDER}),
)
PLUGIN = replace(
    NATIVE,
    config=lambda url: {"base_url": url, "type": "2", **CREDENTIALS},
    codes=Ware("B7C0D2", "音乐会员年卡", 9_900, kind="code"),
)
V4 = replace(
    NATIVE,
    emulation="acgfaka_v4",
    config=lambda url: {"base_url": url, "type": "1", **CREDENTIALS},
    codes=Ware("31-77", "网盘会员 标准", 2_050, kind="code", stock=9),
    raw={"number": "id", "name": "name", "price": "stock_price"},
    booked=lambda number: md5(number.encode(), usedforsecurity=False).hexdigest()[:24],
    can_ask=False,
)
