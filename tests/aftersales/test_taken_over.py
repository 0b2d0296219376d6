"""What a resubmission leaves to staff, and what suppliers say at last, is found in after-sales."""

import pytest

from kameng.aftersales.case import CaseKind, CaseState, Outcome
from kameng.aftersales.follow_remedies import follow_remedies
from kameng.resubmission.decide import decide_resubmission
from kameng.resubmission.resubmission import Kind, ResubmissionState
from tests.builders.cases import a_case_desk
from tests.builders.remedies import (
    AN,
    a_desk,
    a_read_case,
    follow,
    replaced,
    stages,
)
from tests.builders.resubmitting import a_part, tapped
from tests.builders.shop import Shop, stock_up

pytestmark = pytest.mark.anyio


async def test_what_is_left_to_staff_opens_a_case_with_its_history(shop: Shop) -> None:
    desk = await a_read_case(shop)
    await desk.solve()
    await desk.confirm(is_solved=True)
    rows = "UPDATE cards SET state = 'withdrawn' WHERE state = 'available'"
    await shop.rows(rows)
    one = await tapped(a_desk(shop), desk.order_id, Kind.REPLACE_CODE)
    assert one.state is ResubmissionState.WITH_STAFF
    await follow(desk)
    case = await desk.now()
    assert (case.id, case.kind, case.state) == (desk.case.id + 1, CaseKind.CODES_INVALID, CaseState.OPEN)
    desk.case = case
    file = await desk.file()
    assert [(r.kind, r.state) for r in file.facts.resubmissions] == [("replace_code", "with_staff")]
    assert await stages(desk) == ["with_staff"]
    await stock_up(shop, (await shop.rows("SELECT sku_id FROM orders"))[0]["sku_id"], ["FRESH00001"])  # type: ignore[arg-type]
    async with shop.db.transaction() as tx:
        await decide_resubmission(tx, order_id=desk.order_id, allow=True, actor=AN, reason="核实无效")
    case = await follow(desk)
    assert (case.state, case.outcome, await stages(desk)) == (CaseState.SOLVED, Outcome.REPLACED, ["done"])


async def test_it_appears_on_the_case_there_is_and_can_be_decided_from_it(shop: Shop) -> None:
    desk = await a_read_case(shop)
    await shop.rows("UPDATE cards SET state = 'withdrawn' WHERE state = 'available'")
    await tapped(a_desk(shop), desk.order_id, Kind.REPLACE_CODE)
    await follow(desk)
    assert ((await desk.now()).id, await stages(desk)) == (desk.case.id, ["with_staff"])
    await stock_up(shop, (await shop.rows("SELECT sku_id FROM orders"))[0]["sku_id"], ["FRESH00001"])  # type: ignore[arg-type]
    await replaced(desk)
    case = await follow(desk)
    assert (case.state, case.outcome, await stages(desk)) == (CaseState.SOLVED, Outcome.REPLACED, ["done"])


async def test_what_a_supplier_says_at_last_stands_in_the_case_once(shop: Shop) -> None:
    bench = await a_part(shop)
    shop.clock.go_on(bench.shop.checkout.pay_within)
    desk = await a_case_desk(shop, kind=CaseKind.NOT_ARRIVED, order_id=bench.order_id)
    await shop.rows("UPDATE delivery_attempts SET settled_at = $1", shop.clock.now() + shop.checkout.pay_within)
    assert await follow_remedies(db=shop.db, rules=desk.rules) == 1
    assert await follow_remedies(db=shop.db, rules=desk.rules) == 0
    assert await desk.story() == ["opened", "supplier_said"]
    assert (await desk.now()).follow_up_at == shop.clock.now()
