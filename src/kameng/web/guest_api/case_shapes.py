"""What the API takes and gives about after-sales cases and common questions. Names and meanings are a promise."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kameng.web.guest_api.shapes import OrderNo, Proof, Token

_Words = Annotated[str, Meta(max_length=1000, examples=["兑换时提示卡密已使用"])]


class OwnShape(Struct, forbid_unknown_fields=True):
    contact: Annotated[str, Meta(max_length=100, description="The whole contact.", examples=["13800138000"])]
    proof: Proof | None = None


class OwnerShape(Struct):
    order_no: OrderNo
    token: Token


class OpenCaseShape(Struct, forbid_unknown_fields=True):
    kind: Annotated[
        str,
        Meta(
            max_length=30,
            description="`codes_invalid`, `not_arrived`, `wrong_account`, `paid_not_shown` or `other`.",
            examples=["codes_invalid"],
        ),
    ]


class WriteShape(Struct, forbid_unknown_fields=True):
    """Words, pictures, or both."""

    words: _Words = ""
    pictures: Annotated[
        list[bytes],
        Meta(max_length=3, description="JPEG, PNG or WebP files in base64, 6 MB each; made anew before they are kept."),
    ] = []


class VerdictShape(Struct, forbid_unknown_fields=True):
    solved: bool
    words: Annotated[_Words, Meta(description="What is still wrong; needed unless it is solved.")] = ""


class PictureShape(Struct):
    id: int
    width: int
    height: int


class MessageShape(Struct):
    author: Annotated[str, Meta(description="`buyer` or `staff`.", examples=["staff"])]
    words: str
    at: datetime
    pictures: list[PictureShape]


class RemedyShape(Struct):
    """What is being done about it: money back, or goods once more, step by step."""

    kind: Annotated[str, Meta(description="`refund` or `replacement`.", examples=["refund"])]
    stage: Annotated[
        str,
        Meta(
            description="Of a refund `waiting`, `agreed_once`, `sending`, `stuck`, `done`, `declined` or `lapsed`; of "
            "a replacement `applied`, `waiting`, `asked`, `under_way`, `with_staff`, `done`, `declined` or `failed`.",
            examples=["sending"],
        ),
    ]
    stage_name: Annotated[str, Meta(examples=["已批准，正在退回"])]
    amount_fen: Annotated[int, Meta(description="Of a refund; 0 for a replacement.", examples=[1000])]
    began_at: datetime
    ended_at: datetime | None


class CaseShape(Struct):
    """The order's newest case. `due_at` is the promise that ends next: of an answer or a solution (`due_for`)."""

    state: Annotated[
        str,
        Meta(
            description="`open`, `answered`, `waiting_for_buyer`, `waiting_for_supplier`, `solved`, `reopened` or "
            "`closed`.",
            examples=["open"],
        ),
    ]
    state_name: Annotated[str, Meta(examples=["等待客服答复"])]
    reading: Annotated[str, Meta(description="The state in plain words.")]
    kind: Annotated[str, Meta(examples=["codes_invalid"])]
    kind_name: Annotated[str, Meta(examples=["卡密无效"])]
    opened_at: datetime
    first_answered_at: datetime | None
    due_at: datetime | None
    due_for: str | None
    is_late: Annotated[bool, Meta(description="The promise is broken; it has been escalated.")]
    outcome: Annotated[
        str | None,
        Meta(
            description="`answered`, `replaced`, `refunded`, `refunded_part`, `complained` or `withdrawn`.",
            examples=["replaced"],
        ),
    ]
    outcome_name: str | None
    closes_at: Annotated[datetime | None, Meta(description="When it closes unless the buyer says something.")]
    closed_at: datetime | None
    messages: list[MessageShape]
    remedies: list[RemedyShape]


class KindShape(Struct):
    kind: Annotated[str, Meta(examples=["codes_invalid"])]
    name: Annotated[str, Meta(examples=["卡密无效"])]


class AnswerTextShape(Struct):
    slug: Annotated[str, Meta(examples=["codes-invalid"])]
    question: Annotated[str, Meta(examples=["卡密无效怎么办？"])]
    answer: str


class HelpShape(Struct):
    """`kinds` are what a case of this order can be about; `case_state` is that of its newest case."""

    answers: Annotated[list[AnswerTextShape], Meta(description="Those that fit the order as it stands.")]
    kinds: list[KindShape]
    case_state: str | None


class ServiceShape(Struct):
    """What is promised, and how it was kept in the last 30 days: measured. Null where nothing is measured."""

    answer_within_s: int
    solve_within_s: int
    cases: int
    answer_median_s: float | None
    answered_in_time_percent: int | None
    solution_median_s: float | None
    solved_in_time_percent: int | None
