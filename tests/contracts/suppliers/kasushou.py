from kameng.supply.answer import Reason
from kameng.web.sandbox.suppliers.wares import No, Ware
from tests.contracts.suppliers.entry import Entry

CREDENTIALS = {"userid": "2uIkTrXNdAFc7OKhbRenz", "key": "kasushou-k3y-nobody-may-see"}

ENTRY = Entry(
    protocol="kasushou",
    credentials=CREDENTIALS,
    config=lambda url: {"base_url": url, **CREDENTIALS},
    secrets=("key",),
    top_up=Ware("2909", "视频会员月卡直充", 1_350, face_fen=15_00, account_form="1[3-9][0-9]{9}", stock=9999),
    codes=Ware("4", "点卡 10 元", 970, kind="code", stock=50),
    refusals={
        No.UNKNOWN_GOODS: Reason.GOODS_GONE,
        No.OFF_SALE: Reason.GOODS_GONE,
        No.OUT_OF_STOCK: Reason.OUT_OF_STOCK,
        No.GUARD: Reason.COSTS_TOO_MUCH,
        No.BALANCE: Reason.BALANCE_LOW,
        No.BAD_ACCOUNT: Reason.WRONG_ACCOUNT,
        No.SIGNATURE: Reason.NOT_ALLOWED,
        No.TOO_OFTEN: Reason.TOO_OFTEN,
        No.MAINTENANCE: None,
        No.DUPLICATE: None,
    },
    raw={"number": "id", "name": "goods_name", "price": "goods_price"},
    unsigned=frozenset({"card_list", "express_list"}),
    has_partly=False,
)
