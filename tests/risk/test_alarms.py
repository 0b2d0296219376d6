"""Equal alarms that nobody has seen are one; seen ones ring again."""

from datetime import timedelta

import pytest

from kameng.risk.alarms import AlarmKind, list_alarms, mark_seen, raise_alarm
from tests.builders.shop import Shop

pytestmark = pytest.mark.anyio


async def ring(shop: Shop, subject: str = "order:1", **facts: object) -> None:
    async with shop.db.transaction() as tx:
        await raise_alarm(tx, AlarmKind.REFUND_STUCK, subject, **facts)


@pytest.fixture
async def staff_id(shop: Shop) -> int:
    (row,) = await shop.rows(
        "INSERT INTO staff (login, role, password_hash, created_at) VALUES ('wang', 'owner', '', $1) RETURNING id",
        shop.clock.now(),
    )
    return int(str(row["id"]))


async def test_equal_alarms_are_counted_with_the_newest_facts(shop: Shop) -> None:
    await ring(shop, refund_fen=1)
    shop.clock.go_on(timedelta(hours=1))
    await ring(shop, refund_fen=2)
    await ring(shop, "order:2")
    async with shop.db.reading() as connection:
        alarms = {alarm.subject: alarm for alarm in await list_alarms(connection)}
    assert (alarms["order:1"].times, alarms["order:1"].facts) == (2, {"refund_fen": 2})
    assert alarms["order:1"].last_at - alarms["order:1"].first_at == timedelta(hours=1)
    assert alarms["order:2"].times == 1


async def test_a_seen_alarm_rings_again(shop: Shop, staff_id: int) -> None:
    await ring(shop)
    async with shop.db.transaction() as tx:
        assert await mark_seen(tx, 1, staff_id=staff_id)
        assert not await mark_seen(tx, 1, staff_id=staff_id)
        assert not await mark_seen(tx, 99, staff_id=staff_id)
    async with shop.db.reading() as connection:
        assert await list_alarms(connection) == []
    await ring(shop)
    async with shop.db.reading() as connection:
        assert [alarm.times for alarm in await list_alarms(connection)] == [1]
        both = await list_alarms(connection, with_seen=True)
    assert [alarm.seen_by for alarm in both] == [None, staff_id]


async def test_an_alarm_is_lost_with_its_cause(shop: Shop) -> None:
    with pytest.raises(ZeroDivisionError):
        async with shop.db.transaction() as tx:
            await raise_alarm(tx, AlarmKind.JOB_GAVE_UP, "job:x")
            raise ZeroDivisionError
    assert await shop.alarms() == []
