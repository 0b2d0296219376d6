"""The demo shop's suppliers: three sandboxes with moods, what they sell, and which of our goods they fill."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kameng.catalogue.edit import ProductDraft, SkuDraft
from kameng.catalogue.filling import FilledBy
from kameng.supply.add_supplier import SupplierDraft
from kameng.supply.edit_route import RouteDraft
from kameng.web.sandbox.suppliers.course import Mixture
from kameng.web.sandbox.suppliers.emulation import Call
from kameng.web.sandbox.suppliers.serve import Staging
from kameng.web.sandbox.suppliers.wares import Ware
from kameng.web.sandbox.suppliers.whims import Chance, How

ON_DEMAND_PRODUCTS = (
    ProductDraft(
        "youku", "memberships", "优酷 VIP 激活码", "付款后现采，几十秒出码",
        "在优酷「会员中心 → 兑换」输入激活码。", ("优酷会员",), popularity=81,
    ),
)  # fmt: skip
ON_DEMAND_SKUS = (
    SkuDraft("youku", "月卡", 1590, 10, position=0, filled_by=FilledBy.SUPPLIER),
    SkuDraft("youku", "年卡", 15800, 10, position=1, filled_by=FilledBy.SUPPLIER),
)

#: Some calls break after they took effect, some answers are garbage: it happens every day.
_MOODS = (
    Chance(Call.PLACE, How.HTML_502, 0.02),
    Chance(Call.PLACE, How.HANG, 0.01, seconds=12.0),
    Chance(Call.QUERY, How.HALF_JSON, 0.05),
    Chance(Call.QUERY, How.HTML_502, 0.05),
)
_PHONE = r"1[3-9]\d{9}"


@dataclass(frozen=True)
class _Sold:
    """One thing a supplier sells, and the sku of ours that it fills."""

    ware: Ware
    product_slug: str
    face_value: str
    field_names: Mapping[str, str]


@dataclass(frozen=True)
class DemoSupplier:
    """`credentials` as the emulation knows them; `config` names them as the adapter does, {key} put in."""

    code: str
    name: str
    protocol: str
    priority: int
    credentials: Mapping[str, str]
    config: Mapping[str, str]
    sold: tuple[_Sold, ...]
    seed: int

    def staging(self, key: str, books: Path | None) -> Staging:
        return Staging(
            credentials={name: value.format(key=key) for name, value in self.credentials.items()},
            wares=tuple(sold.ware for sold in self.sold),
            books=books and books / f"{self.code}.sqlite",
            usual=Mixture(seed=self.seed),
            chances=_MOODS,
        )

    def draft(self, url: str, key: str) -> SupplierDraft:
        """`url` of all the sandbox's suppliers, with a slash at the end."""
        config = {name: value.format(key=key) for name, value in self.config.items()}
        return SupplierDraft(
            self.code, self.name, self.protocol, {"base_url": f"{url}{self.protocol}/", **config},
            position=self.priority, balance_low_fen=500_00,
        )  # fmt: skip

    def route(self, sold: _Sold, sku_id: int) -> RouteDraft:
        return RouteDraft(
            sku_id, self.code, sold.ware.number, face_fen=sold.ware.face_fen, priority=self.priority,
            field_names=sold.field_names, agreed_price_fen=sold.ware.price_fen,
        )  # fmt: skip


def _phone(percent: float) -> tuple[_Sold, ...]:
    return tuple(
        _Sold(
            Ware(str(1000 + yuan), f"全国话费 {yuan} 元", round(yuan * percent), face_fen=yuan * 100,
                 category="话费", account_form=_PHONE),
            "phone-credit", f"{yuan} 元", {},
        )
        for yuan in (10, 30, 50, 100)
    )  # fmt: skip


def _q_coins(percent: float) -> tuple[_Sold, ...]:
    return tuple(
        _Sold(
            Ware(str(2000 + coins), f"Q币 {coins} 个", round(coins * percent), face_fen=coins * 100, category="Q币",
                 account_form=r"[1-9]\d{4,11}"),
            "q-coin-top-up", f"{coins} Q币", {},
        )
        for coins in (10, 30, 100)
    )  # fmt: skip


def _league(percent: float, *, server: str, role: str) -> tuple[_Sold, ...]:
    return tuple(
        _Sold(
            Ware(str(3000 + yuan), f"英雄联盟 {yuan * 100} 点券", round(yuan * percent), face_fen=yuan * 100,
                 category="游戏", asks=(server,)),
            "league-top-up", f"{yuan * 100} 点券", {"server": server, "role": role},
        )
        for yuan in (10, 50)
    )  # fmt: skip


_YOUKU = (
    _Sold(Ware("4001", "优酷月卡", 1450, kind="code", stock=60, category="视频会员"), "youku", "月卡", {}),
    _Sold(Ware("4012", "优酷年卡", 14900, kind="code", stock=8, category="视频会员"), "youku", "年卡", {}),
)

DEMO_SUPPLIERS = (
    DemoSupplier(
        "north", "北方充值（沙箱）", "yrapi", 0, {"userid": "10001", "key": "{key}"},
        {"userid": "10001", "key": "{key}"}, _phone(97.5), seed=1,
    ),
    DemoSupplier(
        "south", "南方货源（沙箱）", "kasushou", 1, {"userid": "20002", "key": "{key}"},
        {"userid": "20002", "key": "{key}"},
        (*_phone(98.0), *_q_coins(93.0), *_league(92.0, server="lblName1", role="lblName2"), *_YOUKU), seed=2,
    ),
    DemoSupplier(
        "east", "东方卡盟（沙箱）", "kayixin", 2, {"app_id": "30003", "secret": "{key}"},
        {"app_id": "30003", "secret": "{key}"},
        (*_q_coins(94.0), *_league(93.0, server="大区", role="角色名")), seed=3,
    ),
)  # fmt: skip


def stagings(key: str, books: Path | None) -> dict[str, Staging]:
    """By protocol, as the sandbox serves them. `books`: the folder they keep their books in; None is memory."""
    return {supplier.protocol: supplier.staging(key, books) for supplier in DEMO_SUPPLIERS}
