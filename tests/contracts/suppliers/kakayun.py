from kameng.supply.answer import Reason
from kameng.web.sandbox.suppliers.wares import No, Ware
from tests.contracts.suppliers.entry import Entry

CREDENTIALS = {"userid": "10052", "key": "kakayun-k3y-nobody-may-see"}

ENTRY = Entry(
    protocol="kakayun",
    credentials=CREDENTIALS,
    config=lambda url: {"base_url": url, "query_url": url, "pages_every_s": "0", **CREDENTIALS},
    secrets=("key",),
    top_up=Ware("720938", "QQ 币 10 个", 970, account_form="[1-9][0-9]{4,11}", stock=9999),
    codes=Ware("772378", "影视周卡", 620, kind="code", stock=50),
    refusals={
        No.UNKNOWN_GOODS: Reason.GOODS_GONE,
        No.OFF_SALE: Reason.GOODS_GONE,
        No.OUT_OF_STOCK: Reason.OUT_OF_STOCK,
        No.GUARD: Reason.COSTS_TOO_MUCH,
        No.BALANCE: Reason.BALANCE_LOW,
        No.BAD_ACCOUNT: Reason.WRONG_ACCOUNT,
        No.SIGNATURE: Reason.NOT_ALLOWED,
        No.STALE: Reason.NOT_ALLOWED,
        No.TOO_OFTEN: Reason.TOO_OFTEN,
        No.MAINTENANCE: None,
        No.DUPLICATE: None,
    },
    raw={"number": "goodsid", "name": "goodsname", "price": "goodsprice"},
    has_partly=False,
)
