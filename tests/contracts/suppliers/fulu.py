from kameng.supply.answer import Reason
from kameng.web.sandbox.suppliers.wares import No, Ware
from tests.contracts.suppliers.entry import Entry

CREDENTIALS = {"app_key": "fulu+app/key=nobody-may-see", "secret": "fulu-app-secret-nobody-may-see-0"}

ENTRY = Entry(
    protocol="fulu",
    credentials=CREDENTIALS | {"callback_url": "{shop}callbacks/{number}"},
    config=lambda url: {"base_url": url, **CREDENTIALS},
    secrets=("secret",),
    top_up=Ware("18221081", "联通话费 50 元", 4_630, face_fen=50_00, account_form="1[3-9][0-9]{9}"),
    codes=Ware("10000497", "腾讯视频月卡", 1_290, kind="code", stock=50),
    refusals={
        No.UNKNOWN_GOODS: Reason.GOODS_GONE,
        No.OFF_SALE: Reason.GOODS_GONE,
        No.OUT_OF_STOCK: Reason.OUT_OF_STOCK,
        No.BALANCE: Reason.BALANCE_LOW,
        No.SIGNATURE: Reason.NOT_ALLOWED,
        No.STALE: Reason.NOT_ALLOWED,
        No.MAINTENANCE: Reason.GOODS_GONE,
        No.TOO_OFTEN: None,
        No.DUPLICATE: None,
    },
    raw={"number": "product_id", "name": "product_name", "price": "purchase_price"},
    tells_refund=False,
    has_partly=False,
)
