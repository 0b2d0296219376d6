"""卡卡云, dockapi v3.

Facts are from the vendor's document (showdoc 2592446100589081, 2026-04); its example of a signature was recomputed with
both keys it mixes up. Orders go to the house's own host; questions, goods and balance to a public one (plain http by
the document; another address can be set). Published: every code but 1 and 9999 means that nothing was ordered, 1205
"this number exists" among them, which is asked about here instead. A failed order is not always paid back, which
`refundstatus` tells. Callbacks carry no account, but everything in them is signed.
"""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import md5
from hmac import compare_digest
from typing import Any

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers.kakayun_wire import NO, NOT_FOUND, codes_of, goods_of, state_of
from kameng.adapters.suppliers.pages import Page, page_of, read_pages
from kameng.adapters.suppliers.php_json import encode, read_exact
from kameng.adapters.suppliers.reading import (
    PAGE_BYTES_MAX,
    asked,
    compact,
    count_of,
    masked,
    one_of,
    redacted,
    signed_fen_down,
    text_of,
    unfit,
    unplaced,
)
from kameng.adapters.suppliers.unable import CannotComplain
from kameng.kernel.clock import Clock
from kameng.kernel.money import yuan
from kameng.kernel.text import Words
from kameng.supply.answer import (
    Accepted,
    Balance,
    CancelAnswer,
    Cancelled,
    Final,
    InDoubt,
    NotFound,
    PlaceAnswer,
    QueryAnswer,
    Reason,
    Refused,
)
from kameng.supply.goods import Catalogue, Goods
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

PAGE = 50
#: Fields are named by their type; 1 is the account.
FIELDS = frozenset(str(kind) for kind in range(2, 18))
#: The only address the platform answers questions at; nothing but plain http is published.
PUBLIC_URL = "http://public.kky.v3.api.kakayun.vip/"
_NO_TO_CANCEL = ("订单不存在", "已退款", "已完成", "无法退款", "不支持", "不允许", "不能")

OPTIONS = (
    Option("base_url", Words("下单接口地址"), hint=Words("货源站的网址，例如 https://shop.example.com/")),
    Option(
        "query_url",
        Words("查询接口地址"),
        hint=Words("留空为平台公共地址（明文 http，卡密有被窃听的可能）；兼容此协议的站点填写与下单接口相同的地址"),
        default="",
    ),
    Option("userid", Words("商户 ID userid"), form="[0-9A-Za-z_-]+"),
    Option("key", Words("商户密钥"), secret=True),
    Option(
        "pages_every_s",
        Words("商品列表每页间隔（秒）"),
        hint=Words("平台限制 5 秒 1 次"),
        default="5",
        form=r"[0-9]{1,2}(\.[0-9]{1,2})?",
    ),
)


def sign(fields: Mapping[str, Any], key: str) -> str:
    """`sign` of a message: lower-case md5 of `a=1&b=2`, sorted, and the key. Empty values and null are left out, true
    and false are written so, lists and objects as PHP's JSON (numbers from `read_exact` keep their digits).

    >>> sign({"userid": "1", "buynum": 2, "attach": ""}, "KEY")  # md5("buynum=2&userid=1KEY")
    'cdfcff89a80d19a9ebcbfc095dd7b09f'
    """
    told = ((name, _written(value)) for name, value in sorted(fields.items()) if name != "sign")
    text = "&".join(f"{name}={value}" for name, value in told if value != "")
    return md5(f"{text}{key}".encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _written(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return encode(value, slashes_escaped=False)
    return str(value)


class Kakayun(CannotComplain):
    """Implements `supply.supplier.Supplier`. `config` is what OPTIONS ask for."""

    abilities = Abilities(
        repeat=Repeat.REFUSED,
        loss_guard=LossGuard.TOTAL,
        callback=CallbackTrust.FINAL,
        quantity_max=100,
        query_window=timedelta(days=30),
        cancels=True,
    )
    acknowledgement = Reply("ok")
    rejection = Reply("fail")

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._base_url = config["base_url"]
        self._query_url = config["query_url"] or PUBLIC_URL
        self._userid = config["userid"]
        self._key = config["key"]
        self._pages_every_s = float(config["pages_every_s"])
        self._http = http
        self._clock = clock

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        if refused := unfit(ask, quantity_max=self.abilities.quantity_max, fields=FIELDS):
            return refused
        wanted = {
            "goodsid": ask.goods,
            "buynum": ask.quantity,
            "usorderno": ask.number,
            "callbackurl": ask.callback_url,
            "maxmoney": yuan(ask.cost_max_fen),
            "attach": _attach(ask),
        }
        said = await self._call(f"{self._base_url}dockapiv3/order/create", wanted, ask)
        if isinstance(said, InDoubt | Refused):
            return unplaced(said)
        order = said.get("data")
        if not isinstance(order, dict) or not text_of(order, "orderno"):
            return InDoubt("accepted without a number")
        if text_of(order, "usorderno") not in {"", ask.number}:
            return InDoubt("accepted, but not this order")
        # The platform itself answers without a state; houses that speak its protocol may deliver at once.
        return self._state_of(order, ask) if text_of(order, "status") else Accepted(text_of(order, "orderno"))

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        said = await self._asked("order/get", {"usorderno": ask.number}, ask)
        if isinstance(said, Refused):
            return InDoubt(said.words)
        if isinstance(said, InDoubt):
            return NotFound(said.words) if said.words.endswith(f"(code {NOT_FOUND})") else said
        order = said.get("data")
        if not isinstance(order, dict) or text_of(order, "usorderno") != ask.number:
            return InDoubt("an answer about another order")
        if supplier_no and text_of(order, "orderno") != supplier_no:
            return InDoubt("an answer about another order")
        return self._state_of(order, ask)

    async def cancel(self, ask: SupplyAsk, *, supplier_no: str | None) -> CancelAnswer:
        del supplier_no
        said = await self._asked("order/cancelOrder", {"usorderno": ask.number}, ask)
        match said:
            case InDoubt(words) if any(no in words for no in _NO_TO_CANCEL):
                return Refused(Reason.NOT_ALLOWED, words)
            case InDoubt() | Refused():
                return said
        return Cancelled()

    async def balance(self) -> Balance | Refused | InDoubt:
        """What can be spent: the books' balance, which may be below 0, and the credit."""
        said = await self._asked("user/info", {})
        if isinstance(said, InDoubt | Refused):
            return said
        account = said.get("data")
        parts = [account.get(name, "0") for name in ("money", "creditquota")] if isinstance(account, dict) else [None]
        fens = [fen for part in parts if (fen := signed_fen_down(part)) is not None]
        return Balance(sum(fens)) if len(fens) == len(parts) else InDoubt("a balance nobody can read")

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        """Page by page, as seldom as the platform allows: minutes for thousands of goods."""
        return await read_pages(self._page, size=PAGE, goods_of=goods_of, pause_s=self._pages_every_s)

    async def _page(self, number: int) -> Page | Refused | InDoubt:
        said = await self._asked("goods/all", {"page": number, "limit": PAGE})
        return said if isinstance(said, InDoubt | Refused) else page_of(said.get("data"), count_of(said, "count"))

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        said = await self._asked("goods/details", {"goodsid": number})
        if isinstance(said, InDoubt | Refused):
            return said
        details = said.get("data")
        if text_of(details, "goodsid") != number or not isinstance(details, dict):
            return InDoubt("an answer about other goods")
        template: object = []
        # Details name fields by title alone; an order names them by type.
        if isinstance(details.get("attach"), list) and len(details["attach"]) > 1:
            told = await self._asked("goods/tpl", {"goodsid": number})
            if isinstance(told, InDoubt | Refused):
                return told
            template = told.get("data")
        return one_of(goods_of(details, template=template))

    def read_callback(self, post: Post) -> Callback:
        fields = read_exact(post.body.decode("utf-8", "replace"))
        if fields is None or not self._wrote(fields):
            msg = "the signature is wrong"
            raise Forged(msg)
        number, supplier_no = text_of(fields, "usorderno") or None, text_of(fields, "orderno") or None
        if not (number or supplier_no):
            msg = "names no order"
            raise Forged(msg)
        if codes_of(fields) or text_of(fields, "push_type") != "0":
            # How many codes there should be is known to the query alone.
            return Callback(number, supplier_no, None)
        words = masked(text_of(fields, "receipt") or text_of(fields, "refundreceipt"))
        says = state_of(fields, (), for_codes=False, quantity=1, words=words)
        return Callback(number, supplier_no, None if isinstance(says, InDoubt) else says)

    def _wrote(self, fields: Mapping[str, Any]) -> bool:
        try:
            own = sign(fields, self._key)
        except RecursionError:
            return False
        return compare_digest(own.encode(), text_of(fields, "sign").lower().encode("utf-8", "surrogatepass"))

    def _state_of(self, order: Mapping[str, Any], ask: SupplyAsk) -> Accepted | Final | InDoubt:
        told = text_of(order, "receipt") or text_of(order, "refundreceipt")
        words = masked(redacted(told, self._key, ask.account or ""))
        for_codes = ask.account is None
        return state_of(order, codes_of(order), for_codes=for_codes, quantity=ask.quantity, words=words)

    async def _asked(
        self, path: str, wanted: Mapping[str, Any], ask: SupplyAsk | None = None
    ) -> dict[str, Any] | Refused | InDoubt:
        return await self._call(f"{self._query_url}dockapiv3/{path}", wanted, ask)

    async def _call(
        self, url: str, wanted: Mapping[str, Any], ask: SupplyAsk | None
    ) -> dict[str, Any] | Refused | InDoubt:
        """An answer with code 1."""
        fields = {**wanted, "userid": self._userid, "timestamp": int(self._clock.now().timestamp())}
        fields = {name: value for name, value in fields.items() if value not in ("", None)}
        body = compact(fields | {"sign": sign(fields, self._key)}).encode()
        account = (ask.account if ask else None) or ""
        call = self._http.post_json(url, body=body, bytes_max=PAGE_BYTES_MAX)
        said = await asked(call, secret=self._key, more_secrets=[account])
        if isinstance(said, InDoubt):
            return said
        code, words = text_of(said, "code"), redacted(text_of(said, "msg"), self._key, account)
        if code == "1":
            return said
        if code in NO:
            # Sold out has no code of its own.
            return Refused(Reason.OUT_OF_STOCK if code == "-1" and "库存不足" in words else NO[code], words)
        return InDoubt(f"{words} (code {code})")


def _attach(ask: SupplyAsk) -> str | list[dict[str, str]]:
    """The account alone, or all fields by their types (1 is the account)."""
    if ask.account is None or not ask.fields:
        return ask.account or ""
    fields = {"1": ask.account} | dict(ask.fields)
    return [{"attachtype": kind, "value": value} for kind, value in fields.items()]
