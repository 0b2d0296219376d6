"""What people type into a configuration: read as meant, or refused by name."""

import pytest

from kameng.adapters.addresses import folder, is_safe
from kameng.adapters.options import Option, read_options
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words

OPTIONS = (
    Option("base_url", Words("地址")),
    Option("query_url", Words("查询地址"), default=""),
    Option("userid", Words("商户号"), form="[0-9]+"),
    Option("mode", Words("方式"), default="on", choices={"on": Words("开"), "off": Words("关")}),
)
GOOD = {"base_url": "https://a.example/x/yrapi.php", "userid": " 10001 "}


def test_values_are_stripped_filled_in_and_addresses_end_in_a_slash() -> None:
    assert read_options(OPTIONS, GOOD) == {
        "base_url": "https://a.example/x/",
        "query_url": "",
        "userid": "10001",
        "mode": "on",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", ""),
        ("base_url", "http://a.example/"),
        ("base_url", "ftp://a.example/"),
        ("base_url", "https://user:pw@a.example/"),
        ("base_url", "https://a.example/?key=1"),
        ("base_url", "https://[::1"),
        ("query_url", "javascript:alert(1)"),
        ("userid", "1000l"),
        ("userid", ""),
        ("mode", "maybe"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_options(OPTIONS, {**GOOD, name: value})
    assert list(refused.value.fields) == [name]


def test_only_private_networks_do_without_tls() -> None:
    assert is_safe("http://127.0.0.1:8089/")
    assert is_safe("http://192.168.1.2/")
    assert is_safe("http://localhost/")
    assert not is_safe("http://8.8.8.8/")
    assert not is_safe("http://localhost.example/")
    assert folder("https://a.example/pay/submit.php") == "https://a.example/pay/"
