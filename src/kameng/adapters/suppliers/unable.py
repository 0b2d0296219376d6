"""What some platforms have no page for."""

from kameng.supply.answer import CancelAnswer, ComplaintFiled, InDoubt, Reason, Refused
from kameng.supply.supplier import SupplyAsk


class CannotComplain:
    async def complain(
        self, ask: SupplyAsk, *, supplier_no: str | None, words: str
    ) -> ComplaintFiled | Refused | InDoubt:
        del ask, supplier_no, words
        return Refused(Reason.NOT_SUPPORTED, "")


class CannotCancel:
    async def cancel(self, ask: SupplyAsk, *, supplier_no: str | None) -> CancelAnswer:
        del ask, supplier_no
        return Refused(Reason.NOT_SUPPORTED, "")
