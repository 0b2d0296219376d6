"""Budgets: who shares one, what is asked of whom, and when a window begins anew."""

from datetime import UTC, datetime, timedelta

import pytest

from kameng.risk.guard import (
    GuardRules,
    address_subject,
    count_failure,
    count_refusal,
    forget_old_windows,
    standing_of,
    subjects_of,
    tell_of_scanning,
)
from kameng.tracking.guarded import budgets_of
from tests.builders.shop import ADDRESS, Shop

pytestmark = pytest.mark.anyio

RULES = GuardRules()
NOW = datetime(2026, 11, 22, 6, 34, 56, tzinfo=UTC)
COUNTS = "SELECT subject, failures FROM guard_budgets ORDER BY subject"


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("203.0.113.7", "address:203.0.113.7"),
        ("::ffff:203.0.113.7", "address:203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "address:2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "address:2001:db8:1:3::/64"),
    ],
)
def test_a_household_has_one_budget(address: str, subject: str) -> None:
    assert address_subject(address) == subject


def test_windows_are_fixed() -> None:
    assert RULES.window_of("all", NOW) == datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
    assert RULES.window_of("refused:all", NOW) == datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
    assert RULES.window_of("order:1", NOW) == datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "proof", "waits", "whole"),
    [
        ({}, False, False, set()),
        ({"address:203.0.113.7": 4, "order:1": 2, "all": 299}, False, False, set()),
        ({"address:203.0.113.7": 5}, True, False, set()),
        ({"address:203.0.113.7": 29}, True, False, set()),
        ({"address:203.0.113.7": 30}, True, True, set()),
        ({"order:1": 3}, True, False, set()),
        ({"order:2": 3}, True, False, set()),
        ({"order:3": 99}, False, False, set()),
        ({"order:1": 12}, True, False, {1}),
        ({"order:1": 12, "order:2": 12}, True, False, {1, 2}),
        ({"all": 300}, True, False, set()),
        ({"address:203.0.113.8": 99}, False, False, set()),
    ],
)
def test_what_is_asked_of_a_request(failures: dict[str, int], proof: bool, waits: bool, whole: set[int]) -> None:
    standing = standing_of(RULES, failures, address=ADDRESS, order_ids=[1, 2], now=NOW)
    assert (standing.proof_needed, standing.wait_s > 0, set(standing.whole_contact_needed)) == (proof, waits, whole)


def test_the_wait_ends_with_the_window() -> None:
    failures = {"address:203.0.113.7": 30}
    assert standing_of(RULES, failures, address=ADDRESS, order_ids=[], now=NOW).wait_s == 304
    last = datetime(2026, 11, 22, 6, 39, 59, 999_999, tzinfo=UTC)
    assert standing_of(RULES, failures, address=ADDRESS, order_ids=[], now=last).wait_s == 1


async def spend(shop: Shop, times: int, *, order: int = 1) -> None:
    for _ in range(times):
        async with shop.db.reading() as connection:
            counted = await count_failure(connection, budgets_of(RULES, ADDRESS, [order], shop.clock.now()))
        await tell_of_scanning(shop.db, RULES, counted)


async def test_a_failure_costs_one_from_each_budget(shop: Shop) -> None:
    await spend(shop, 2)
    await spend(shop, 1, order=2)
    assert {row["subject"]: row["failures"] for row in await shop.rows(COUNTS)} == {
        "address:203.0.113.7": 3, "all": 3, "order:1": 2, "order:2": 1,
    }  # fmt: skip
    assert subjects_of(ADDRESS, [1, 2]) == ["all", "address:203.0.113.7", "order:1", "order:2"]


async def test_the_alarm_rings_at_the_mark_and_then_rarely(shop: Shop) -> None:
    await spend(shop, RULES.alarm_after - 1)
    assert await shop.alarms() == []
    await spend(shop, 1)
    assert await shop.alarms() == ["lookup_scanning"]
    await spend(shop, RULES.alarm_after * 2)
    assert [row["times"] for row in await shop.rows("SELECT times FROM alarms")] == [3]


async def test_a_shop_that_is_scanned_from_everywhere_rings_too(shop: Shop) -> None:
    for number in range(RULES.global_proof_after):
        address = f"10.1.{number // 200}.{number % 200}"
        async with shop.db.reading() as connection:
            counted = await count_refusal(connection, RULES, address=address, now=shop.clock.now())
        await tell_of_scanning(shop.db, RULES, counted)
    assert [row["subject"] for row in await shop.rows("SELECT subject FROM alarms")] == ["all"]


async def test_old_windows_are_forgotten(shop: Shop) -> None:
    await spend(shop, 1)
    await forget_old_windows(shop.db, RULES)
    assert len(await shop.rows(COUNTS)) == 3
    shop.clock.go_on(timedelta(days=3))
    await spend(shop, 1)
    await forget_old_windows(shop.db, RULES)
    assert len(await shop.rows(COUNTS)) == 3
    assert [row["failures"] for row in await shop.rows(COUNTS)] == [1, 1, 1]
