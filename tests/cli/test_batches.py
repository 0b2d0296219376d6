"""Batches on the command line."""

import asyncio
from pathlib import Path

import asyncpg

from kameng.orders.number import printed
from tests.builders.command_line import Kameng, read

ORDER = 260101000000000001


def hire(database_url: str) -> None:
    async def insert() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(
            "INSERT INTO staff (login, role, password_hash, created_at) VALUES ('li', 'customer_service', '', now())"
        )
        await connection.close()

    asyncio.run(insert())


def test_a_batch_is_drawn_up_shown_and_broken_off(kameng: Kameng, database_url: str, tmp_path: Path) -> None:
    hire(database_url)
    numbers = tmp_path / "numbers.txt"
    numbers.write_text(f"{printed(ORDER)}\n13800001234\n")
    drawn = kameng("batch", "draw-up", "refund", "--numbers", str(numbers), "--as", "li")
    assert drawn.exit_code == 0, drawn.output
    assert "batch 1: refund, draft; 0 fit" in drawn.output
    assert "order_missing: 1" in drawn.output
    assert kameng("batch", "show", "1").output == drawn.output
    confirmed = kameng("batch", "confirm", "1", "--reason", "故障", "--cause", "goodwill", "--as", "li")
    assert confirmed.exit_code == 1
    assert "nothing_fits" in confirmed.output or "没有符合" in confirmed.output
    assert kameng("batch", "break-off", "1", "--as", "li").output == "ended\n"
    assert kameng("batch", "stop", "1", "--as", "li").exit_code == 1
    assert "refund" in kameng("batch", "list").output
    lines = read(database_url, "SELECT login, action FROM staff_audit ORDER BY id")
    assert lines == [("li", "batch:drawn_up"), ("li", "batch:broken_off")]


def test_it_takes_somebody_who_may(kameng: Kameng, database_url: str) -> None:
    hire(database_url)
    refused = kameng("batch", "draw-up", "release", "--state", "under_review", "--as", "li")
    assert refused.exit_code == 1
    assert kameng("batch", "draw-up", "refund", "--state", "delivered", "--as", "nobody").exit_code == 1
    assert kameng("batch", "draw-up", "refund", "--as", "li").exit_code == 2
    assert kameng("batch", "draw-up", "refund", "--state", "delivered", "--as", "li").exit_code == 0
    assert read(database_url, "SELECT count(*) FROM order_batches") == [(1,)]
