"""The other refunds of one payment: what they come to, and whether one more is told apart from them by its books."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kameng.kernel.database import Connection
from kameng.payment import refund_store
from kameng.payment.attempt import RefundState

#: Of these nobody has heard what became of them.
UNHEARD = frozenset({RefundState.CALLING, RefundState.IN_DOUBT})
#: What was refused may have been sent from the gateway's own back office since.
UNSETTLED = UNHEARD | {RefundState.REFUSED}


@dataclass(frozen=True)
class Parts:
    """In fen. `done_fen` went back through the gateway; each of `unsure` may have."""

    done_fen: int
    unsure: tuple[int, ...]

    @property
    def unsure_fen(self) -> int:
        return sum(self.unsure)

    def explain(self, returned_fen: int) -> bool:
        """Whether they alone, some of the unsure ones with all that are done, come to what went back."""
        sums = {self.done_fen}
        for fen in self.unsure:
            sums |= {known + fen for known in sums}
        return returned_fen in sums


def parts_of(rows: Sequence[Mapping[str, Any]], *, unsure: Collection[RefundState]) -> Parts:
    """From rows of `refund_store.others_of_receipt`."""
    return Parts(
        done_fen=sum(row["amount_fen"] for row in rows if row["state"] == RefundState.DONE and not row["by_hand"]),
        unsure=tuple(row["amount_fen"] for row in rows if row["state"] in unsure),
    )


async def read_parts(connection: Connection, refund_id: int) -> Parts:
    """The others of the payment that this refund is of, as a person has to reckon with them."""
    rows = await refund_store.others_of_receipt(connection, refund_id)
    return parts_of([dict(row) for row in rows], unsure=UNSETTLED)
