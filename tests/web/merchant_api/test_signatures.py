"""A request opens nothing unless it is signed, timely, new, from the right place and by the right key."""

import json
from datetime import timedelta

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.kernel.crypto import Keyring
from kameng.merchants.add_merchant import MerchantDraft, add_merchant
from kameng.merchants.issue_key import issue_key, withdraw_key
from kameng.merchants.merchant import Caller, Scope
from tests.builders.merchant import CONTACT, a_merchant
from tests.web.merchant_api.programs import API, Program
from tests.web.shopfront import Shopfront

pytestmark = pytest.mark.anyio

TARGET = API + "/orders"


def body(shopfront: Shopfront) -> bytes:
    return json.dumps({"out_order_no": "M1", "sku": shopfront.sku_id}).encode()


async def refused(program: Program, shopfront: Shopfront, raw: bytes, headers: dict[str, str]) -> str:
    """The code; and nothing was ordered."""
    answer = await program.send("POST", TARGET, raw, headers)
    assert answer.status_code in (401, 403, 429), answer.text
    assert await shopfront.count("orders") == 0
    code: str = answer.json()["code"]
    return code


async def test_nothing_is_told_without_a_signature(program: Program, shopfront: Shopfront) -> None:
    for header in ("", "Bearer x", "KM1-HMAC-SHA256 key=1"):
        headers = {"authorization": header, "content-type": "application/json"}
        assert await refused(program, shopfront, body(shopfront), headers) == "signature_missing"
    for path in ("/products", "/balance", "/orders/1", "/orders?out_order_no=1", "/skus/1"):
        assert (await program.client.get(API + path)).status_code == 401
    assert (await program.client.post(TARGET, content=b"not even JSON")).status_code == 401


async def test_a_signature_is_good_for_its_own_request_alone(program: Program, shopfront: Shopfront) -> None:
    raw = body(shopfront)
    for method, target, signed in (
        ("GET", TARGET, raw),
        ("POST", TARGET + "?x=1", raw),
        ("POST", API + "/orders/lookup", raw),
        ("POST", TARGET, raw + b" "),
        ("POST", TARGET, b""),
    ):
        headers = program.signed(method, target, signed)
        assert await refused(program, shopfront, raw, headers) == "invalid_signature"


async def test_a_request_is_good_once(program: Program, shopfront: Shopfront, clock: VirtualClock) -> None:
    raw = b'{"order_nos": []}'
    target = API + "/orders/lookup"
    headers = program.signed("POST", target, raw)
    assert (await program.send("POST", target, raw, headers)).status_code == 200
    again = await program.send("POST", target, raw, headers)
    assert (again.status_code, again.json()["code"]) == (401, "nonce_used")
    clock.go_on(timedelta(seconds=299))
    assert (await program.send("POST", target, raw, headers)).json()["code"] == "nonce_used"


@pytest.mark.parametrize("seconds", [301, -301])
async def test_an_old_request_and_one_from_the_future_are_refused(
    program: Program, shopfront: Shopfront, clock: VirtualClock, seconds: int
) -> None:
    program.clock = VirtualClock(clock.now() + timedelta(seconds=seconds))
    headers = program.signed("POST", TARGET, body(shopfront))
    assert await refused(program, shopfront, body(shopfront), headers) == "signature_stale"


async def test_a_foreign_key_opens_nothing(program: Program, shopfront: Shopfront, keyring: Keyring) -> None:
    other = await a_merchant(shopfront.db, keyring, code="other")
    raw = body(shopfront)
    mixed = Program(program.client, program.clock, Caller(other.merchant, other.key, program.caller.secret))
    assert await refused(program, shopfront, raw, mixed.signed("POST", TARGET, raw)) == "invalid_signature"
    headers = program.signed("POST", TARGET, raw)
    headers["authorization"] = headers["authorization"].replace(program.caller.key.id, "1234567890")
    assert await refused(program, shopfront, raw, headers) == "invalid_key"


async def test_keys_open_what_they_were_issued_for(program: Program, shopfront: Shopfront, keyring: Keyring) -> None:
    reader = await a_merchant(shopfront.db, keyring, code="reader", scopes=[Scope.CATALOGUE])
    reading = Program(program.client, program.clock, reader)
    assert (await reading.get("/products")).status_code == 200
    assert (await reading.get("/balance")).json()["code"] == "scope_missing"
    raw = body(shopfront)
    assert await refused(program, shopfront, raw, reading.signed("POST", TARGET, raw)) == "scope_missing"
    docked = await a_merchant(shopfront.db, keyring, code="docked", scopes=[Scope.ACGFAKA, Scope.DUJIAO])
    docking = Program(program.client, program.clock, docked)
    assert await refused(program, shopfront, raw, docking.signed("POST", TARGET, raw)) == "scope_missing"


async def test_withdrawn_disabled_and_from_elsewhere(program: Program, shopfront: Shopfront, keyring: Keyring) -> None:
    raw = body(shopfront)
    async with shopfront.db.transaction() as tx:
        far = await issue_key(tx, keyring, merchant_id=program.caller.merchant.id, networks=["203.0.113.0/24"])
        await withdraw_key(tx, program.caller.key.id)
    assert await refused(program, shopfront, raw, program.signed("POST", TARGET, raw)) == "invalid_key"
    key = program.caller.key
    elsewhere = Caller(program.caller.merchant, type(key)(far.id, 1, frozenset(), (), True, ()), far.secret)
    program.caller = elsewhere
    assert await refused(program, shopfront, raw, program.signed("POST", TARGET, raw)) == "address_not_allowed"
    async with shopfront.db.transaction() as tx:
        await add_merchant(tx, keyring, MerchantDraft("mengyu", "x", CONTACT, enabled=False))
    assert await refused(program, shopfront, raw, program.signed("POST", TARGET, raw)) == "merchant_disabled"


async def test_the_sites_own_path_is_a_part_of_what_is_signed(program: Program) -> None:
    target = f"/s/wanbao{API}/balance"
    answer = await program.client.get(target, headers=program.signed("GET", target, b""))
    assert answer.status_code == 200
    short = program.signed("GET", f"{API}/balance", b"")
    assert (await program.client.get(target, headers=short)).json()["code"] == "invalid_signature"


async def test_a_key_that_calls_too_often_has_to_wait(program: Program, shopfront: Shopfront) -> None:
    shopfront.app.state.pace._most = 3
    for _ in range(3):
        assert (await program.get("/balance")).status_code == 200
    answer = await program.get("/balance")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert int(answer.headers["retry-after"]) > 0
