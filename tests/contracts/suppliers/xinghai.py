from kameng.supply.answer import Reason
from kameng.web.sandbox.suppliers.wares import No, Ware
from kameng.web.sandbox.suppliers.whims import How
from tests.contracts.suppliers.entry import Entry

CREDENTIALS = {"app_id": "4Kq9U9rVFz", "secret": "xinghai-s3cret-0"}

ENTRY = Entry(
    protocol="xinghai",
    credentials=CREDENTIALS,
    config=lambda url: {"base_url": url, "quantity_max": "5", **CREDENTIALS},
    secrets=("secret",),
    top_up=Ware("100001", "移动话费 100 元", 9_850, face_fen=100_00, account_form="1[3-9][0-9]{9}"),
    codes=Ware("100006", "优酷月卡", 1_290, kind="code", stock=50),
    refusals={
        No.UNKNOWN_GOODS: Reason.GOODS_GONE,
        No.OFF_SALE: Reason.GOODS_GONE,
        No.GUARD: Reason.COSTS_TOO_MUCH,
        No.BALANCE: Reason.BALANCE_LOW,
        No.BAD_ACCOUNT: Reason.WRONG_ACCOUNT,
        No.TOO_OFTEN: Reason.TOO_OFTEN,
        No.SIGNATURE: Reason.NOT_ALLOWED,
        No.MAINTENANCE: Reason.NOT_ALLOWED,
        # -21 is published for codes alone, and this is a top-up.
        No.OUT_OF_STOCK: None,
        No.DUPLICATE: None,
    },
    raw={"number": "itemId", "name": "itemName", "price": "price"},
    owner="app_id",
    tells_refund=False,
    has_partly=False,
    asks_goods_alone=False,
    blind_to=frozenset({How.NUMBERS_AS_TEXT}),
)
