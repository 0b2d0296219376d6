from kameng.supply.answer import Reason
from kameng.web.sandbox.suppliers.wares import No, Ware
from tests.contracts.suppliers.entry import Entry

CREDENTIALS = {"app_id": "10000", "secret": "kayixin-s3cret-nobody-may-see-00"}

ENTRY = Entry(
    protocol="kayixin",
    credentials=CREDENTIALS,
    config=lambda url: {"base_url": url, **CREDENTIALS},
    secrets=("secret",),
    top_up=Ware("6518", "移动话费 100 元", 9_850, face_fen=100_00, account_form="1[3-9][0-9]{9}"),
    codes=Ware("6519", "优酷月卡", 1_290, kind="code", stock=50),
    refusals={
        No.UNKNOWN_GOODS: Reason.GOODS_GONE,
        No.OFF_SALE: Reason.GOODS_GONE,
        No.OUT_OF_STOCK: Reason.OUT_OF_STOCK,
        No.GUARD: Reason.COSTS_TOO_MUCH,
        No.BALANCE: Reason.BALANCE_LOW,
        No.BAD_ACCOUNT: Reason.WRONG_ACCOUNT,
        No.TOO_OFTEN: Reason.TOO_OFTEN,
        No.SIGNATURE: Reason.NOT_ALLOWED,
        No.MAINTENANCE: Reason.GOODS_GONE,
        No.BAD_QUANTITY: None,
        No.DUPLICATE: None,
    },
    raw={"number": "goodsId", "name": "name", "price": "salesPrice"},
    owner="app_id",
    signed_headers=("x-app-id", "x-version", "x-timestamp", "x-signature"),
)
