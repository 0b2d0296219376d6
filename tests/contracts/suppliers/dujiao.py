from kameng.supply.answer import Reason
from kameng.web.sandbox.suppliers.wares import No, Ware
from kameng.web.sandbox.suppliers.whims import How
from tests.contracts.suppliers.entry import Entry

CREDENTIALS = {"api_key": "dj_4be1", "api_secret": "dujiao-secret-nobody-may-see"}

ENTRY = Entry(
    protocol="dujiao",
    credentials=CREDENTIALS,
    config=lambda url: {"base_url": url, **CREDENTIALS},
    secrets=("api_secret",),
    top_up=Ware("101-1001", "游戏点券 100 元", 9_700, asks=("区服",), account_form="[0-9]{5,11}"),
    codes=Ware("102-1002", "视频会员月卡", 1_290, kind="code", stock=50),
    fields={"区服": "一区"},
    refusals={
        No.UNKNOWN_GOODS: Reason.GOODS_GONE,
        No.OFF_SALE: Reason.GOODS_GONE,
        No.OUT_OF_STOCK: Reason.OUT_OF_STOCK,
        No.BALANCE: Reason.BALANCE_LOW,
        No.FIELD_MISSING: Reason.OTHER,
        No.SIGNATURE: Reason.NOT_ALLOWED,
        No.STALE: Reason.NOT_ALLOWED,
    },
    raw={"number": "id", "name": "title", "price": "price_amount"},
    owner="api_key",
    signed_headers=("dujiao-next-api-key", "dujiao-next-timestamp", "dujiao-next-signature"),
    has_partly=False,
    # An order is asked for by a number that is no text, and its goods may be any.
    blind_to=frozenset({How.OTHER_ORDER}),
)
