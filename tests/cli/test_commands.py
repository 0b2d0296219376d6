"""The command line against a real database, as the one who runs the shop uses it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kameng.cli import main
from kameng.kernel.crypto import keyring_from_file
from tests.builders.command_line import Kameng, read

CODES = ["CODE-0001", "CODE-0002", "CODE-0002", "CODE-0003"]


@pytest.fixture
def codes_file(tmp_path: Path) -> Path:
    file = tmp_path / "codes.txt"
    file.write_text("\n".join(CODES))
    return file


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])

    assert result.exit_code == 0
    assert len(result.output.splitlines()) >= 5


def test_a_wrong_setting_is_named_and_its_value_is_not(database_url: str) -> None:
    environment = {"KAMENG_DATABASE_URL": database_url, "KAMENG_PORT": "eighty"}
    result = CliRunner().invoke(main, ["doctor"], env=environment)

    assert result.exit_code == 1
    assert "KAMENG_PORT" in result.output
    assert "eighty" not in result.output


@pytest.mark.parametrize("command", ["web", "worker"])
def test_a_single_process_says_that_it_needs_a_database(command: str, folder: Path) -> None:
    result = CliRunner().invoke(main, [command], env={"KAMENG_DATA": str(folder), "KAMENG_DATABASE_URL": ""})

    assert result.exit_code == 1
    assert "KAMENG_DATABASE_URL" in result.output


def test_migrating_twice_is_migrating_once(kameng: Kameng) -> None:
    assert kameng("migrate").exit_code == 0
    assert kameng("migrate").exit_code == 0


def test_staff_are_added_once_and_with_a_password_worth_the_name(kameng: Kameng, database_url: str) -> None:
    good = "correct-horse-battery\n" * 2

    assert kameng("staff", "add", "lin", "--role", "owner", typed=good).exit_code == 0
    again = kameng("staff", "add", "lin", "--role", "finance", typed=good)
    weak = kameng("staff", "add", "wang", "--role", "finance", typed="short\nshort\n")

    assert (again.exit_code, weak.exit_code) == (1, 1)
    assert "password" in weak.output
    assert read(database_url, "SELECT login, role FROM staff") == [("lin", "owner")]


def test_a_new_password_is_shown_once_and_kept_as_a_hash(kameng: Kameng, database_url: str) -> None:
    kameng("staff", "add", "lin", "--role", "owner", typed="correct-horse-battery\n" * 2)
    result = kameng("staff", "reset-password", "lin")
    password = result.output.split()[-1]

    assert result.exit_code == 0
    [(kept,)] = read(database_url, "SELECT password_hash FROM staff")
    assert str(kept).startswith("$argon2id$")
    assert password not in str(kept)


def test_a_gateway_is_added_changed_and_listed_without_its_key(kameng: Kameng, database_url: str) -> None:
    add = ["gateway", "add", "main", "--name", "主渠道", "--method", "alipay", "--secret", "key"]
    options = ["--set", "base_url=https://pay.example.com/", "--set", "pid=1001"]

    assert kameng(*add, *options, typed="s3cret-key\n").exit_code == 0
    assert kameng(*add, *options, "--method", "wxpay", typed="s3cret-key\n").exit_code == 0
    listed = kameng("gateway", "list")

    assert "main" in listed.output
    assert "alipay,wxpay" in listed.output
    assert "s3cret-key" not in listed.output
    assert read(database_url, "SELECT position('s3cret-key'::bytea in config_sealed) FROM gateways") == [(0,)]


def test_a_gateway_that_lacks_something_is_refused_by_name(kameng: Kameng, database_url: str) -> None:
    result = kameng("gateway", "add", "main", "--name", "主渠道", "--method", "alipay", "--set", "pid=1001")

    assert result.exit_code == 1
    assert "base_url" in result.output
    assert read(database_url, "SELECT code FROM gateways") == []


def test_a_dry_run_says_what_would_happen_and_does_nothing(
    kameng: Kameng, sku_id: int, codes_file: Path, database_url: str
) -> None:
    result = kameng("stock", "import", str(sku_id), str(codes_file), "--dry-run")

    assert result.exit_code == 0
    assert "4 lines: 3 can be imported, 1 can't." in result.output
    assert "line 3" in result.output
    assert "CODE-0002" not in result.output
    assert read(database_url, "SELECT id FROM cards") == []


def test_codes_are_imported_listed_and_never_twice(kameng: Kameng, sku_id: int, codes_file: Path) -> None:
    first = kameng("stock", "import", str(sku_id), str(codes_file))
    second = kameng("stock", "import", str(sku_id), str(codes_file))
    listed = kameng("stock", "list")

    assert "3 imported, 1 refused (imported)" in first.output
    assert "0 imported, 4 refused (imported)" in second.output
    assert "available 3" in listed.output


def test_importing_into_nothing_is_refused(kameng: Kameng, codes_file: Path) -> None:
    result = kameng("stock", "import", "99", str(codes_file))

    assert result.exit_code == 1
    assert "没有这个面值" in result.output


def test_batches_move_to_a_new_key(
    kameng: Kameng, sku_id: int, codes_file: Path, folder: Path, database_url: str
) -> None:
    kameng("stock", "import", str(sku_id), str(codes_file))
    old = keyring_from_file(folder / "keys").current

    assert kameng("keys", "add").exit_code == 0
    rotated = kameng("keys", "rotate")

    new = keyring_from_file(folder / "keys")
    assert new.first == old
    assert new.current != old
    assert f"1 batches wrapped under key {new.current}" in rotated.output
    assert read(database_url, "SELECT key_id FROM card_batches") == [(new.current,)]


def test_the_doctor_finds_nothing_in_a_sound_shop(kameng: Kameng, sku_id: int, codes_file: Path) -> None:
    kameng("stock", "import", str(sku_id), str(codes_file))
    result = kameng("doctor")

    assert result.exit_code == 0
    assert result.output.startswith("✓")


def test_the_doctor_ends_with_one_when_a_card_is_astray(
    kameng: Kameng, sku_id: int, codes_file: Path, database_url: str
) -> None:
    kameng("stock", "import", str(sku_id), str(codes_file))
    read(
        database_url,
        "WITH o AS (INSERT INTO orders (id, site_id, sku_id, sku_version_id, state, quantity, unit_price_fen,"
        " amount_fen, contact_kind, contact_sealed, contact_index, second_factor, terms_accepted_at, placed_at,"
        " pay_until, changed_at) VALUES (261122143055123456, 1, 1, 1, 'cancelled', 1, 1, 1, 'phone', '', '', '',"
        " now(), now(), now(), now()) RETURNING id)"
        " UPDATE cards SET state = 'sold', order_id = 261122143055123456 WHERE id IN (SELECT min(id) FROM cards)",
    )
    result = kameng("doctor")

    assert result.exit_code == 1
    assert "cards_astray" in result.output
