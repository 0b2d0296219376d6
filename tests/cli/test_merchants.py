"""Merchants on the command line."""

import re

from kameng.ledger.entry import EntryKind
from tests.builders.command_line import Kameng, read

ADD = ("merchant", "add", "mengyu", "--name", "梦鱼", "--contact", "Ops@Mengyu.example", "--price-percent", "95")


def issued(kameng: Kameng, *options: str) -> tuple[str, str]:
    told = kameng("merchant", "key", "mengyu", *options).output
    match = re.search(r"key:\s+(\d{10})\s+secret: ([0-9a-f]{32})", told)
    assert match, told
    return match[1], match[2]


def test_a_merchant_with_key_and_money(kameng: Kameng, database_url: str) -> None:
    assert kameng(*ADD).exit_code == 0
    key, secret = issued(kameng, "--scope", "dujiao", "--network", "203.0.113.0/24")
    told = kameng("merchant", "top-up", "mengyu", "500.5", "--reference", "T1", "--reason", "bank transfer").output
    assert "500.50" in told
    listed = kameng("merchant", "list").output
    assert all(text in listed for text in ("mengyu", "500.50", "95 %", key, "dujiao", "203.0.113.0/24"))
    assert secret not in listed
    [(kind, reference, actor)] = read(database_url, "SELECT kind, reference, actor_id FROM ledger_entries")
    assert (kind, reference) == (EntryKind.TOP_UP, "top_up:1:T1")
    assert str(actor).startswith("cli:")
    assert kameng("doctor").exit_code == 0


def test_a_transfer_is_booked_once_and_needs_a_reason(kameng: Kameng, database_url: str) -> None:
    kameng(*ADD)
    assert kameng("merchant", "top-up", "mengyu", "5", "--reference", "T1", "--reason", "x").exit_code == 0
    for wrong in (
        ("top-up", "mengyu", "5", "--reference", "T1", "--reason", "x"),
        ("top-up", "mengyu", "0", "--reference", "T2", "--reason", "x"),
        ("top-up", "mengyu", "-5", "--reference", "T2", "--reason", "x"),
        ("top-up", "mengyu", "5.001", "--reference", "T2", "--reason", "x"),
        ("top-up", "mengyu", "5", "--reference", "T2", "--reason", " "),
        ("top-up", "nobody", "5", "--reference", "T2", "--reason", "x"),
        ("key", "nobody"),
        ("key", "mengyu", "--withdraw", "1234567890"),
        ("key", "mengyu", "--network", "nowhere"),
        ("add", "mengyu", "--name", "x", "--contact", "nobody"),
    ):
        assert kameng("merchant", *wrong).exit_code != 0, wrong
    assert read(database_url, "SELECT count(*) FROM ledger_entries") == [(1,)]


def test_secrets_are_renewed_and_keys_withdrawn(kameng: Kameng) -> None:
    kameng(*ADD)
    key, first = issued(kameng)
    again, second = issued(kameng, "--renew", key)
    assert (again, first != second) == (key, True)
    assert "two secrets" in kameng("merchant", "list").output
    assert kameng("merchant", "key", "mengyu", "--forget-old", key).exit_code == 0
    assert "two secrets" not in kameng("merchant", "list").output
    assert kameng("merchant", "key", "mengyu", "--withdraw", key).exit_code == 0
    assert " off " in kameng("merchant", "list").output
