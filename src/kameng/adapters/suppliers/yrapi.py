"""大猿人 (`yrapi.php`): phone and electricity top-ups, run by hundreds of small houses under their own names.

Facts are from the platform's document ("话费充值平台 V2.0", showdoc.com.cn/dyr) and its program as published. An order
is written before it is answered and charged a moment later, so a low balance shows as a failed order. `errno` is 1 for
nearly every no, a number seen before among them, so only its words tell; words nobody knows are in doubt, and the
query settles them. White labels give states other meanings, hence the option `states`.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from hashlib import md5
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from kameng.adapters.http import HttpClient
from kameng.adapters.options import Option
from kameng.adapters.suppliers.reading import (
    PAGE_BYTES_MAX,
    asked,
    catalogue_of,
    fen_up,
    goods_in,
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
    CancelAsked,
    Delivered,
    Failed,
    InDoubt,
    NotFound,
    Partly,
    PlaceAnswer,
    QueryAnswer,
    Reason,
    Refused,
)
from kameng.supply.goods import Catalogue, Goods, GoodsKind, Unusable
from kameng.supply.supplier import Abilities, Callback, CallbackTrust, Forged, LossGuard, Post, Repeat, Reply, SupplyAsk

_STATES = "-1=cancelled,0=running,1=delivered,2=failed,3=partly"

OPTIONS = (
    Option("base_url", Words("接口地址"), hint=Words("yrapi.php 所在的目录，例如 https://hf.example.com/")),
    Option("userid", Words("商户 ID userid"), form="[0-9A-Za-z_-]+"),
    Option("key", Words("接口密钥 apikey"), secret=True),
    Option(
        "states",
        Words("订单状态含义"),
        hint=Words("贴牌站可能不同；可用 running、delivered、failed、partly、cancelled"),
        default=_STATES,
        form=r"-?\d+=(running|delivered|failed|partly|cancelled)(,-?\d+=(running|delivered|failed|partly|cancelled))*",
    ),
)

# The sentences with which the program declines before an order exists, in the order in which they are looked for.
_NO: tuple[tuple[str, Reason], ...] = (
    ("未找到相关产品", Reason.GOODS_GONE),
    ("产品还没有准备好", Reason.GOODS_GONE),
    ("当前号码已经存在订单", Reason.TOO_OFTEN),
    ("成本限制", Reason.COSTS_TOO_MUCH),
    ("面值检测不相同", Reason.OTHER),
    ("手机号格式不正确", Reason.WRONG_ACCOUNT),
    ("该号码无法充值", Reason.WRONG_ACCOUNT),
    ("账号检测状态不正常", Reason.WRONG_ACCOUNT),
    ("电费地区", Reason.WRONG_ACCOUNT),
    ("电费充值", Reason.WRONG_ACCOUNT),
    ("余额不足", Reason.BALANCE_LOW),
    ("签名错误", Reason.NOT_ALLOWED),
    ("签名不正确", Reason.NOT_ALLOWED),
)
_NO_TO_CANCEL = ("不可申请撤单", "暂时不可取消")
#: Further answers an order can carry (electricity: province, city, what the last six characters are of).
FIELDS = frozenset({"area", "city", "ytype", "id_card_no", "param1", "param2", "param3"})


def sign(fields: Mapping[str, str], key: str) -> str:
    """`sign` of a message: upper-case md5 of all its fields but `sign`, empty ones too, sorted, and `&apikey=` key.

    >>> sign({"userid": "1", "b": ""}, "KEY")  # md5("b=&userid=1&apikey=KEY")
    '757DA5CD6A826974C2D894F1F2DF50E9'
    """
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if name != "sign")
    return md5(f"{text}&apikey={key}".encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()


class Yrapi(CannotComplain):
    """Implements `supply.supplier.Supplier`. `config` is what OPTIONS ask for."""

    abilities = Abilities(
        repeat=Repeat.REFUSED,
        loss_guard=LossGuard.TOTAL,
        callback=CallbackTrust.FINAL,
        quantity_max=1,
        not_found_means_no=timedelta(minutes=3),
        cancels=True,
    )
    acknowledgement = Reply("success")
    rejection = Reply("fail")

    def __init__(self, config: Mapping[str, str], *, http: HttpClient, clock: Clock) -> None:
        del clock
        self._base_url = config["base_url"]
        self._userid = config["userid"]
        self._key = config["key"]
        self._states = dict(pair.split("=") for pair in config["states"].split(","))
        self._http = http

    async def place(self, ask: SupplyAsk) -> PlaceAnswer:
        # The platform takes a price of 0 for none.
        if refused := unfit(ask, quantity_max=1, fields=FIELDS):
            return refused
        if ask.account is None:
            return Refused(Reason.NOT_SUPPORTED, "nothing but top-ups")
        fields = {
            **ask.fields,
            "out_trade_num": ask.number,
            "product_id": ask.goods,
            "mobile": ask.account,
            "notify_url": ask.callback_url,
            "price": yuan(ask.cost_max_fen),
        }
        if ask.face_fen:
            fields["amount"] = yuan(ask.face_fen).removesuffix(".00")
        said = await self._call("recharge", fields, account=ask.account)
        if isinstance(said, InDoubt | Refused):
            return unplaced(said)
        order = said.get("data")
        if not isinstance(order, dict) or text_of(order, "out_trade_num") != ask.number:
            return InDoubt("accepted, but not this order")
        return Accepted(text_of(order, "order_number") or None, fen_up(order.get("total_price")))

    async def query(self, ask: SupplyAsk, *, supplier_no: str | None) -> QueryAnswer:
        said = await self._call("check", {"out_trade_nums": ask.number}, account=ask.account)
        if isinstance(said, Refused):
            return InDoubt(said.words)
        if isinstance(said, InDoubt):
            return said
        orders = said.get("data")
        orders = [orders] if isinstance(orders, dict) and orders else orders
        if orders in ([], {}):
            return NotFound()
        ours = (
            [one for one in orders if text_of(one, "out_trade_num") == ask.number] if isinstance(orders, list) else []
        )
        if len(ours) != 1 or (supplier_no and text_of(ours[0], "order_number") not in {"", supplier_no}):
            return InDoubt("an answer about another order")
        words = redacted(text_of(ours[0], "remark"), self._key, ask.account or "")
        return self._state_of(ours[0], words, face_fen=ask.face_fen) or InDoubt(f"state {text_of(ours[0], 'state')}")

    async def cancel(self, ask: SupplyAsk, *, supplier_no: str | None) -> CancelAnswer:
        """Asks to withdraw. The program says errno 1 with `ok` when it has begun to."""
        del supplier_no
        said = await self._call("cancel", {"out_trade_nums": ask.number}, account=ask.account)
        match said:
            case InDoubt("ok (errno 1)"):
                return CancelAsked("ok")
            case InDoubt(words) if any(no in words for no in _NO_TO_CANCEL):
                return Refused(Reason.NOT_ALLOWED, words)
            case InDoubt() | Refused():
                return said
        return CancelAsked(text_of(said, "errmsg"))

    async def balance(self) -> Balance | Refused | InDoubt:
        said = await self._call("user", {})
        if isinstance(said, InDoubt | Refused):
            return said
        account = said.get("data")
        fen = signed_fen_down(account.get("balance")) if isinstance(account, dict) else None
        return InDoubt("a balance nobody can read") if fen is None else Balance(fen)

    async def catalogue(self) -> Catalogue | Refused | InDoubt:
        said = await self._call("product", {})
        if isinstance(said, InDoubt | Refused):
            return said
        groups = said.get("data")
        if not isinstance(groups, list):
            return InDoubt("a catalogue nobody can read")
        entries: list[Goods | Unusable] = []
        for group in groups:
            products = group.get("products") if isinstance(group, dict) else None
            if isinstance(products, list):
                entries += [_goods(product, text_of(group, "cate")) for product in products]
            else:
                entries.append(Unusable(text_of(group, "id"), "a group without products"))
        return catalogue_of(entries)

    async def goods(self, number: str) -> Goods | Refused | InDoubt:
        """There is no question for one alone: the catalogue is read."""
        found = await self.catalogue()
        return goods_in(found, number) if isinstance(found, Catalogue) else found

    def read_callback(self, post: Post) -> Callback:
        fields = dict(parse_qsl(post.body.decode("utf-8", "replace"), keep_blank_values=True))
        if wrong := self._wrong_with(fields):
            raise Forged(wrong)
        number, supplier_no = fields.get("out_trade_num") or None, fields.get("order_number") or None
        words = redacted(fields.get("remark", ""), self._key, fields.get("mobile", ""))
        # Whether a part is one of the whole is known to the query, which has the ask.
        says = self._state_of(fields, words, face_fen=None)
        return Callback(number, supplier_no, None if isinstance(says, InDoubt) else says)

    def _wrong_with(self, fields: Mapping[str, str]) -> str | None:
        told = fields.get("sign", "").upper()
        if not compare_digest(sign(fields, self._key).encode(), told.encode("utf-8", "surrogatepass")):
            return "the signature is wrong"
        return None if fields.get("userid") == self._userid else "meant for another customer"

    def _state_of(
        self, order: Mapping[str, Any], words: str, *, face_fen: int | None
    ) -> Accepted | Delivered | Failed | Partly | InDoubt | None:
        """None for a state that is not in the map. A refund is never told."""
        supplier_no = text_of(order, "order_number") or None
        match self._states.get(text_of(order, "state")):
            case "running":
                return Accepted(supplier_no, words=words)
            case "delivered":
                return Delivered(supplier_no, receipt=text_of(order, "charge_kami"), words=words)
            case "failed":
                return Failed(Reason.OTHER, words, supplier_no)
            case "cancelled":
                return Failed(Reason.CANCELLED, words, supplier_no)
            case "partly":
                arrived = fen_up(order.get("charge_amount"))
                if not arrived or face_fen is None or arrived >= face_fen:
                    return InDoubt(f"a part of {text_of(order, 'charge_amount')} yuan, of a whole nobody knows")
                return Partly(arrived, words, supplier_no, receipt=text_of(order, "charge_kami"))
        return None

    async def _call(
        self, action: str, fields: Mapping[str, str], *, account: str | None = None
    ) -> dict[str, Any] | Refused | InDoubt:
        """An answer with errno 0."""
        sent = {**fields, "userid": self._userid}
        sent["sign"] = sign(sent, self._key)
        url = f"{self._base_url}yrapi.php/index/{action}"
        said = await asked(
            self._http.post_form(url, fields=sent, bytes_max=PAGE_BYTES_MAX),
            secret=self._key,
            more_secrets=[account or ""],
        )
        if isinstance(said, InDoubt):
            return said
        errno, words = text_of(said, "errno"), redacted(text_of(said, "errmsg"), self._key, account or "")
        if errno == "0":
            return said
        if errno in {"1", "-1"}:
            for sentence, reason in _NO:
                if sentence in words:
                    return Refused(reason, words)
        return InDoubt(f"{words} (errno {errno})")


def _goods(entry: object, category: str) -> Goods | Unusable:
    number, name = text_of(entry, "id"), text_of(entry, "name")
    price_fen = fen_up(entry.get("price")) if isinstance(entry, dict) else None
    if price_fen is None:
        return Unusable(number, "no price")
    # The program itself takes the digits of a name for the face value; with two numbers in it that is nonsense.
    digits = re.findall(r"\d+", name)
    face_fen = int(digits[0]) * 100 if len(digits) == 1 and len(digits[0]) <= 5 else None
    return Goods(
        number, name, price_fen, GoodsKind.TOP_UP, category=category, face_fen=face_fen or None, quantity_max=1
    )
