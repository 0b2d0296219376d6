"""Secrets can be opened by whoever has the key, in the place they were sealed for, and by nobody else."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kameng.kernel.crypto import Keyring, Unreadable, keyring_from_file, keyring_of, new_key, seal, unseal

OLD = Keyring(roots={"old": bytes(32)}, current="old", first="old")
ROTATED = Keyring(roots={"old": bytes(32), "new": bytes([1]) * 32}, current="new", first="old")
ONLY_NEW = Keyring(roots={"new": bytes([1]) * 32}, current="new", first="new")

PURPOSE = "order contact"


@given(plain=st.binary(max_size=2000), bound_to=st.binary(max_size=40))
def test_what_was_sealed_can_be_opened(plain: bytes, bound_to: bytes) -> None:
    sealed = ROTATED.seal(plain, purpose=PURPOSE, bound_to=bound_to)
    assert ROTATED.unseal(sealed, purpose=PURPOSE, bound_to=bound_to) == plain


def test_a_sealed_secret_shows_nothing_of_itself() -> None:
    plain = b"13800000000"
    assert plain not in OLD.seal(plain, purpose=PURPOSE)
    assert OLD.seal(plain, purpose=PURPOSE) != OLD.seal(plain, purpose=PURPOSE)


def test_a_secret_moved_to_another_row_stays_shut() -> None:
    sealed = OLD.seal(b"code", purpose=PURPOSE, bound_to=b"card 1")
    for elsewhere in (b"card 2", b""):
        with pytest.raises(Unreadable):
            OLD.unseal(sealed, purpose=PURPOSE, bound_to=elsewhere)


def test_a_secret_read_for_another_purpose_stays_shut() -> None:
    sealed = OLD.seal(b"code", purpose=PURPOSE)
    with pytest.raises(Unreadable):
        OLD.unseal(sealed, purpose="gateway configuration")


@given(data=st.data())
def test_one_changed_bit_anywhere_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(OLD.seal(b"a card's code", purpose=PURPOSE))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unreadable):
        OLD.unseal(bytes(sealed), purpose=PURPOSE)


@given(sealed=st.binary(max_size=60))
def test_garbage_is_unreadable_and_nothing_worse(sealed: bytes) -> None:
    with pytest.raises(Unreadable):
        OLD.unseal(sealed, purpose=PURPOSE)


def test_every_cut_is_noticed() -> None:
    sealed = OLD.seal(b"a card's code", purpose=PURPOSE)
    for length in range(len(sealed)):
        with pytest.raises(Unreadable):
            OLD.unseal(sealed[:length], purpose=PURPOSE)


def test_after_rotation_old_secrets_open_and_new_ones_are_sealed_under_the_new_key() -> None:
    before = OLD.seal(b"before", purpose=PURPOSE)
    after = ROTATED.seal(b"after", purpose=PURPOSE)
    assert ROTATED.unseal(before, purpose=PURPOSE) == b"before"
    assert (ROTATED.sealed_under(before), ROTATED.sealed_under(after)) == ("old", "new")
    with pytest.raises(Unreadable):
        OLD.unseal(after, purpose=PURPOSE)


def test_without_its_key_a_secret_is_lost() -> None:
    before = OLD.seal(b"before", purpose=PURPOSE)
    with pytest.raises(Unreadable):
        ONLY_NEW.unseal(before, purpose=PURPOSE)


def test_an_index_survives_rotation() -> None:
    assert ROTATED.index("13800000000", purpose=PURPOSE) == OLD.index("13800000000", purpose=PURPOSE)


def test_an_index_depends_on_text_purpose_and_key() -> None:
    indexes = {
        OLD.index("13800000000", purpose=PURPOSE),
        OLD.index("13800000001", purpose=PURPOSE),
        OLD.index("13800000000", purpose="another"),
        ONLY_NEW.index("13800000000", purpose=PURPOSE),
    }
    assert len(indexes) == 4
    assert {len(index) for index in indexes} == {16}


def test_a_bare_key_seals_too() -> None:
    key = bytes(range(32))
    sealed = seal(key, b"code", bound_to=b"card 1")
    assert unseal(key, sealed, bound_to=b"card 1") == b"code"
    with pytest.raises(Unreadable):
        unseal(bytes(32), sealed, bound_to=b"card 1")


def test_a_ring_is_read_from_text_first_and_last_being_special() -> None:
    first, last = new_key(), new_key()
    ring = keyring_of(f"{first}, {last}")
    assert (ring.first, ring.current) == (first.partition(":")[0], last.partition(":")[0])


@pytest.mark.parametrize("text", ["", " , ", "a:not base64!"])
def test_a_ring_without_a_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no key|base64|padding|characters"):
        keyring_of(text)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(AssertionError, match="32 bytes"):
        keyring_of(f"a:{base64.b64encode(bytes(16)).decode()}")
    with pytest.raises(AssertionError, match="current key"):
        replace(OLD, current="missing")


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    ring = keyring_from_file(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert keyring_from_file(file).roots == ring.roots


def test_a_second_line_in_the_key_file_is_the_current_key(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    before = keyring_from_file(file)
    added = new_key()
    file.write_text(file.read_text() + added + "\n")
    after = keyring_from_file(file)
    assert (after.first, after.current) == (before.first, added.partition(":")[0])


def test_a_key_file_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    keyring_from_file(file)
    file.chmod(0o640)
    with pytest.raises(PermissionError, match="can be read by others"):
        keyring_from_file(file)
