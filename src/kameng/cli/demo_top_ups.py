"""The demo shop's goods that suppliers fill: phone credit, Q币 and a game, each asking for its account."""

from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft
from kameng.catalogue.filling import Delivers, FilledBy
from kameng.catalogue.form import FieldKind, FormField

TOP_UP_TYPES = (TypeDraft("phone-credit", "话费直充", 6), TypeDraft("game-top-up", "游戏直充", 7))

_LEAGUE_SERVERS = (
    "艾欧尼亚 祖安 诺克萨斯 班德尔城 皮尔特沃夫 战争学院 巨神峰 雷瑟守备 裁决之地 黑色玫瑰 暗影岛 钢铁烈阳 均衡教派 "
    "水晶之痕 影流 守望之海 征服之海 卡拉曼达 皮城警备"
)

TOP_UP_PRODUCTS = (
    ProductDraft(
        "phone-credit", "phone-credit", "手机话费直充", "移动、联通、电信、广电，全国通用",
        "付款后自动充入填写的手机号，一般几分钟到账；月初月末运营商繁忙时会慢一些。到账后会收到运营商短信。",
        ("话费", "充话费", "移动", "联通", "电信"), popularity=98, pinned=True, delivers=Delivers.TOP_UP,
        form=(FormField("account", FieldKind.PHONE, "充值手机号", "充到这个号码，请核对", confirm=True),),
    ),
    ProductDraft(
        "q-coin-top-up", "game-top-up", "Q币直充", "直接充入 QQ 账号，不用卡密",
        "付款后自动充入填写的 QQ 号，在 QQ「我的钱包」里查看余额。", ("Q币", "QB", "腾讯"), popularity=94,
        pinned=True, delivers=Delivers.TOP_UP,
        form=(FormField("account", FieldKind.QQ, "QQ 号", "5–12 位数字", confirm=True),),
    ),
    ProductDraft(
        "league-top-up", "game-top-up", "英雄联盟点券直充", "国服全区",
        "付款后自动充入填写的大区和角色，登录游戏商城查看点券。", ("LOL", "撸啊撸"), popularity=83,
        delivers=Delivers.TOP_UP,
        form=(
            FormField("account", FieldKind.QQ, "QQ 号", "登录游戏用的 QQ"),
            FormField("server", FieldKind.CHOICE, "大区", choices=tuple(_LEAGUE_SERVERS.split())),
            FormField("role", FieldKind.ROLE, "召唤师名", "和游戏里看到的一样", required=False, pattern=".{1,16}"),
        ),
    ),
)  # fmt: skip


def _sku(product_slug: str, face_value: str, yuan: int, price_fen: int, *, quantity_max: int = 1) -> SkuDraft:
    return SkuDraft(
        product_slug,
        face_value,
        price_fen,
        quantity_max,
        position=yuan,
        filled_by=FilledBy.SUPPLIER,
        face_fen=yuan * 100,
    )


TOP_UP_SKUS = (
    _sku("phone-credit", "10 元", 10, 1000),
    _sku("phone-credit", "30 元", 30, 2985),
    _sku("phone-credit", "50 元", 50, 4965),
    _sku("phone-credit", "100 元", 100, 9910),
    _sku("q-coin-top-up", "10 Q币", 10, 960, quantity_max=10),
    _sku("q-coin-top-up", "30 Q币", 30, 2880, quantity_max=10),
    _sku("q-coin-top-up", "100 Q币", 100, 9600, quantity_max=10),
    _sku("league-top-up", "1000 点券", 10, 950, quantity_max=5),
    _sku("league-top-up", "5000 点券", 50, 4750, quantity_max=5),
)
