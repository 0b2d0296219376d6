from kameng.supply.answer import Reason
from kameng.web.sandbox.suppliers.wares import No, Ware
from kameng.web.sandbox.suppliers.whims import How
from tests.contracts.suppliers.entry import Entry

CREDENTIALS = {"userid": "10001", "key": "yrapi-k3y-nobody-may-see"}

ENTRY = Entry(
    protocol="yrapi",
    credentials=CREDENTIALS,
    config=lambda url: {"base_url": url, **CREDENTIALS},
    secrets=("key",),
    top_up=Ware("1001", "移动话费 100 元", 9_850, face_fen=100_00, account_form="1[3-9][0-9]{9}", quantity_max=1),
    refusals={
        No.UNKNOWN_GOODS: Reason.GOODS_GONE,
        No.OFF_SALE: Reason.GOODS_GONE,
        No.GUARD: Reason.COSTS_TOO_MUCH,
        No.BALANCE: Reason.BALANCE_LOW,
        No.BAD_ACCOUNT: Reason.WRONG_ACCOUNT,
        No.TOO_OFTEN: Reason.TOO_OFTEN,
        No.SIGNATURE: Reason.NOT_ALLOWED,
        No.MAINTENANCE: None,
        No.DUPLICATE: None,
    },
    raw={"number": "id", "name": "name", "price": "price"},
    owner="userid",
    tells_refund=False,
    tells_cost=False,
    asks_goods_alone=False,
    blind_to=frozenset({How.NUMBERS_AS_TEXT}),
)
