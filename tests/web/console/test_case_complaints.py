"""From a case to the supplier who delivered it, and the supplier's answer back into the case."""

import pytest

from kameng.aftersales.case import CaseKind, CaseRules, Outcome
from kameng.aftersales.conversation import find_case
from kameng.aftersales.open_case import open_case
from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.staff.roles import Role
from kameng.supply.answer import ComplaintFiled, Refused
from kameng.supply.answer import Reason as Why
from kameng.supply.supplier import Abilities, CallbackTrust, LossGuard, Repeat
from tests.builders.shop import a_shop
from tests.web.console.conftest import Console
from tests.web.console.supplied import Supplied, supplied_shop

pytestmark = pytest.mark.anyio

ABLE = Abilities(repeat=Repeat.REFUSED, loss_guard=LossGuard.TOTAL, callback=CallbackTrust.HINT, complains=True)


@pytest.fixture
async def supplied(console: Console, db: Database, keyring: Keyring, clock: VirtualClock) -> Supplied:
    supplied = await supplied_shop(console, await a_shop(db, keyring, clock))
    await console.enter_as(Role.CUSTOMER_SERVICE)
    return supplied


async def test_a_complaint_goes_out_and_can_be_the_outcome(console: Console, supplied: Supplied) -> None:
    order_id = await supplied.order()
    opened = await open_case(db=console.db, rules=CaseRules(), order_id=order_id, kind=CaseKind.NOT_ARRIVED)
    path, fields = f"/console/cases/{opened.case.id}", {"complaint": "买家没有收到", "attempt": ""}
    fields["attempt"] = str(await supplied.attempt())
    assert "转投诉给货源" not in (await console.get(path)).text
    assert (await console.post(f"{path}/complain", fields)).status_code == 422
    north = supplied.depot["north"]
    assert "complain" not in north.calls

    north.abilities = ABLE
    assert "转投诉给货源" in (await console.get(path)).text
    for wrong in ({"complaint": ""}, {"complaint": "长" * 301}, {"attempt": "999"}):
        assert (await console.post(f"{path}/complain", fields | wrong)).status_code == 422
    north.will("complain", Refused(Why.NOT_ALLOWED, "超过售后期"), ComplaintFiled("TS-9", "三日内答复"))
    first = await console.post(f"{path}/complain", fields)
    assert first.headers["location"] == f"{path}?done=case_complaint_failed"
    assert '<option value="complained"' not in (await console.get(path)).text
    second = await console.post(f"{path}/complain", fields)
    assert second.headers["location"] == f"{path}?done=case_complained"
    page = (await console.get(path)).text
    for text in ("买家没有收到", "超过售后期", "TS-9 三日内答复", '<option value="complained"'):
        assert text in page
    assert north.calls.count("complain") == 2

    await console.post(f"{path}/solve", {"words": "供货方已受理", "outcome": "complained", "seen": "0"})
    case = await find_case(console.db, order_id)
    assert case is not None
    assert (case.outcome, case.reference) == (Outcome.COMPLAINED, "TS-9")
    actions = [line.action for line in await console.log() if line.action != "case:looked_at"]
    assert actions == ["case:solved", *["attempt:complained", "case:complained"] * 2]
