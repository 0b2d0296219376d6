"""A case in front of whoever works at the desk, with the form they sent about it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from kameng.aftersales.case import CaseMissing, CaseRules, case_subject
from kameng.kernel.crypto import Keyring
from kameng.kernel.errors import Refusal
from kameng.staff.audit import NotedDatabase
from kameng.staff.member import Staff
from kameng.supply.suppliers import Suppliers
from kameng.web.console.cases import CASE_ID_MAX, show_case, to_case
from kameng.web.console.door import Desk
from kameng.web.console.fields import whole_number
from kameng.web.console.pages import back_to, typed


@dataclass(frozen=True)
class CaseInHand:
    desk: Desk
    suppliers: Suppliers
    rules: CaseRules
    case_id: int
    form: dict[str, str]

    @property
    def staff(self) -> Staff:
        return self.desk.looker.staff

    @property
    def keyring(self) -> Keyring:
        return self.desk.keyring

    @property
    def words(self) -> str:
        return self.form.get("words", "")

    def number(self, name: str) -> int | None:
        """None for nothing, and for what is no number of ours."""
        return whole_number(self.form.get(name, ""))

    @property
    def seen(self) -> int:
        """The last message that stood on the page; 0 for none."""
        return self.number("seen") or 0

    def noted(self, what: str, **facts: object) -> NotedDatabase:
        """The database for a verb that opens its own transaction; its line in the log never holds what was said."""
        return self.desk.noted(f"case:{what}", case_subject(self.case_id), **facts)

    async def does(self, act: Callable[[], Awaitable[str]], *shown: type[Refusal]) -> Response[Any]:
        """Back to the case with what `act` says was done; what was typed stays on the page that says why it could not
        be, for these refusals."""
        try:
            done = await act()
        except shown as refusal:
            return await show_case(self.desk, self.suppliers, self.case_id, refusal=refusal, form=self.form)
        return back_to(to_case(self.case_id), done=done)


async def provide_case_in_hand(
    desk: NamedDependency[Desk],
    suppliers: NamedDependency[Suppliers],
    case_rules: NamedDependency[CaseRules],
    case_id: FromPath[int],
) -> CaseInHand:
    """Raises CaseMissing for a number that no case can have."""
    if case_id > CASE_ID_MAX:
        raise CaseMissing
    return CaseInHand(desk, suppliers, case_rules, case_id, await typed(desk.request))
