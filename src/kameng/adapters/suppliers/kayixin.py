"""卡易信, customer API 3.0. Where its facts come from is said in `kayixin_wire`.

Not published: what a number seen before is answered with (taken for "refused for ever") and the words for one never
seen (`订单…不存在` is expected).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers.ciphers import opened
from kameng.adapters.suppliers.kayixin_wire import (
    NO,
    VERSION,
    codes_of,
    goods_of,
    kind_of,
    sign,
    state_of,
    told_of,
)
from kameng.adapters.suppliers.reading import (
    PAGE_BYTES_MAX,
    asked,
    catalogue_of,
    compact,
    count_of,
    one_of,
    other_order,
    read_list,
    read_object,
    redacted,
    signed_fen_down,
    text_of,
    unfit,
    unplaced,
)
from kameng.adapters.suppliers.refusals import reason_in
from kameng.kernel.clock import Clock
from kameng.kernel.money import yuan
from kameng.kernel.text import Words
from kameng.supply.answer import (
    Accepted,
    Balance,
    CancelAnswer,
    CancelAsked,
    Cancelled,
    Code,
    ComplaintFiled,
    Delivered,
    InDoubt,
    NotFound,
    PlaceAnswer,
    QueryAnswer,
    Reason,
    Refused,
)
from kameng.supply.goods import GOODS_MAX, Catalogue, Goods
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

# The last repetition of a callback comes an hour after the first; whether each is signed anew is not published.
CALLBACK_AGE_MAX = timedelta(hours=2)
# The number of goods on a page is not published.
PAGES_MAX = 2000

OPTIONS = (
    Option("base_url", Words("接口地址"), hint=Words("货源站的网址，例如 https://shop.example.com/")),
    Option("app_id", Words("客户编号 APP ID")),
    Option("secret", Words("接口密钥 appSecret"), secret=True),
    Option(
        "account_field",
        Words("充值账号的字段名"),
        hint=Words("与商品充值模板里的标题一致"),
        default="充值账号",
    ),
)

_NO_TO_CANCEL = ("不允许", "不支持", "不能", "无法", "已完成", "已退款")


class Kayixin:
    """Implements `supply.supplier.Supplier`. A number of goods is `goodsId`, or `goodsId:sku` where goods come in
    several kinds."""

    abilities = Abilities(
        repeat=Repeat.REFUSED,
        loss_guard=LossGuard.TOTAL,
        callback=CallbackTrust.FINAL,
        quantity_max=100,
        cancels=True,
        complains=True,
    )
    acknowledgement = Reply("ok")
    rejection = Reply("fail")

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        self._base_url = config["base_url"]
        self._app_id = config["app_id"]
        self._secret = config["secret"]
        self._account_field = config["account_field"]
        self._http = http
        self._clock = clock

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        goods, _, sku = ask.goods.partition(":")
        if not (goods.isascii() and goods.isdecimal()):
            return Refused(Reason.GOODS_GONE, "no number of goods")
        if refused := unfit(ask, quantity_max=self.abilities.quantity_max):
            return refused
        wanted = {
            "goodsId": int(goods),
            "count": ask.quantity,
            "notifyUrl": ask.callback_url,
            "outerNumber": ask.number,
            "safePrice": float(yuan(ask.cost_max_fen)),
            "sku": sku,
            "attach": [{"name": name, "value": value} for name, value in self._told(ask).items()],
        }
        said = await self._call("order/create", wanted, account=ask.account)
        if isinstance(said, InDoubt | Refused):
            return unplaced(said)
        supplier_no = text_of(said, "orderNumber")
        if not supplier_no:
            return InDoubt("accepted without a number")
        codes = codes_of(said.get("cards"))
        if ask.account is None and len(codes) == ask.quantity:
            return Delivered(supplier_no, codes)
        return Accepted(supplier_no)

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        said = await self._call("order/getDetail", _by(ask, supplier_no), account=ask.account)
        if isinstance(said, InDoubt | Refused):
            missing = "订单" in said.words and "不存在" in said.words
            return NotFound(said.words) if missing else InDoubt(said.words)
        if other_order(said, ("outerNumber", "orderNumber"), number=ask.number, supplier_no=supplier_no):
            return InDoubt("an answer about another order")
        state = state_of(said, codes_of(said.get("cards")), ask)
        return replace(state, words=redacted(state.words, self._secret, ask.account or ""))

    async def cancel(self, ask: SupplyAsk, *, supplier_no: str | None) -> CancelAnswer:
        said = await self._call("order/refunds", _by(ask, supplier_no), account=ask.account)
        match said:
            case InDoubt(words) if any(no in words for no in _NO_TO_CANCEL):
                return Refused(Reason.NOT_ALLOWED, words)
            case InDoubt() | Refused():
                return said
        match text_of(said, "status"):
            case "4":
                return Cancelled()
            case "5" | "8" | "9":
                return CancelAsked()
            case status:
                return InDoubt(f"status {status}")

    async def complain(
        self, ask: SupplyAsk, *, supplier_no: str | None, words: str
    ) -> ComplaintFiled | Refused | InDoubt:
        del ask
        if supplier_no is None:
            return Refused(Reason.NOT_SUPPORTED, "only with the supplier's number")
        complaint = {"orderNumber": supplier_no, "topic": words[:50], "content": words[:500], "notifyUrl": ""}
        said = await self._call("complaint/create", complaint)
        if isinstance(said, InDoubt | Refused):
            return said
        return ComplaintFiled(text_of(said, "reqId") or None)

    async def balance(self) -> Balance | Refused | InDoubt:
        said = await self._call("user/getAccount", {})
        if isinstance(said, InDoubt | Refused):
            return said
        fen = signed_fen_down(said.get("balance"))
        return InDoubt("a balance nobody can read") if fen is None else Balance(fen)

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        """The document calls `allCount` the number of pages and `allPage` that of goods, which may be a slip: the
        greater of them is how many goods there must be."""
        entries: list[object] = []
        for page in range(1, PAGES_MAX + 1):
            said = await self._call("goods/getList", {"page": page}, bytes_max=PAGE_BYTES_MAX)
            if isinstance(said, InDoubt | Refused):
                return said
            items, counts = said.get("items"), [count_of(said, name) for name in ("allCount", "allPage")]
            if not isinstance(items, list) or None in counts:
                return InDoubt("a page nobody can read")
            if max(count or 0 for count in counts) > GOODS_MAX:
                return Refused(Reason.NOT_SUPPORTED, f"more than {GOODS_MAX} goods")
            # The same page twice, or none: the pages end before all goods were named.
            if (not items and counts != [0, 0]) or items == entries[-len(items) :]:
                break
            entries += items
            if len(entries) >= max(count or 0 for count in counts):
                return catalogue_of(goods_of(entry, account_field=self._account_field) for entry in entries)
        return InDoubt("fewer goods than announced")

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        goods, _, sku = number.partition(":")
        if not (goods.isascii() and goods.isdecimal()):
            return Refused(Reason.GOODS_GONE, "no number of goods")
        said = await self._call("goods/getDetail", {"goodsId": int(goods)})
        if isinstance(said, InDoubt | Refused):
            return said
        found = kind_of(said, sku) if sku else said
        if found is None:
            return Refused(Reason.GOODS_GONE, "not sold in this kind")
        return one_of(goods_of(found, account_field=self._account_field))

    def read_callback(self, post: Post) -> Callback:
        if wrong := self._wrong_with(post):
            raise Forged(wrong)
        order = read_object(post.body.decode("utf-8", "replace")) or {}
        number, supplier_no = text_of(order, "outerNumber") or None, text_of(order, "orderNumber") or None
        return Callback(number, supplier_no, told_of(order, self._opened(text_of(order, "cards"))))

    def _wrong_with(self, post: Post) -> str | None:
        timestamp = post.headers.get("x-timestamp", "")
        own = sign(post.body, app_id=self._app_id, secret=self._secret, timestamp=timestamp)
        theirs = post.headers.get("x-signature", "").lower()
        if not compare_digest(own.encode(), theirs.encode("utf-8", "surrogatepass")):
            return "the signature is wrong"
        if post.headers.get("x-app-id") != self._app_id or post.headers.get("x-version") != VERSION:
            return "meant for another customer"
        if not (timestamp.isascii() and timestamp.isdecimal()) or self._far_off(int(timestamp)):
            return "from another time"
        return None

    def _opened(self, cards: str) -> tuple[Code, ...] | None:
        """The codes of a callback; None when they can't be read, or there should be some."""
        if not cards:
            return ()
        try:
            listed = read_list(opened(cards, self._secret))
        except ValueError:
            return None
        return codes_of(listed) or None

    def _told(self, ask: SupplyAsk) -> dict[str, str]:
        """The account under its name, unless the route names it itself."""
        told = dict(ask.fields)
        if ask.account is None or ask.account in told.values():
            return told
        return {self._account_field: ask.account} | told

    def _far_off(self, timestamp: int) -> bool:
        return abs(self._clock.now().timestamp() - timestamp) > CALLBACK_AGE_MAX.total_seconds()

    async def _call(
        self, path: str, content: Mapping[str, Any], *, account: str | None = None, bytes_max: int | None = None
    ) -> dict[str, Any] | Refused | InDoubt:
        """`data` of an answer with code 1000."""
        body = compact(content).encode()
        timestamp = str(int(self._clock.now().timestamp()))
        headers = {
            "X-APP-ID": self._app_id,
            "X-Version": VERSION,
            "X-Timestamp": timestamp,
            "X-Signature": sign(body, app_id=self._app_id, secret=self._secret, timestamp=timestamp),
        }
        url = f"{self._base_url}api/v3/{path}"
        call = self._http.post_json(url, body=body, headers=headers, bytes_max=bytes_max)
        said = await asked(call, secret=self._secret, more_secrets=(account or "",))
        if isinstance(said, InDoubt):
            return said
        code, data = text_of(said, "code"), said.get("data")
        words = redacted(text_of(said, "msg"), self._secret, account or "")
        if code == "1000":
            return data if isinstance(data, dict) else InDoubt("a yes without data")
        reason = reason_in(words, NO) if code else None
        return InDoubt(f"{words} (code {code})") if reason is None else Refused(reason, words)


def _by(ask: SupplyAsk, supplier_no: str | None) -> dict[str, str]:
    """The document asks for one of the two."""
    return {"orderNumber": supplier_no or "", "outerNumber": "" if supplier_no else ask.number}
