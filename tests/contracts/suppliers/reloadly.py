from collections.abc import Mapping
from dataclasses import replace

from kameng.supply.answer import Reason
from kameng.web.sandbox.suppliers.wares import No, Ware
from kameng.web.sandbox.suppliers.whims import How
from tests.contracts.suppliers.entry import Entry

CREDENTIALS = {
    "client_id": "rl-client",
    "client_secret": "reloadly-client-secret-nobody-may-see",
    "webhook_secret": "reloadly-webhook-secret-nobody-may-see",
}


def config(url: str, product: str) -> Mapping[str, str]:
    return {"product": product, "base_url": url, "auth_url": url, "rate": "100", **CREDENTIALS}


TOP_UPS = Entry(
    protocol="reloadly",
    credentials=CREDENTIALS | {"callback_url": "{shop}callbacks/{number}"},
    config=lambda url: config(url, "topup"),
    secrets=("client_secret", "webhook_secret"),
    signing=("webhook_secret",),
    top_up=Ware("400-CN-L100", "中国移动 100 CNY", 9_850, face_fen=100_00, account_form="1[3-9][0-9]{9}"),
    refusals={
        No.DUPLICATE: None,
        No.UNKNOWN_GOODS: Reason.GOODS_GONE,
        No.OFF_SALE: Reason.OPERATOR_TROUBLE,
        No.BALANCE: Reason.BALANCE_LOW,
        No.BAD_ACCOUNT: Reason.WRONG_ACCOUNT,
        No.TOO_OFTEN: Reason.TOO_OFTEN,
        No.MAINTENANCE: None,
        No.FIELD_MISSING: None,
    },
    raw={"number": "operatorId", "name": "name", "price": "fixedAmounts"},
    signed_headers=("x-reloadly-request-timestamp", "x-reloadly-signature"),
    tells_refund=False,
    has_partly=False,
    # A yes has no code of its own.
    blind_to=frozenset({How.NO_CODE, How.UNKNOWN_CODE}),
)
GIFT_CARDS = replace(
    TOP_UPS,
    config=lambda url: config(url, "giftcard"),
    top_up=None,
    codes=Ware("10-25.00", "Amazon US 25.00 USD", 17_900, kind="code", stock=50),
    raw={"number": "productId", "name": "productName", "price": "fixedSenderDenominations"},
)
