"""What a supplier's goods become in our shop: which face value, at which price. Pure; carried out in `fulfilment`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from kameng.kernel.money import FEN_MAX, yuan
from kameng.kernel.text import Words
from kameng.supply.goods import GoodsKind
from kameng.supply.list_goods import ListedGoods

FACE_VALUE_MAX = 60
PERCENT_MAX = Decimal(1000)


@dataclass(frozen=True)
class MarkUp:
    """What is added to the cost: so many percent, then so many fen; rounded up to a multiple of `round_to_fen`."""

    percent: Decimal = Decimal(5)
    plus_fen: int = 0
    round_to_fen: int = 1

    def price_of(self, cost_fen: int) -> int:
        exact = cost_fen * (100 + self.percent) / 100 + self.plus_fen
        return int((exact / self.round_to_fen).to_integral_value(ROUND_CEILING)) * self.round_to_fen


@dataclass(frozen=True)
class MappingRule:
    """Into one product. `by_face`: goods of one face value become one sku ("100元") with several routes; otherwise each
    of the goods becomes a sku under its own name. `operators` go to every route; see `RouteDraft` for the rest."""

    product_slug: str
    mark_up: MarkUp = MarkUp()
    by_face: bool = False
    operators: tuple[str, ...] = ()
    priority: int = 0
    drift_max_percent: int = 10


@dataclass(frozen=True)
class KnownSku:
    """A sku the product has already. It keeps its price."""

    id: int
    price_fen: int


@dataclass(frozen=True)
class Mapped:
    """One of the goods and what becomes of it; `sku_id` None: a new one. With a `problem` nothing becomes of it."""

    goods: ListedGoods
    face_value: str
    face_fen: int | None
    price_fen: int
    sku_id: int | None
    problem: Words | None = None


def plan_mapping(
    goods: Sequence[ListedGoods], rule: MappingRule, *, tops_up: bool, known: Mapping[str, KnownSku]
) -> list[Mapped]:
    """In the order of the goods. `known`: the product's skus by face value.

    Goods that become the same new sku are sold for what the dearest of them asks for.
    """
    named = [(one, _face_value(one, rule)) for one in goods]
    prices: dict[str, int] = {}
    for one, face_value in named:
        prices[face_value] = max(prices.get(face_value, 1), rule.mark_up.price_of(one.price_fen))
    planned = []
    for one, face_value in named:
        sku = known.get(face_value)
        price_fen = sku.price_fen if sku else prices[face_value]
        planned.append(
            Mapped(
                goods=one,
                face_value=face_value,
                face_fen=one.face_fen if tops_up or rule.by_face else None,
                price_fen=price_fen,
                sku_id=sku.id if sku else None,
                problem=_problem(one, face_value, price_fen, tops_up=tops_up),
            )
        )
    return planned


def _face_value(goods: ListedGoods, rule: MappingRule) -> str:
    if not rule.by_face:
        return goods.name
    if goods.face_fen is None:
        return ""
    return f"{yuan(goods.face_fen).removesuffix('.00')}元"


def _problem(goods: ListedGoods, face_value: str, price_fen: int, *, tops_up: bool) -> Words | None:
    checks = (
        (not goods.on_sale, Words("货源已下架")),
        ((goods.kind is GoodsKind.TOP_UP) != tops_up, Words("卡密商品只能对应卡密，直充商品只能对应直充")),
        (not face_value, Words("货源没有告知面额")),
        (len(face_value) > FACE_VALUE_MAX, Words("名称超过 60 个字，请单独建立")),
        (goods.price_fen > price_fen, Words("进价高于售价")),
        (price_fen > FEN_MAX, Words("价格过高")),
    )
    return next((words for applies, words in checks if applies), None)
