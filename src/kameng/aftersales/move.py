"""The one writer of a case: state, clocks and story change together, in the transaction of a verb that holds it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kameng.aftersales import store
from kameng.aftersales.case import CASE_LIFECYCLE, Actor, Case, CaseMissing, CaseMoved, CaseRules
from kameng.aftersales.clocks import clocked
from kameng.kernel.database import Transaction


@dataclass(frozen=True)
class By:
    """Who did it; `facts` stay in the story for good: never words, codes or contacts."""

    actor: Actor
    login: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


BUYER = By(Actor.BUYER)
SYSTEM = By(Actor.SYSTEM)


def name_of(event: type) -> str:
    """AskedBuyer → 'asked_buyer', as the story has it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


async def move(tx: Transaction, rules: CaseRules, case: Case, event: type, *, by: By, **changes: Any) -> Case:
    """Let `event` happen to a case the caller has locked; the case as it is then. Raises CaseMoved."""
    if not CASE_LIFECYCLE.allows(case.state, event):
        raise CaseMoved
    after = replace(case, state=CASE_LIFECYCLE.after(case.state, event), **changes)
    after = clocked(case, after, rules=rules, now=tx.now)
    await store.write(tx, after)
    await store.tell(tx, after, name_of(event), by.actor, by.login, by.facts)
    return after


async def lock_case(tx: Transaction, case_id: int) -> Case:
    """The case, held until the transaction ends. Raises CaseMissing."""
    case = await store.lock(tx, case_id)
    if case is None:
        raise CaseMissing
    return case
