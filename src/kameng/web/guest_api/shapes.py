"""What the API takes and gives. Names and meanings are a promise."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Fen = Annotated[int, Meta(description="An amount in fen (1/100 yuan).", examples=[9310])]
OrderNo = Annotated[
    str, Meta(description="The order number: twenty digits as a string.", examples=["26112215303121092197"])
]
Token = Annotated[
    str, Meta(description="Opens this one order: send it as `Authorization: Bearer …`.", examples=["A6Bv2k0sUBlWVQE"])
]
Proof = Annotated[
    str,
    Meta(max_length=2000, description="A solved ALTCHA challenge (base64 JSON), if `proof_needed` asked for one."),
]


class SkuShape(Struct):
    id: Annotated[int, Meta(examples=[3])]
    face_value: Annotated[str, Meta(examples=["980 点"])]
    price_fen: Fen
    quantity_max: Annotated[int, Meta(description="The most that one order can be for.", examples=[20])]
    stock: Annotated[str, Meta(description="`plenty`, `few` (twenty or less) or `none`.", examples=["plenty"])]


class FieldShape(Struct):
    """One question of a product that tops an account up."""

    name: Annotated[str, Meta(description="`account` is what is topped up.", examples=["account"])]
    kind: Annotated[
        str,
        Meta(
            description="`phone`, `qq`, `game_account`, `server`, `role`, `email`, `text` or `choice`.",
            examples=["phone"],
        ),
    ]
    label: Annotated[str, Meta(examples=["充值手机号"])]
    hint: str
    required: bool
    choices: Annotated[list[str], Meta(description="All the answers there are, where there are any.")]
    pattern: Annotated[str | None, Meta(description="A regular expression for the whole answer.")]
    confirm: Annotated[bool, Meta(description="Let a person type it twice.")]


class ProductShape(Struct):
    slug: Annotated[str, Meta(examples=["honor-of-kings"])]
    name: Annotated[str, Meta(examples=["王者荣耀点券卡"])]
    summary: str
    usage_note: str
    delivers: Annotated[str, Meta(description="`codes`, or `top_up`: it arrives at an account.", examples=["codes"])]
    form: Annotated[list[FieldShape], Meta(description="What to ask the buyer for; empty: nothing.")]
    skus: list[SkuShape]


class TypeShape(Struct):
    slug: Annotated[str, Meta(examples=["game-cards"])]
    name: Annotated[str, Meta(examples=["游戏点卡"])]
    products: list[ProductShape]


class WayShape(Struct):
    gateway: Annotated[str, Meta(examples=["sandbox"])]
    method: Annotated[str, Meta(examples=["alipay"])]
    name: Annotated[str, Meta(examples=["支付宝"])]


class CatalogueShape(Struct):
    """Everything on sale on this site, and how it can be paid."""

    site: Annotated[str, Meta(description="The site's name.", examples=["海城卡盟"])]
    types: list[TypeShape]
    ways_to_pay: list[WayShape]


class PlaceShape(Struct, forbid_unknown_fields=True):
    """What is wished for. `unit_price_fen` is the price that was shown: another one is refused."""

    sku_id: Annotated[int, Meta(ge=1, le=2**31 - 1, examples=[3])]
    quantity: Annotated[int, Meta(ge=1, le=1000, examples=[1])]
    contact: Annotated[
        str, Meta(max_length=100, description="Mobile number or e-mail address.", examples=["13800138000"])
    ]
    unit_price_fen: Annotated[int, Meta(ge=1, le=10**12, examples=[9310])]
    terms_accepted: Annotated[
        bool, Meta(description="The buyer knows that codes can't be returned once shown.", examples=[True])
    ]
    account: Annotated[
        dict[str, Annotated[str, Meta(max_length=100)]],
        Meta(
            description="The answers to the product's form by their names. What is wrong with one is told as "
            "`account.<name>`.",
            examples=[{}],
        ),
    ] = {}
    operator: Annotated[
        str,
        Meta(
            max_length=20,
            description="Whose a phone number is by now, if it has moved: `mobile`, `unicom`, `telecom`, `broadcast` "
            "or `virtual`. Empty: found out from the number.",
            examples=[""],
        ),
    ] = ""


class PlacedShape(Struct):
    order_no: OrderNo
    state: Annotated[str, Meta(examples=["awaiting_payment"])]
    amount_fen: Fen
    pay_until: Annotated[datetime, Meta(description="Unpaid until then, it is cancelled.")]
    token: Token


class PayShape(Struct, forbid_unknown_fields=True):
    gateway: Annotated[str, Meta(max_length=31, examples=["sandbox"])]
    method: Annotated[str, Meta(max_length=20, examples=["alipay"])]


class PayByShape(Struct, omit_defaults=True):
    """`link`: open `url`. `code`: show `text` as a QR code. `form`: post `fields` to `url` from a browser."""

    kind: Annotated[str, Meta(examples=["link"])]
    amount_fen: Fen
    url: str | None = None
    text: str | None = None
    fields: dict[str, str] | None = None


class LookupShape(Struct, forbid_unknown_fields=True):
    order_no: Annotated[
        str,
        Meta(
            max_length=64,
            description="As it was typed: blanks, dashes, full-width digits and one slip of the keyboard are fine.",
            examples=["2611 2215 3031 2109 2197"],
        ),
    ]
    second_factor: Annotated[
        str,
        Meta(
            max_length=100,
            description="Last four digits of the phone; or the whole phone or e-mail, which opens the codes too.",
            examples=["8000"],
        ),
    ]
    proof: Proof | None = None


class StepShape(Struct):
    name: Annotated[str, Meta(examples=["支付"])]
    at: datetime | None
    current: bool


class MomentShape(Struct):
    event: Annotated[str, Meta(description="Stable name of what happened.", examples=["payment_confirmed"])]
    words: Annotated[str, Meta(examples=["已收到付款"])]
    at: datetime


class AnswerShape(Struct):
    label: Annotated[str, Meta(examples=["充值手机号"])]
    masked: Annotated[str, Meta(examples=["139****5678"])]


class AccountShape(Struct):
    """What is topped up, as its owner recognises it."""

    answers: Annotated[list[AnswerShape], Meta(description="The account itself first.")]
    operator: Annotated[str | None, Meta(examples=["中国移动"])]
    province: Annotated[str | None, Meta(examples=["江苏"])]


class HindranceShape(Struct):
    """A trouble that touches this order. `effect`: `here` (it is on its way by this line), `moved` (it was sent by
    another one) or `waiting`."""

    line: Annotated[str, Meta(examples=["中国移动（广东）"])]
    kind: Annotated[str, Meta(description="`failing`, `slow` or `silent`.", examples=["slow"])]
    effect: Annotated[str, Meta(examples=["moved"])]
    words: Annotated[str, Meta(examples=["中国移动（广东）处理缓慢"])]
    expected_until: datetime | None


class OutlookShape(Struct):
    """What can honestly be expected; both times are null where nothing can."""

    about_s: Annotated[float | None, Meta(description="Half of such orders take no longer than this from now.")]
    latest_at: Annotated[datetime | None, Meta(description="95 of 100 such orders are there by then.")]
    is_known: Annotated[bool, Meta(description="Told from deliveries by this very line, not from others.")]
    is_late: Annotated[bool, Meta(description="95 of 100 such orders would have arrived by now.")]
    troubles: list[HindranceShape]


class AttentionShape(Struct):
    """It takes longer than it should, and staff look after it."""

    words: Annotated[str, Meta(examples=["有客服正在处理"])]
    since: Annotated[datetime, Meta(description="When staff were called.")]
    taken_at: Annotated[datetime | None, Meta(description="Since when a person is on it; None while it is in a queue.")]
    promise_at: Annotated[datetime, Meta(description="By then it has moved on, or this moment is set anew.")]


class OrderShape(Struct):
    """An order as its buyer may see it: no code, no contact in clear."""

    order_no: OrderNo
    state: Annotated[str, Meta(description="Stable name of the state.", examples=["delivered"])]
    state_name: Annotated[str, Meta(examples=["已发货"])]
    reading: Annotated[str, Meta(description="The state in plain words.")]
    arrival: Annotated[str | None, Meta(description="When to expect goods or money.")]
    outlook: Annotated[OutlookShape | None, Meta(description="While suppliers deliver it.")]
    attention: Annotated[
        AttentionShape | None, Meta(description="While staff look after it because it takes too long.")
    ]
    actions: Annotated[list[str], Meta(description="What the buyer can do: `pay`, `cancel`, `prove`, `reveal`.")]
    prove_by: Annotated[datetime | None, Meta(description="Until when `prove` releases it; then the money goes back.")]
    steps: list[StepShape]
    timeline: list[MomentShape]
    type_name: str
    product_name: str
    face_value: str
    usage_note: str
    quantity: int
    unit_price_fen: Fen
    amount_fen: Fen
    contact_masked: Annotated[str, Meta(examples=["138********"])]
    account: Annotated[AccountShape | None, Meta(description="None for goods that need no account.")]
    placed_at: datetime
    pay_until: datetime
    reveals: Annotated[int, Meta(description="How often the codes were looked at.")]
    last_event_id: Annotated[str, Meta(description="Send as `Last-Event-ID` to hear only what is newer.")]


class FoundShape(Struct):
    order: OrderShape
    corrected: Annotated[bool, Meta(description="The number was typed with a slip and has been put right.")]
    token: Token


class RevealShape(Struct, forbid_unknown_fields=True):
    contact: (
        Annotated[
            str, Meta(max_length=100, description="The whole contact; needed unless the token came with the order.")
        ]
        | None
    ) = None
    proof: Proof | None = None


class CodesShape(Struct):
    codes: Annotated[list[str], Meta(description="One entry a card.", examples=[["DEMO-27HD-463Z-TRCW"]])]


class ProveShape(Struct, forbid_unknown_fields=True):
    contact: Annotated[str, Meta(max_length=100, description="The whole contact, as it was given with the order.")]
    proof: Proof | None = None


class ProvenShape(Struct):
    order_no: OrderNo
    state: Annotated[
        str, Meta(description="`under_review` when a person has to look after all.", examples=["delivered"])
    ]


class CancelledShape(Struct):
    order_no: OrderNo
    state: Annotated[str, Meta(examples=["cancelled"])]
