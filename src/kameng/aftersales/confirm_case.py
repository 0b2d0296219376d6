"""The buyer says whether it is solved."""

from kameng.aftersales.case import Author, Case, CaseRules, Confirmed, Declined
from kameng.aftersales.move import BUYER, move
from kameng.aftersales.words import checked, say
from kameng.aftersales.write_message import newest_case, not_too_hasty
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.number import OrderId


async def confirm_case(
    *, db: Database, keyring: Keyring, rules: CaseRules, order_id: OrderId, is_solved: bool, words: str = ""
) -> Case:
    """Yes closes it. No needs words, opens it again and starts the clock of the solution anew.

    The caller has checked that its teller owns the order. Raises InvalidInput, CaseMissing, CaseMoved (also where it
    has closed itself meanwhile), TooManyMessages.
    """
    words = checked(words, needed=not is_solved)
    async with db.transaction() as tx:
        case = await newest_case(tx, order_id)
        if is_solved:
            return await move(tx, rules, case, Confirmed, by=BUYER, closed_at=tx.now)
        await not_too_hasty(tx, case)
        case = await move(
            tx, rules, case, Declined, by=BUYER,
            solve_by=tx.now + rules.solve_within, reopened=case.reopened + 1, outcome=None, reference=None,
            solved_at=None,
        )  # fmt: skip
        await say(tx, keyring, case, words, author=Author.BUYER)
    return case
