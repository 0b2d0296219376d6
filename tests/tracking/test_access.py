"""A token opens one order, for a while, for whoever we gave it to."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from kameng.kernel.crypto import Keyring, keyring_of, new_key
from kameng.orders.number import OrderId
from kameng.tracking.access import LIFE, Access, access_of, grant

NOW = datetime(2026, 11, 22, 6, 30, 55, tzinfo=UTC)
ORDER, OTHER = OrderId(261122143055123456), OrderId(261122143055123457)


@pytest.mark.parametrize("access", Access)
def test_a_token_gives_what_was_granted_until_it_ends(keyring: Keyring, access: Access) -> None:
    token = grant(keyring, ORDER, access, NOW)
    assert access_of(keyring, token, ORDER, NOW) is access
    assert access_of(keyring, token, ORDER, NOW + LIFE[access] - timedelta(seconds=1)) is access
    assert access_of(keyring, token, ORDER, NOW + LIFE[access]) is None


def test_a_token_opens_no_other_order(keyring: Keyring) -> None:
    assert access_of(keyring, grant(keyring, ORDER, Access.OWNER, NOW), OTHER, NOW) is None


def test_a_token_of_another_shop_is_none(keyring: Keyring) -> None:
    assert access_of(keyring, grant(keyring_of(new_key()), ORDER, Access.OWNER, NOW), ORDER, NOW) is None


def test_a_token_is_safe_in_a_cookie_and_a_header(keyring: Keyring) -> None:
    token = grant(keyring, ORDER, Access.OWNER, NOW)
    assert token.isascii()
    assert token.replace("-", "").replace("_", "").isalnum()


def test_no_bit_of_a_token_can_be_changed(keyring: Keyring) -> None:
    raw = base64.urlsafe_b64decode(grant(keyring, ORDER, Access.VIEWER, NOW) + "==")
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            token = base64.urlsafe_b64encode(bytes(changed)).rstrip(b"=").decode()
            assert access_of(keyring, token, ORDER, NOW) is None
            assert access_of(keyring, token, OTHER, NOW) is None


@pytest.mark.parametrize("token", ["", "A", "AAAA", "A" * 40, "A" * 10_000, "中文", "\ud800", "=", "....", "a b"])
def test_nonsense_is_none(keyring: Keyring, token: str) -> None:
    assert access_of(keyring, token, ORDER, NOW) is None


def test_cut_or_lengthened_it_is_none(keyring: Keyring) -> None:
    token = grant(keyring, ORDER, Access.OWNER, NOW)
    assert access_of(keyring, token[:-4], ORDER, NOW) is None
    assert access_of(keyring, token + "AAAA", ORDER, NOW) is None
