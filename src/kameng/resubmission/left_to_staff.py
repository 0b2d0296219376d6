"""Resubmissions that wait for a person: the queue, and everything there is to decide about one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Database
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.lifecycle import OrderState
from kameng.resubmission import store
from kameng.resubmission.apply import PURPOSE_HINT
from kameng.resubmission.resubmission import Resubmission, resubmission_of
from kameng.risk.scores import KeptScore, latest_score

LINES_MAX = 200


class ResubmissionMissing(Refusal):
    code = "resubmission_missing"
    status = 404
    words = Words("没有找到这个补交")


@dataclass(frozen=True)
class LeftLine:
    """One of them with its order; `case_id` is that of the order's case under way."""

    one: Resubmission
    order_state: OrderState
    product_name: str
    face_value: str
    quantity: int
    amount_fen: int
    case_id: int | None


@dataclass(frozen=True)
class LeftFile:
    """`hint` is the payment's number as the buyer typed it, proof of nothing; `score` what spoke against the order
    last; `earlier` what was tried before, oldest first."""

    line: LeftLine
    hint: str = field(repr=False)
    score: KeptScore | None
    earlier: Sequence[Resubmission]


async def list_left(db: Database) -> list[LeftLine]:
    """The longest waiting first."""
    async with db.reading() as connection:
        return [_line(dict(row)) for row in await store.left(connection, at_most=LINES_MAX)]


async def read_left(connection: Connection, keyring: Keyring, resubmission_id: int) -> LeftFile:
    """Also one that has ended. Raises ResubmissionMissing."""
    row = await store.one_with_order(connection, resubmission_id)
    if row is None:
        raise ResubmissionMissing
    line = _line(dict(row))
    sealed = row["hint_sealed"]
    hint = keyring.unseal(sealed, purpose=PURPOSE_HINT, bound_to=str(line.one.order_id).encode()) if sealed else b""
    return LeftFile(
        line=line,
        hint=hint.decode(),
        score=await latest_score(connection, line.one.order_id),
        earlier=[one for one in await store.all_of(connection, line.one.order_id) if one.id < line.one.id],
    )


def _line(row: dict[str, Any]) -> LeftLine:
    return LeftLine(
        one=resubmission_of(row),
        order_state=OrderState(row["order_state"]),
        product_name=row["product_name"],
        face_value=row["face_value"],
        quantity=row["quantity"],
        amount_fen=row["amount_fen"],
        case_id=row["case_id"],
    )
