from datetime import timedelta
from pathlib import Path

import pytest

from kameng.aftersales.case import CaseRules
from kameng.payment.request import RefundRules
from kameng.resubmission.resubmission import ResubmissionRules
from kameng.risk.guard import GuardRules
from kameng.settings import VARIABLES, SettingWrong, settings_from


def test_nothing_set_is_a_shop_on_this_machine() -> None:
    settings = settings_from({})
    assert settings.database_url is None
    assert settings.public_url == "http://localhost:8000"
    assert settings.checkout.pay_within == timedelta(minutes=15)
    assert settings.key_file == Path("var/keys")


def test_rules_that_nobody_sets_are_those_of_the_rooms_they_belong_to() -> None:
    settings = settings_from({})
    assert settings.resubmission == ResubmissionRules()
    assert settings.cases == CaseRules()
    assert settings.refunds == RefundRules()
    assert settings.guard == GuardRules()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("KAMENG_PORT", "0"),
        ("KAMENG_PORT", "x"),
        ("KAMENG_PUBLIC_URL", "example.org"),
        ("KAMENG_PUBLIC_URL", "https://shop.example.com/path"),
        ("KAMENG_KEYS", "k1:short"),
        ("KAMENG_PAY_WITHIN_MINUTES", "0"),
        ("KAMENG_TRUSTED_PROXIES", "proxy"),
        ("KAMENG_LOG_LEVEL", "loud"),
        ("KAMENG_PROT", "8000"),
    ],
)
def test_what_can_not_be_used_is_named_and_its_value_is_not(name: str, text: str) -> None:
    with pytest.raises(SettingWrong) as refused:
        settings_from({name: text})
    assert refused.value.name == name
    assert str(refused.value).startswith(f"{name}: ")
    if len(text) > 4:
        assert text not in str(refused.value)


def test_every_variable_has_a_meaning_and_a_default_that_can_be_read() -> None:
    for variable in VARIABLES:
        assert variable.meaning
        variable.read(variable.default)


def test_settings_do_not_show_secrets() -> None:
    settings = settings_from({"KAMENG_DATABASE_URL": "postgresql://u:hush@h/d", "KAMENG_METRICS_TOKEN": "hush"})
    assert "hush" not in repr(settings)


def test_the_key_file_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    settings = settings_from({"KAMENG_DATA": str(tmp_path / "data")})
    assert settings.keyring().current == settings.keyring().current
    assert settings.key_file.stat().st_mode & 0o077 == 0
