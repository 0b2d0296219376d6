"""A desk for after-sales cases: one order with a case, people who work on it, and short ways to let things happen."""

import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from PIL import Image

from kameng.aftersales.answer_case import StaffAnswer, Then, answer_case
from kameng.aftersales.case import Case, CaseKind, CaseRules, Outcome
from kameng.aftersales.confirm_case import confirm_case
from kameng.aftersales.conversation import find_case
from kameng.aftersales.open_case import open_case
from kameng.aftersales.queue import CaseFile, read_file
from kameng.aftersales.solve_case import Solution, solve_case
from kameng.aftersales.watch_cases import watch_cases
from kameng.aftersales.write_message import write_message
from kameng.orders.number import OrderId
from kameng.staff.member import Staff
from kameng.staff.roles import Role
from tests.builders.shop import Shop, a_paid_order, a_stocked_sku

STORY = "SELECT event FROM case_events WHERE case_id = $1 ORDER BY id"


@dataclass
class CaseDesk:
    """`an` and `bo` work here; `case` is the case of `order_id`."""

    shop: Shop
    order_id: OrderId
    case: Case
    an: Staff
    bo: Staff
    rules: CaseRules = field(default_factory=CaseRules)

    def tools(self) -> dict[str, Any]:
        return {"db": self.shop.db, "keyring": self.shop.keyring, "rules": self.rules}

    async def now(self) -> Case:
        case = await find_case(self.shop.db, self.order_id)
        assert case is not None
        return case

    async def file(self) -> CaseFile:
        async with self.shop.db.reading() as connection:
            return await read_file(connection, self.shop.keyring, self.case.id)

    async def story(self) -> list[str]:
        return [str(row["event"]) for row in await self.shop.rows(STORY, self.case.id)]

    async def buyer_writes(self, words: str = "还是不行", *, pictures: tuple[bytes, ...] = ()) -> Case:
        return await write_message(**self.tools(), order_id=self.order_id, words=words, pictures=pictures)

    async def answer(self, words: str = "正在核实", *, then: Then = Then.US, by: Staff | None = None) -> Case:
        """With everything read that was written before."""
        seen = (await self.file()).seen
        answer = StaffAnswer(self.case.id, by or self.an, words, seen, then)
        return await answer_case(**self.tools(), answer=answer)

    async def solve(self, outcome: Outcome = Outcome.ANSWERED, *, words: str = "卡密可以使用了") -> Case:
        solution = Solution(self.case.id, self.an, outcome, words, (await self.file()).seen)
        return await solve_case(**self.tools(), solution=solution)

    async def confirm(self, *, is_solved: bool, words: str = "") -> Case:
        return await confirm_case(**self.tools(), order_id=self.order_id, is_solved=is_solved, words=words)

    async def wait(self, **length: float) -> Case:
        """Time passes, minute by minute, and the sweep does what falls due."""
        for _ in range(int(timedelta(**length) / timedelta(minutes=1))):
            self.shop.clock.go_on(timedelta(minutes=1))
            await watch_cases(db=self.shop.db, rules=self.rules)
        return await self.now()


async def somebody(shop: Shop, login: str, role: Role = Role.CUSTOMER_SERVICE) -> Staff:
    (row,) = await shop.rows(
        "INSERT INTO staff (login, role, password_hash, created_at) VALUES ($1, $2, '', $3) RETURNING id",
        login, role, shop.clock.now(),
    )  # fmt: skip
    return Staff(int(str(row["id"])), login, role)


async def a_case_desk(
    shop: Shop, *, kind: CaseKind = CaseKind.CODES_INVALID, rules: CaseRules | None = None,
    order_id: OrderId | None = None,
) -> CaseDesk:  # fmt: skip
    """A delivered order, unless it is given, and the case that its buyer has just opened."""
    rules = rules or CaseRules()
    order_id = order_id or (await a_paid_order(shop, await a_stocked_sku(shop))).order_id
    opened = await open_case(db=shop.db, rules=rules, order_id=order_id, kind=kind)
    return CaseDesk(shop, order_id, opened.case, await somebody(shop, "an"), await somebody(shop, "bo"), rules)


def a_picture(form: str = "JPEG", *, size: tuple[int, int] = (64, 48), colour: str = "tomato", **more: Any) -> bytes:
    """A picture as a phone would send it; `more` goes to the encoder."""
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, form, **more)
    return made.getvalue()
