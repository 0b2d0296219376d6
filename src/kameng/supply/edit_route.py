"""Adding, changing, stopping routes, and agreeing to a new price."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kameng.kernel.database import Transaction
from kameng.kernel.errors import InvalidInput, Refusal
from kameng.kernel.money import FEN_MAX, yuan
from kameng.kernel.text import Words
from kameng.supply import route_store
from kameng.supply.price_drift import check_drift
from kameng.supply.route import MINUTES_A_DAY

WEIGHT_MAX = 1000
AGAIN_MAX = 5
PRIORITY_MAX = 1000
DRIFT_MAX_PERCENT = 1000
OPERATORS_MAX = 10
FIELD_NAMES_MAX = 20
NAME_MAX = 100
WHY_MAX = 200
_OPERATOR = re.compile(r"[a-z][a-z0-9_]{0,30}")


class RouteMissing(Refusal):
    code = "route_missing"
    status = 404
    words = Words("没有这条供货线路")


class PriceAboveLossGuard(Refusal):
    """`price_yuan` is what a piece costs now, `most_yuan` the most it may cost."""

    code = "price_above_loss_guard"
    words = Words("货源现价 %(price_yuan)s 元高于进价上限 %(most_yuan)s 元，请先提高上限或售价")


@dataclass(frozen=True)
class RouteDraft:
    """A route from a sku to goods of a supplier; see `supply.route.Route`.

    `open_from` and `open_to`: minutes of the day in Asia/Shanghai, both or neither. `face_fen` None: what the supplier
    says the goods are worth. `agreed_price_fen` None: what the goods cost now, for a new route; a route that is there
    keeps what was agreed.
    """

    sku_id: int
    supplier_code: str
    goods: str
    face_fen: int | None = None
    priority: int = 0
    weight: int = 1
    cost_max_fen: int | None = None
    again: int = 0
    open_from: int | None = None
    open_to: int | None = None
    operators: tuple[str, ...] = ()
    field_names: Mapping[str, str] = field(default_factory=dict)
    drift_max_percent: int = 10
    enabled: bool = True
    agreed_price_fen: int | None = None


async def save_route(tx: Transaction, draft: RouteDraft) -> int:
    """Add a route, or change the one from this sku to these goods; its id. Raises InvalidInput naming what is wrong.

    A route whose goods are too dear is stopped at once, with an alarm.
    """
    (route_id,) = await save_routes(tx, [draft])
    return route_id


async def save_routes(tx: Transaction, drafts: Sequence[RouteDraft]) -> list[int]:
    """Several as `save_route` does one, all or nothing; their ids."""
    saved = [await _save(tx, draft) for draft in drafts]
    for supplier_id in sorted({supplier_id for _, supplier_id in saved}):
        await check_drift(tx, supplier_id)
    return [route_id for route_id, _ in saved]


async def _save(tx: Transaction, draft: RouteDraft) -> tuple[int, int]:
    """The ids of the route and of its supplier."""
    fields = _faults(draft)
    there = await route_store.fit(tx, draft.sku_id, draft.supplier_code, draft.goods)
    fields |= _misfits(draft, there)
    if fields:
        raise InvalidInput(fields=fields)
    supplier_id: int = there["supplier_id"]
    agreed = there["goods_price_fen"] if draft.agreed_price_fen is None else draft.agreed_price_fen
    route_id = await route_store.save(
        tx,
        (draft.sku_id, supplier_id, draft.goods, _face_fen(draft, there), draft.priority, draft.weight,
         draft.cost_max_fen, draft.again, draft.open_from, draft.open_to, sorted(set(draft.operators)),
         dict(draft.field_names), draft.drift_max_percent, draft.enabled, agreed),
        agree_anew=draft.agreed_price_fen is not None,
    )  # fmt: skip
    return route_id, supplier_id


async def stop_route(tx: Transaction, route_id: int, *, why: str) -> None:
    """No order takes it until a person lets it go on. Raises RouteMissing, InvalidInput."""
    if not 1 <= len(why) <= WHY_MAX:
        raise InvalidInput(fields={"why": Words("请写明停用原因，最多 200 个字")})
    if not await route_store.stop(tx, route_id, f"staff: {why}"):
        raise RouteMissing


async def resume_route(tx: Transaction, route_id: int) -> bool:
    """Let a stopped route go on; False when its price stops it again (an alarm says so). Raises RouteMissing."""
    route = await route_store.lock(tx, route_id)
    if route is None:
        raise RouteMissing
    await route_store.go_on(tx, route_id)
    await check_drift(tx, route["supplier_id"])
    route = await route_store.lock(tx, route_id)
    return route is not None and route["stopped_because"] is None


async def accept_price(tx: Transaction, route_id: int, *, cost_max_fen: int | None = None) -> int:
    """Agree to what the goods cost now, and go on; that price in fen. `cost_max_fen` sets a new loss guard.

    Raises RouteMissing, PriceAboveLossGuard, and InvalidInput when the price isn't known.
    """
    route = await route_store.lock(tx, route_id)
    if route is None:
        raise RouteMissing
    price_fen: int | None = route["price_now_fen"]
    if price_fen is None:
        raise InvalidInput(fields={"price": Words("货源没有告知这个商品的价格")})
    most_fen = route["cost_max_fen"] if cost_max_fen is None else cost_max_fen
    if price_fen > most_fen:
        raise PriceAboveLossGuard(price_yuan=yuan(price_fen), most_yuan=yuan(most_fen))
    await route_store.agree(tx, route_id, price_fen=price_fen, cost_max_fen=cost_max_fen)
    return price_fen


def _faults(draft: RouteDraft) -> dict[str, Words]:
    """What is wrong with a draft by itself."""
    hours = (draft.open_from, draft.open_to)
    checks = {
        "priority": (-PRIORITY_MAX <= draft.priority <= PRIORITY_MAX, Words("优先级应为 -1000–1000")),
        "weight": (0 <= draft.weight <= WEIGHT_MAX, Words("权重应为 0–1000")),
        "cost_max": (draft.cost_max_fen is None or 0 < draft.cost_max_fen <= FEN_MAX, Words("进价上限应大于 0")),
        "again": (0 <= draft.again <= AGAIN_MAX, Words("同一货源重试次数应为 0–5")),
        "open": (hours == (None, None) or _is_span(*hours), Words("时段应为一天之内两个不同的时刻")),
        "operators": (
            len(draft.operators) <= OPERATORS_MAX and all(map(_OPERATOR.fullmatch, draft.operators)),
            Words("运营商代码只含小写字母、数字和下划线"),
        ),
        "field_names": (
            len(draft.field_names) <= FIELD_NAMES_MAX
            and all(1 <= len(text) <= NAME_MAX for pair in draft.field_names.items() for text in pair),
            Words("字段对应表最多 20 项，名称 1–100 个字符"),
        ),
        "drift_max": (0 <= draft.drift_max_percent <= DRIFT_MAX_PERCENT, Words("涨价容忍度应为 0–1000")),
        "agreed_price": (
            draft.agreed_price_fen is None or 0 <= draft.agreed_price_fen <= FEN_MAX,
            Words("约定进价不能小于 0"),
        ),
        "face": (draft.face_fen is None or 0 < draft.face_fen <= FEN_MAX, Words("面额应大于 0")),
    }
    return {name: words for name, (is_right, words) in checks.items() if not is_right}


def _misfits(draft: RouteDraft, there: Mapping[str, Any]) -> dict[str, Words]:
    """What is wrong with it beside the sku, the supplier and the goods that are there."""
    fields: dict[str, Words] = {}
    if there["price_fen"] is None:
        fields["sku_id"] = Words("没有这个面值")
    if there["supplier_id"] is None:
        fields["supplier"] = Words("没有这个货源")
    elif there["goods_kind"] is None and draft.agreed_price_fen is None:
        fields["goods"] = Words("货源没有这个商品；如果货源不提供商品目录，请填写约定进价")
    if fields:
        return fields
    tops_up = there["delivers"] == "top_up"
    if there["goods_kind"] is not None and (there["goods_kind"] == "top_up") != tops_up:
        fields["goods"] = Words("卡密商品只能对应卡密，直充商品只能对应直充")
    face_fen = draft.face_fen or there["goods_face_fen"]
    if there["face_fen"] is not None and face_fen is not None:
        if face_fen > there["face_fen"]:
            fields["face"] = Words("货源商品的面额大于我方面值")
        elif not tops_up and face_fen != there["face_fen"]:
            fields["face"] = Words("卡密的面额必须一致")
    return fields


def _face_fen(draft: RouteDraft, there: Mapping[str, Any]) -> int | None:
    """Only where the sku is measured in face value."""
    if there["face_fen"] is None or there["delivers"] != "top_up":
        return None
    face_fen: int | None = draft.face_fen or there["goods_face_fen"]
    return face_fen


def _is_span(start: int | None, end: int | None) -> bool:
    return (
        start is not None
        and end is not None
        and 0 <= start < MINUTES_A_DAY
        and 0 <= end <= MINUTES_A_DAY
        and start != end
    )
