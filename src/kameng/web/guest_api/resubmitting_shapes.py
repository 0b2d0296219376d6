"""What the API takes and gives where an order is put right. Names and meanings are a promise."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kameng.web.guest_api.shapes import FieldShape, OrderNo, Proof, Token

_Contact = Annotated[
    str, Meta(max_length=100, description="The whole contact; needed unless the token came with the order.")
]


class ResubmitShape(Struct, forbid_unknown_fields=True):
    kind: Annotated[
        str,
        Meta(
            max_length=30,
            description="One of the kinds that are offered: `paid_not_seen`, `pay_again`, `buy_again`, "
            "`deliver_again`, `replace_code` or `change_goods`.",
            examples=["deliver_again"],
        ),
    ]
    hint: Annotated[
        str, Meta(max_length=64, description="A payment's number, for staff to look at. Proves nothing.", examples=[""])
    ] = ""
    places: Annotated[
        list[int], Meta(max_length=100, description="Which codes don't work, counted from 0; empty: all.")
    ] = []
    sku_id: (
        Annotated[int, Meta(ge=1, le=2**31 - 1, description="Of `change_goods`: one of the alternatives.")] | None
    ) = None
    contact: _Contact | None = None
    proof: Proof | None = None


class CorrectShape(Struct, forbid_unknown_fields=True):
    account: Annotated[
        dict[str, Annotated[str, Meta(max_length=200)]],
        Meta(max_length=20, description="Answers to the product's form by the fields' names."),
    ]
    operator: Annotated[str, Meta(max_length=20)] = ""
    contact: _Contact | None = None
    proof: Proof | None = None


class AlternativeShape(Struct):
    """Another face value that an order can be changed to; `back_fen` of what was paid goes back."""

    sku_id: int
    face_value: str
    price_fen: int
    back_fen: int


class FiveStepShape(Struct):
    name: Annotated[str, Meta(description="申请, 核验, 补单, 状态同步, 结果.", examples=["核验"])]
    at: datetime | None
    current: bool


class WhyShape(Struct):
    code: Annotated[str, Meta(examples=["not_paid"])]
    words: str


class ResubmissionShape(Struct):
    kind: Annotated[str, Meta(examples=["deliver_again"])]
    kind_name: Annotated[str, Meta(examples=["继续发货"])]
    state: Annotated[
        str,
        Meta(
            description="`applied`, `waiting`, `asked` (the buyer has to correct something), `under_way`, "
            "`with_staff`, `done`, `declined` or `failed`.",
            examples=["under_way"],
        ),
    ]
    state_name: Annotated[str, Meta(examples=["补交中"])]
    by_itself: Annotated[bool, Meta(description="The shop found the trouble and resubmitted it unasked.")]
    reason: Annotated[str, Meta(description="What there is to correct, in the supplier's or staff's words.")]
    why: list[WhyShape]
    steps: list[FiveStepShape]
    new_order_no: OrderNo | None
    new_token: Annotated[Token | None, Meta(description="Opens the new order as far as yours opens this one.")]


class OfferShape(Struct):
    """A way of putting the order right."""

    kind: Annotated[str, Meta(examples=["pay_again"])]
    found: Annotated[str, Meta(examples=["检测到您的订单支付超时，点击这里快速补交"])]
    cases: str
    button: str
    needs_owner: Annotated[bool, Meta(description="Send `contact` unless the token came with the order.")]
    until: datetime | None


class PutRightShape(Struct):
    """The newest resubmission, and what can be done now."""

    resubmission: ResubmissionShape | None
    offers: list[OfferShape]
    correct_until: Annotated[datetime | None, Meta(description="Not corrected until then, the money goes back.")]
    form: Annotated[list[FieldShape], Meta(description="What can be corrected; empty: nothing.")]
    cancel_until: Annotated[datetime | None, Meta(description="Until then a paid order can be cancelled.")]
    can_confirm: bool
    replaces_order_no: OrderNo | None
    alternatives: Annotated[list[AlternativeShape], Meta(description="What `change_goods` can change it to.")]
