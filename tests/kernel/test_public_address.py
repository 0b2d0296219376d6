from ipaddress import ip_address, ip_network

import pytest

from kameng.kernel.public_address import may_be_called


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_everybody_can_reach_may_be_called(text: str) -> None:
    assert may_be_called(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
    ],
)  # fmt: skip
def test_nothing_inside_may_be_called(text: str) -> None:
    assert not may_be_called(ip_address(text))


def test_a_network_of_ours_may_be_opened_and_no_other_with_it() -> None:
    reachable = [ip_network("127.0.0.0/8")]
    assert may_be_called(ip_address("127.0.0.1"), reachable)
    assert may_be_called(ip_address("::ffff:127.0.0.1"), reachable)
    assert not may_be_called(ip_address("10.0.0.1"), reachable)
    assert not may_be_called(ip_address("::1"), reachable)
