"""The other refunds of one payment: what they come to, and whether one more is told apart from them by its books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kameng.payment.attempt import RefundState

_MAY_BE_BACK = frozenset({RefundState.CALLING, RefundState.IN_DOUBT})


@dataclass(frozen=True)
class Parts:
    """In fen. `done_fen` went back through the gateway; each of `unsure` may have."""

    done_fen: int
    unsure: tuple[int, ...]

    @property
    def unsure_fen(self) -> int:
        return sum(self.unsure)

    def allow(self, returned_fen: int, amount_fen: int, *, is_sent: bool) -> bool:
        """Whether one more refund of so much can be among what the gateway's books say went back, or not be.

        What is among it must fit into it. What is not may be sent, unless so much went back that only this refund
        explains it.
        """
        more_fen = returned_fen - self.done_fen
        if is_sent:
            return more_fen >= amount_fen
        return 0 <= more_fen < amount_fen or more_fen in self._sums()

    def _sums(self) -> set[int]:
        """What those of which nobody is sure can have come to."""
        sums = {0}
        for fen in self.unsure:
            sums |= {known + fen for known in sums}
        return sums


def parts_of(rows: Sequence[Mapping[str, Any]]) -> Parts:
    """From rows of `refund_store.others_of_receipt`."""
    return Parts(
        done_fen=sum(row["amount_fen"] for row in rows if row["state"] == RefundState.DONE and not row["by_hand"]),
        unsure=tuple(row["amount_fen"] for row in rows if row["state"] in _MAY_BE_BACK),
    )
