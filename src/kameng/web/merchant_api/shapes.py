"""What the API takes and gives. Names and meanings are a promise."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Fen = Annotated[int, Meta(description="An amount in fen (1/100 yuan).", examples=[950])]
OrderNo = Annotated[
    str, Meta(description="Our order number: twenty digits as a string.", examples=["26112215303121092197"])
]
OutOrderNo = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern="^[!-~]+$",
        description="Your own number. It makes one order, for ever: a repeat gives the first result.",
        examples=["M202611220001"],
    ),
]
Sku = Annotated[int, Meta(ge=1, le=2**31 - 1, description="The number of a face value.", examples=[3])]
STATES = (
    "`awaiting_payment`, `paid`, `delivering`, `under_review`, `exception`, `resubmitting`: not final yet. "
    "`delivered`, `completed`: there. `cancelled`: not paid. `refunding`, `refunded`: the money is on its way back, "
    "is back on the balance."
)


class FieldShape(Struct):
    """One thing that goods ask for."""

    name: Annotated[str, Meta(examples=["account"])]
    kind: Annotated[str, Meta(examples=["phone"])]
    label: Annotated[str, Meta(examples=["手机号"])]
    required: bool
    choices: Annotated[list[str], Meta(description="All possible answers, where they are given.")]
    pattern: str | None


class SkuShape(Struct):
    sku: Sku
    face_value: Annotated[str, Meta(examples=["980 点"])]
    price_fen: Annotated[int, Meta(description="What one piece costs you, in fen.", examples=[950])]
    list_price_fen: Annotated[int, Meta(description="What the shop's own buyers pay, in fen.", examples=[1000])]
    face_fen: Annotated[int | None, Meta(description="What one piece is worth, in fen, where it is measured so.")]
    stock: Annotated[int, Meta(description="How many can be bought now, counted up to 1000.", examples=[42])]
    at_once: Annotated[bool, Meta(description="Delivered with the answer to the order.")]
    quantity_max: Annotated[int, Meta(description="The most that one order can be for.", examples=[20])]


class ProductShape(Struct):
    id: Annotated[int, Meta(examples=[7])]
    slug: Annotated[str, Meta(examples=["honor-of-kings"])]
    type: Annotated[str, Meta(examples=["游戏点卡"])]
    name: Annotated[str, Meta(examples=["王者荣耀点券卡"])]
    summary: str
    usage_note: str
    delivers: Annotated[str, Meta(description="`codes` or `top_up`.", examples=["codes"])]
    form: Annotated[list[FieldShape], Meta(description="What has to be told with an order; empty: nothing.")]
    skus: list[SkuShape]


class ProductsShape(Struct):
    data: list[ProductShape]
    next_cursor: Annotated[str | None, Meta(description="Give it as `cursor` for the next page; null at the end.")]
    has_more: bool


class BalanceShape(Struct):
    balance_fen: Fen
    currency: Annotated[str, Meta(examples=["CNY"])]
    price_percent: Annotated[int, Meta(description="What you pay of the shop's price.", examples=[95])]


class PlaceShape(Struct, forbid_unknown_fields=True):
    """What is to be bought. Codes are delivered to you, top-ups to `account`."""

    out_order_no: OutOrderNo
    sku: Sku
    quantity: Annotated[int, Meta(ge=1, le=1000, examples=[1])] = 1
    account: (
        Annotated[str, Meta(max_length=64, description="What is topped up: the form's field `account`.")] | None
    ) = None
    fields: Annotated[
        dict[str, str], Meta(description="Answers to the form's other fields, by name.", examples=[{"server": "一区"}])
    ] = {}
    callback_url: (
        Annotated[str, Meta(max_length=500, description="Where to POST changes of state: http(s), public.")] | None
    ) = None
    cost_max_fen: (
        Annotated[int, Meta(ge=1, le=10**12, description="The most all pieces may cost; refused if it is more.")] | None
    ) = None


class OrderShape(Struct):
    order_no: OrderNo
    out_order_no: Annotated[str, Meta(examples=["M202611220001"])]
    state: Annotated[str, Meta(description=STATES, examples=["delivered"])]
    sku: Sku
    product_name: str
    face_value: str
    delivers: Annotated[str, Meta(examples=["codes"])]
    quantity: int
    unit_price_fen: Fen
    amount_fen: Fen
    refunded_fen: Annotated[int, Meta(description="How much of it is back on the balance, in fen.", examples=[0])]
    placed_at: datetime
    changed_at: datetime
    delivered_at: datetime | None
    codes: Annotated[
        list[str], Meta(description="One entry a code, once they are delivered.", examples=[["DEMO-27HD-463Z-TRCW"]])
    ]


class ResubmitShape(Struct, forbid_unknown_fields=True):
    """Up to 1000 numbers, both kinds together."""

    key: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            pattern="^[!-~]+$",
            description="Your own name for this request: a repeat with the same orders gives it again.",
            examples=["R202611220001"],
        ),
    ]
    order_nos: Annotated[list[str], Meta(max_length=1000)] = []
    out_order_nos: Annotated[list[str], Meta(max_length=1000)] = []


class ResubmittedShape(Struct):
    order_no: OrderNo
    out_order_no: Annotated[str, Meta(examples=["M202611220001"])]
    state: Annotated[
        str,
        Meta(
            description="`queued`, `under_way`, `with_staff`: not final yet. `done`: delivered. `failed`: it did not "
            "help. `refused`: it was not tried; `code` says why.",
            examples=["under_way"],
        ),
    ]
    code: Annotated[str | None, Meta(description="Stable; null where nothing is to be said.", examples=["wrong_state"])]
    order_state: Annotated[str, Meta(description=STATES, examples=["resubmitting"])]


class ResubmissionsShape(Struct):
    key: Annotated[str, Meta(examples=["R202611220001"])]
    state: Annotated[str, Meta(description="`running` until every order has its result, then `done`.")]
    asked_at: datetime
    results: Annotated[list[ResubmittedShape], Meta(description="One an order of yours; unknown numbers are left out.")]


class LookupShape(Struct, forbid_unknown_fields=True):
    """Up to 100 numbers, both kinds together."""

    order_nos: Annotated[list[str], Meta(max_length=100)] = []
    out_order_nos: Annotated[list[str], Meta(max_length=100)] = []


class OrdersShape(Struct):
    data: Annotated[list[OrderShape], Meta(description="Oldest first; numbers that are unknown are left out.")]


class ToldShape(Struct):
    order_no: OrderNo
    queued: Annotated[bool, Meta(description="False when the order has no `callback_url`.")]
