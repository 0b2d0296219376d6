"""A channel's configuration: what is taken, and what is said about the rest."""

import pytest

from kameng.adapters.gateways.epay_config import OPTIONS, EpayConfig
from kameng.kernel.errors import InvalidInput

GOOD = {"base_url": "https://pay.example.com/", "pid": "1001", "key": "K3Y"}


def test_three_fields_are_enough() -> None:
    config = EpayConfig.read(GOOD)
    assert (config.base_url, config.pid, config.key) == ("https://pay.example.com/", "1001", "K3Y")
    assert (config.start_by, config.sign_with, config.refund_done_code) == ("mapi", "key", "1")


def test_the_key_is_not_in_its_repr() -> None:
    assert "K3Y" not in repr(EpayConfig.read(GOOD))


def test_every_option_reaches_the_configuration() -> None:
    other = {"start_by": "submit", "sign_with": "&key=", "refund_done_code": "0"}
    config = EpayConfig.read(GOOD | other)
    assert {option.name: getattr(config, option.name) for option in OPTIONS} == GOOD | other


def test_only_the_key_is_secret() -> None:
    assert [option.name for option in OPTIONS if option.secret] == ["key"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://pay.example.com", "https://pay.example.com/"),
        (" https://pay.example.com/xpay/epay ", "https://pay.example.com/xpay/epay/"),
        ("https://pay.example.com/submit.php", "https://pay.example.com/"),
        ("http://127.0.0.1:8003/", "http://127.0.0.1:8003/"),
        ("http://[::1]:8003", "http://[::1]:8003/"),
        ("http://localhost:8003/mapi.php", "http://localhost:8003/"),
        ("http://10.0.0.7/", "http://10.0.0.7/"),
    ],
)
def test_an_address_is_understood(typed: str, meant: str) -> None:
    assert EpayConfig.read(GOOD | {"base_url": typed}).base_url == meant


@pytest.mark.parametrize(
    "url",
    [
        "http://pay.example.com/",
        "http://8.8.8.8/",
        "ftp://pay.example.com/",
        "pay.example.com",
        "https://",
        "https://pay.example.com/?a=b",
        "https://me:pw@pay.example.com/",
        "https://pay.example.com:x/",
        "https://支付.example.com/",
        "https://pay.exa mple.com/\n",
        "https://[bad/",
    ],
)
def test_an_address_that_could_give_the_key_away_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        EpayConfig.read(GOOD | {"base_url": url})
    assert list(refusal.value.fields) == ["base_url"]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        EpayConfig.read({"pid": "10 01", "start_by": "guess", "refund_done_code": "2", "sign_with": ""})
    assert set(refusal.value.fields) == {"base_url", "pid", "key", "start_by", "refund_done_code"}
