"""acg-faka 共享店铺 on the wire: signature, codes, and the shop's own sentences. Pure functions.

Facts are from the program itself (lizhipay/acg-faka 3.6.0): `Str::generateSignature`, `Ini::toArray`, `Order::trade`.
"""

from collections.abc import Iterable
from hashlib import md5
from typing import Any
from urllib.parse import unquote_to_bytes

from kameng.adapters.suppliers.reading import fen_up, redacted, text_of
from kameng.supply.answer import Code, InDoubt, Reason, Refused
from kameng.supply.supplier import SupplyAsk

# What the shop's table holds (`request_no char(19)`, unique): the rest of a longer number would be cut off, and two
# numbers that begin alike would then be one.
REQUEST_NO_LENGTH = 19
# Where the shop sets no bound of its own.
QUANTITY_MAX = 100

# Sentences that say nothing was bought: each is thrown before the order is written, or undoes it. Looked for at the
# beginning, for some go on with a name or a number. The shop's owner words others himself: those are in doubt.
_NO: tuple[tuple[str, Reason], ...] = (
    ("库存不足", Reason.OUT_OF_STOCK),
    ("余额不足", Reason.BALANCE_LOW),
    ("商品不存在", Reason.GOODS_GONE),
    ("当前商品已停售", Reason.GOODS_GONE),
    ("该商品暂未上架", Reason.GOODS_GONE),
    ("此商品类型不存在", Reason.GOODS_GONE),
    ("请选择商品类型", Reason.GOODS_GONE),
    ("此SKU不存在", Reason.GOODS_GONE),
    ("抢购还未开始", Reason.GOODS_GONE),
    ("抢购已结束", Reason.GOODS_GONE),
    ("商品信息已经更新", Reason.OTHER),
    ("至少购买1个", Reason.OTHER),
    ("本商品最少购买", Reason.OTHER),
    ("本商品单次最多购买", Reason.OTHER),
    ("该商品每人只能购买", Reason.NOT_ALLOWED),
    ("商户ID不存在", Reason.NOT_ALLOWED),
    ("密钥错误", Reason.NOT_ALLOWED),
    ("You have been banned", Reason.NOT_ALLOWED),
    ("该支付方式不存在", Reason.NOT_ALLOWED),
    ("当前支付方式已停用", Reason.NOT_ALLOWED),
)
_DUPLICATE = ("The request ID already exists", "请求ID已存在")
# Stands where codes should be: charged, and nothing came yet.
_NO_CODES = (
    "很抱歉，有人在你付款之前抢走了商品",
    "正在发货中",
    "此商品没有发货信息或正在发货中",
)
# Names the order itself needs: a field of that name would change what is bought.
RESERVED = frozenset(
    {"app_id", "app_key", "sign", "shared_code", "contact", "num", "card_id", "device", "password", "race"}
    | {"request_no", "sku", "coupon", "item_id", "pay_id", "sku_id", "quantity", "trade_no"}
)


def sign(fields: Iterable[tuple[str, str]], key: str) -> str:
    """Lower-case md5 of PHP's `urldecode(http_build_query(fields sorted by name) . "&key=" . key)`.

    Empty fields and `sign` are left out. Nested values are given as PHP names them (`sku[区服]`), stand where their
    outermost name does, and may be empty. The key is decoded too, so a `%41` or a `+` in it counts as `A` or a blank.

    >>> sign([("num", "2"), ("app_id", "1"), ("race", "")], "KEY")  # md5("app_id=1&num=2&key=KEY")
    '39b0ce497f68abfd71edc5b73e4b607c'
    """
    kept = [(name, value) for name, value in fields if name != "sign" and (value != "" or "[" in name)]
    kept.sort(key=lambda pair: pair[0].partition("[")[0].encode())
    text = "&".join(f"{name}={value}" for name, value in kept)
    decoded = unquote_to_bytes(key.replace("+", " "))
    return md5(text.encode("utf-8", "surrogatepass") + b"&key=" + decoded, usedforsecurity=False).hexdigest()


def request_no(number: str) -> str:
    """Our number as the shop keeps it: itself where it fits, otherwise a part of its hash."""
    if len(number) <= REQUEST_NO_LENGTH:
        return number
    return md5(number.encode(), usedforsecurity=False).hexdigest()[:REQUEST_NO_LENGTH]


def refusal(words: str) -> Reason | None:
    """Why nothing was bought, if the shop said it in a sentence of its own; None when that is not known."""
    return next((reason for sentence, reason in _NO if words.startswith(sentence)), None)


def is_duplicate(words: str) -> bool:
    return words.startswith(_DUPLICATE)


def codes_in(text: str, quantity: int) -> tuple[Code, ...] | None:
    """One code a line; a single one may have several lines. None for anything that is not `quantity` codes."""
    text = text.strip()
    if not text or text.startswith(_NO_CODES):
        return None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if quantity == 1:
        return (Code(number="", password=text),)
    return tuple(Code(number="", password=line) for line in lines) if len(lines) == quantity else None


def not_codes(text: str, quantity: int) -> str:
    """What to say of a text in which `codes_in` found nothing. What may be codes is not repeated."""
    text = text.strip()
    if text.startswith(_NO_CODES):
        return text[:100]
    return f"bought, but {len(text.splitlines())} lines are not {quantity} codes"


def own_fields(ask: SupplyAsk) -> list[tuple[str, str]]:
    """The buyer's answers, without any that would be taken for a part of the order."""
    return [(name, value) for name, value in ask.fields.items() if name not in RESERVED]


def not_for_codes(ask: SupplyAsk) -> Refused | None:
    """What such a shop can't be asked for at all."""
    if ask.account is not None or ask.quantity > QUANTITY_MAX:
        return Refused(Reason.NOT_SUPPORTED, f"this shop sells codes alone, {QUANTITY_MAX} at a time")
    return None


def dearer(said: dict[str, Any] | Refused | InDoubt, name: str, ask: SupplyAsk) -> Refused | None:
    """Whether a price asked for before ordering forbids the order."""
    if isinstance(said, InDoubt):
        return Refused(Reason.OTHER, f"not ordered: {said.words}")
    if isinstance(said, Refused):
        return said
    fen = fen_up(said.get(name))
    if fen is None:
        return Refused(Reason.OTHER, "not ordered: a price nobody can read")
    if fen > ask.cost_max_fen:
        return Refused(Reason.COSTS_TOO_MUCH, f"{fen} fen, at most {ask.cost_max_fen}")
    return None


def judged(said: dict[str, Any] | InDoubt, key: str) -> dict[str, Any] | Refused | InDoubt:
    """Code 200 is the only yes. A no is known by the shop's own sentences alone."""
    if isinstance(said, InDoubt):
        return said
    code, words = text_of(said, "code"), redacted(text_of(said, "msg"), key)
    if code == "200":
        return said
    if not code:
        return InDoubt("an answer without a code")
    if is_duplicate(words):
        return InDoubt(f"the shop does have an order under this number, and can't be asked for it: {words}")
    reason = refusal(words)
    return InDoubt(words or f"code {code}") if reason is None else Refused(reason, words)
