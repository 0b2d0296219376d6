from datetime import UTC, datetime, timedelta

import pytest

from kameng.kernel.km1 import Signed, authorization, signature

NOW = datetime(2026, 11, 22, 6, 30, 55, tzinfo=UTC)
BODY = b'{"sku":"QB-10","qty":1,"out_order_no":"M202611220001","account":"10001"}'


def test_the_worked_example() -> None:
    assert (
        signature(
            "sk_test_4f3a",
            method="POST",
            target="/v1/orders?dry_run=0",
            ts=1795300000,
            nonce="b1946ac92492d2347c6235b4d2611184",
            body=BODY,
        )
        == "ef5a6627251a145264b864ad958ce3e14ba827b0d3c9d225e00a922270d5c0bb"
    )


def test_a_header_proves_exactly_its_own_request() -> None:
    header = authorization("1234567890", "secret", method="POST", target="/a?b=c", body=BODY, now=NOW)
    signed = Signed.read(header)
    assert signed is not None
    right = {"method": "POST", "target": "/a?b=c", "body": BODY}
    assert signed.is_of("secret", **right)  # type: ignore[arg-type]
    for changed in ({"method": "GET"}, {"target": "/a?b=d"}, {"target": "/a"}, {"body": b""}):
        assert not signed.is_of("secret", **{**right, **changed})  # type: ignore[arg-type]
    assert not signed.is_of("another", **right)  # type: ignore[arg-type]


def test_two_headers_never_share_a_nonce() -> None:
    headers = {authorization("1", "s", method="GET", target="/", body=b"", now=NOW) for _ in range(20)}
    assert len(headers) == 20


@pytest.mark.parametrize(("seconds", "timely"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_old_and_future_requests_are_not_timely(seconds: int, timely: bool) -> None:
    signed = Signed.read(authorization("1", "s", method="GET", target="/", body=b"", now=NOW))
    assert signed is not None
    assert signed.is_timely(NOW + timedelta(seconds=seconds)) is timely


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer x",
        "KM1-HMAC-SHA256",
        "KM1-HMAC-SHA256 key=1,ts=1,nonce=short,sig=" + "0" * 64,
        "KM1-HMAC-SHA256 key=1,ts=x,nonce=12345678,sig=" + "0" * 64,
        "KM1-HMAC-SHA256 key=1,ts=1,nonce=12345678,sig=" + "0" * 63,
        "KM1-HMAC-SHA256 key=1,ts=1,nonce=12345678,sig=" + "A" * 64,
        "KM1-HMAC-SHA256 key=1,ts=1,nonce=12345678,sig=" + "0" * 64 + ",more=1",
        "KM1-HMAC-SHA256 key=١,ts=1,nonce=12345678,sig=" + "0" * 64,
    ],
)
def test_anything_else_is_no_signature(header: str) -> None:
    assert Signed.read(header) is None


def test_blanks_after_commas_are_fine() -> None:
    header = "KM1-HMAC-SHA256 key=1, ts=1, nonce=12345678, sig=" + "0" * 64
    assert Signed.read(header) == Signed("1", 1, "12345678", "0" * 64)
