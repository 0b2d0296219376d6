"""A contact has one normal form, one tail, and stands nowhere in clear."""

import pytest

from kameng.kernel.crypto import Keyring, Unreadable
from kameng.kernel.errors import InvalidInput
from kameng.orders.contact import (
    Contact,
    contact_of,
    seal_contact,
    second_factor_index,
    second_factor_of,
    unseal_contact,
    whole_index,
)
from kameng.orders.number import OrderId
from kameng.orders.order import ContactKind

ORDER = OrderId(261122143055123456)
OTHER_ORDER = OrderId(261122143055123457)
PHONE = Contact(ContactKind.PHONE, "13800001234")
EMAIL = Contact(ContactKind.EMAIL, "li.lei@example.com")


@pytest.mark.parametrize(
    "typed",
    ["13800001234", " 138 0000 1234 ", "138-0000-1234", "+86 138 0000 1234", "8613800001234", "１３８００００１２３４",
     "(+86) 13800001234"],
)  # fmt: skip
def test_a_phone_number_is_eleven_digits_however_typed(typed: str) -> None:
    assert contact_of(typed) == PHONE


@pytest.mark.parametrize(
    "typed", ["li.lei@example.com", " Li.Lei@Example.COM ", "ｌｉ．ｌｅｉ＠ｅｘａｍｐｌｅ．ｃｏｍ"]
)
def test_an_address_is_lower_case_and_narrow(typed: str) -> None:
    assert contact_of(typed) == EMAIL


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "1380000123", "138000012345", "23800001234", "12800001234", "10800001234", "138O0001234",
     "010-62345678", "+1 415 555 2671", "abc", "13800001234;13800001235", "' OR 1=1 --"],
)  # fmt: skip
def test_what_is_no_phone_is_refused_beside_its_field(typed: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        contact_of(typed)
    assert list(refusal.value.fields) == ["contact"]


@pytest.mark.parametrize(
    "typed",
    ["@", "a@", "@b.com", "a@b", "a b@c.com", "a@b..com", "a@-b.com", "a@b-.com", "a@@b.com", "a@b.c", "<a@b.com>",
     "a@b.com\nBcc: x@y.com", f"{'a' * 65}@b.com", f"a@{'b' * 64}.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused_beside_its_field(typed: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        contact_of(typed)
    assert list(refusal.value.fields) == ["contact"]


def test_a_refusal_does_not_repeat_what_was_typed() -> None:
    with pytest.raises(InvalidInput) as refusal:
        contact_of("1380000123")
    assert "1380000123" not in f"{refusal.value!r} {refusal.value.fields} {refusal.value.values}"


def test_the_second_factor_is_the_tail_or_the_whole_address() -> None:
    assert PHONE.second_factor == "1234"
    assert EMAIL.second_factor == "li.lei@example.com"


@pytest.mark.parametrize(
    ("typed", "factor"),
    [
        ("1234", "1234"),
        (" １２３４ ", "1234"),
        ("13800001234", "1234"),
        ("+86 138 0000 1234", "1234"),
        ("Li.Lei@Example.com", "li.lei@example.com"),
        ("", None),
        ("123", None),
        ("12345", None),
        ("not@an address", None),
        ("abcd", None),
    ],
)
def test_a_second_factor_is_read_in_the_form_it_was_indexed(typed: str, factor: str | None) -> None:
    assert second_factor_of(typed) == factor


def test_a_masked_contact_gives_away_no_second_factor() -> None:
    assert PHONE.masked == "138********"
    assert EMAIL.masked == "l***@example.com"
    assert all(contact.second_factor not in contact.masked for contact in (PHONE, EMAIL))


@pytest.mark.parametrize("contact", [PHONE, EMAIL])
def test_a_sealed_contact_opens_for_its_own_order_only(keyring: Keyring, contact: Contact) -> None:
    sealed = seal_contact(keyring, ORDER, contact)
    assert contact.text.encode() not in sealed
    assert unseal_contact(keyring, ORDER, sealed) == contact
    with pytest.raises(Unreadable):
        unseal_contact(keyring, OTHER_ORDER, sealed)


def test_equal_tails_of_two_orders_look_different(keyring: Keyring) -> None:
    assert second_factor_index(keyring, ORDER, "1234") == second_factor_index(keyring, ORDER, "1234")
    assert second_factor_index(keyring, ORDER, "1234") != second_factor_index(keyring, OTHER_ORDER, "1234")
    assert second_factor_index(keyring, ORDER, "1234") != second_factor_index(keyring, ORDER, "1235")


def test_one_contact_has_one_index_and_two_have_two(keyring: Keyring) -> None:
    assert whole_index(keyring, PHONE) == whole_index(keyring, contact_of("+86 138 0000 1234"))
    assert whole_index(keyring, PHONE) != whole_index(keyring, EMAIL)
