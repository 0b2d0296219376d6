"""The goods of the demo shop: two sites, real-world cards in three levels, codes that unlock nothing."""

from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft
from kameng.sites.site import NewSite

SITES = (
    NewSite(
        code="haicheng",
        name="海城卡盟",
        colour="#0b6bcb",
        hosts=("localhost", "127.0.0.1", "haicheng.localhost"),
        notice="演示站：商品和卡密均为测试数据，不能在真实平台使用。",
        icp_number="演示ICP备00000001号",
        position=1,
    ),
    NewSite(
        code="wanbao",
        name="万宝卡盟",
        colour="#b4232a",
        hosts=("wanbao.localhost",),
        notice="演示站：付款走沙箱网关，不会产生真实扣款。",
        icp_number="演示ICP备00000002号",
        position=2,
    ),
)

TYPES = (
    TypeDraft("game-cards", "游戏点卡", 1),
    TypeDraft("memberships", "影音会员", 2),
    TypeDraft("phone-cards", "话费充值卡", 3),
    TypeDraft("gift-cards", "礼品卡", 4),
    TypeDraft("activation-codes", "软件激活码", 5),
)

_GAME_NOTE = "在游戏内的充值页面输入卡号即可到账。卡密一经显示不支持退换，请勿泄露给他人。"
_MEMBER_NOTE = "打开对应 App →「我的」→「兑换」，输入激活码后立即生效；同一账号可以叠加。"
_PHONE_NOTE = "拨打运营商充值热线或在营业厅 App 输入 18 位充值密码。仅限本运营商号码使用。"
_GIFT_NOTE = "登录对应平台账户，在「兑换礼品卡」中输入代码，金额立即进入余额。"
_CODE_NOTE = "在软件的「激活」页面输入激活码，一码一机，激活后不支持退换。"

PRODUCTS = (
    ProductDraft("honor-of-kings", "game-cards", "王者荣耀点券卡", "王者荣耀全区全服通用", _GAME_NOTE,
                 ("王者", "农药", "点券"), popularity=100, pinned=True),
    ProductDraft("peacekeeper-elite", "game-cards", "和平精英点卡", "和平精英安卓、苹果通用", _GAME_NOTE,
                 ("吃鸡", "手游点卡"), popularity=90, pinned=True),
    ProductDraft("genshin", "game-cards", "原神创世结晶卡", "国服官方渠道", _GAME_NOTE,
                 ("原神", "手游点卡"), popularity=85, pinned=True),
    ProductDraft("q-coin", "game-cards", "Q币卡", "腾讯 Q币，充入 QQ 账号", _GAME_NOTE,
                 ("Q点", "QB", "腾讯"), popularity=95, pinned=True),
    ProductDraft("steam", "game-cards", "Steam 钱包充值码", "国区 Steam 钱包", _GIFT_NOTE, ("蒸汽",), popularity=80),
    ProductDraft("netease", "game-cards", "网易一卡通", "网易旗下游戏通用", _GAME_NOTE, ("梦幻西游",), popularity=60),
    ProductDraft("tencent-video", "memberships", "腾讯视频会员", "官方激活码", _MEMBER_NOTE,
                 ("VIP", "腾讯视频 VIP"), popularity=88, pinned=True),
    ProductDraft("iqiyi", "memberships", "爱奇艺黄金会员", "官方激活码", _MEMBER_NOTE, ("爱奇艺 VIP",), popularity=84),
    ProductDraft("bilibili", "memberships", "哔哩哔哩大会员", "官方激活码", _MEMBER_NOTE, ("B站",), popularity=82),
    ProductDraft("netease-music", "memberships", "网易云音乐黑胶会员", "官方激活码", _MEMBER_NOTE, popularity=70),
    ProductDraft("china-mobile", "phone-cards", "中国移动充值卡", "全国通用", _PHONE_NOTE, ("话费", "移动"),
                 code_format=r"\d{17}-\d{18}", popularity=92, pinned=True),
    ProductDraft("china-unicom", "phone-cards", "中国联通充值卡", "全国通用", _PHONE_NOTE, ("话费", "联通"),
                 code_format=r"\d{15}-\d{19}", popularity=75),
    ProductDraft("china-telecom", "phone-cards", "中国电信充值卡", "全国通用", _PHONE_NOTE, ("话费", "电信"),
                 code_format=r"\d{19}-\d{18}", popularity=74),
    ProductDraft("apple", "gift-cards", "App Store 充值卡", "中国大陆地区账户", _GIFT_NOTE, ("苹果", "iTunes"),
                 popularity=86),
    ProductDraft("jd", "gift-cards", "京东 E 卡", "京东自营商品可用", _GIFT_NOTE, ("京东卡",), popularity=78),
    ProductDraft("windows", "activation-codes", "Windows 11 专业版激活码", "在线激活，永久有效", _CODE_NOTE,
                 ("win11", "系统"), popularity=65),
    ProductDraft("wps", "activation-codes", "WPS 超级会员激活码", "官方激活码", _CODE_NOTE, ("办公",), popularity=55),
)  # fmt: skip

_POINTS = (("60 点", 570), ("300 点", 2850), ("980 点", 9310))
_MONTHS = (("月卡", 1980), ("季卡", 5600), ("年卡", 19800))
_PHONE = (("30 元", 2970), ("50 元", 4940), ("100 元", 9870))
_GIFT = (("50 元", 4980), ("100 元", 9950), ("500 元", 49700))
_PRICES = {
    "game-cards": _POINTS,
    "memberships": _MONTHS,
    "phone-cards": _PHONE,
    "gift-cards": _GIFT,
    "activation-codes": (("单机版", 6800), ("三机版", 16800)),
}

SKUS = tuple(
    SkuDraft(product.slug, face_value, price_fen, position=place)
    for product in PRODUCTS
    for place, (face_value, price_fen) in enumerate(_PRICES[product.type_slug])
)
