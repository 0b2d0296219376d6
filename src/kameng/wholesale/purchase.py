"""What a merchant asks for, and the rules it is held to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.public_address import Network, may_be_called
from kameng.kernel.text import Words
from kameng.merchants.merchant import Merchant

PURPOSE_CALLBACK = "merchant callback"
URL_MAX = 500
_OUT_ORDER_NO = re.compile(r"[!-~]{1,64}", re.ASCII)
_INSIDE = (".local", ".internal", ".localhost", ".lan", ".home", ".intranet")


class Protocol(StrEnum):
    """How an order came, and so how word of it goes back."""

    KM1 = "km1"
    DUJIAO = "dujiao"
    ACGFAKA = "acgfaka"


class CallbackNotAllowed(Refusal):
    code = "invalid_callback_url"
    status = 422
    words = Words("回调地址不能用：需为公网 http(s) 地址，且域名在商户的回调白名单内")


@dataclass(frozen=True)
class Purchase:
    """`account` holds the answers to the product's form. `cost_max_fen`: the most it may cost, all pieces together."""

    site_id: int
    sku_id: int
    quantity: int
    out_order_no: str
    protocol: Protocol
    account: Mapping[str, str] = field(default_factory=dict, repr=False)
    operator: str = ""
    callback_url: str | None = field(default=None, repr=False)
    client_address: str | None = None
    cost_max_fen: int | None = None


def check_purchase(purchase: Purchase, merchant: Merchant, reachable: Sequence[Network]) -> None:
    """Raises InvalidInput, CallbackNotAllowed. `reachable`: private networks that callbacks may go to all the same."""
    if not _OUT_ORDER_NO.fullmatch(purchase.out_order_no):
        raise InvalidInput(fields={"out_order_no": Words("外部订单号应为 1–64 个可见 ASCII 字符")})
    if purchase.callback_url is not None and not _may_call(purchase.callback_url, merchant, reachable):
        raise CallbackNotAllowed


def _may_call(url: str, merchant: Merchant, reachable: Sequence[Network]) -> bool:
    """What can be told from the address alone; where a name leads is looked at when it is called."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if len(url) > URL_MAX or parts.scheme not in ("http", "https") or not host or not re.fullmatch(r"[!-~]+", url):
        return False
    if parts.username is not None or parts.fragment:
        return False
    if merchant.callback_hosts and host not in merchant.callback_hosts:
        return False
    try:
        address = ip_address(host)
    except ValueError:
        # A name of one word, or of digits that only look like none, leads inside.
        return "." in host and not host.endswith(_INSIDE) and not host.rpartition(".")[2].isdigit()
    return may_be_called(address, reachable)
