"""Scanners spend budgets; owners hardly notice."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from altcha import v1 as altcha

from kameng.kernel.database import Database, open_pool
from kameng.kernel.errors import Refusal
from kameng.orders.number import OrderId, printed
from kameng.risk.proof_of_work import Challenge, new_challenge
from kameng.tracking import lookup as lookup_module
from kameng.tracking.access import Access
from kameng.tracking.guarded import ProofNeeded, SlowDown
from kameng.tracking.lookup import Found, LookupAsk, LookupMissed, WholeContactNeeded, lookup
from kameng.tracking.reveal import RevealAsk, reveal
from tests.builders.shop import ADDRESS, PHONE, Shop, a_paid_order, a_stocked_sku

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def misses_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_module, "MISS_TAKES", timedelta(0))


@pytest.fixture
async def order_id(shop: Shop) -> OrderId:
    return (await a_paid_order(shop, await a_stocked_sku(shop))).order_id


async def look(
    shop: Shop, typed: OrderId, factor: str = "1234", *, address: str = ADDRESS, proof: str | None = None
) -> Found:
    ask = LookupAsk(printed(typed), factor, address, proof)
    return await lookup(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)


async def said(shop: Shop, typed: OrderId, factor: str, *, address: str = ADDRESS, proof: str | None = None) -> str:
    try:
        await look(shop, typed, factor, address=address, proof=proof)
    except Refusal as refusal:
        return refusal.code
    return "found"


def solve(challenge: Challenge) -> str:
    solution = altcha.solve_challenge(challenge.challenge, challenge.salt, "SHA-256", challenge.maxnumber)
    assert solution is not None
    fields = {name: getattr(challenge, name) for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps(fields | {"number": solution.number}).encode()).decode()


def fresh_proof(shop: Shop) -> str:
    return solve(new_challenge(shop.keyring, shop.clock.now()))


def stranger(order_id: OrderId, number: int) -> OrderId:
    """Another number of the same second; `number` from 1 to 999999."""
    second, digits = divmod(order_id, 10**6)
    return OrderId(second * 10**6 + (digits + number) % 10**6)


def home(number: int) -> str:
    return f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"


async def test_after_a_few_misses_an_address_must_prove_itself(shop: Shop, order_id: OrderId) -> None:
    answers = [await said(shop, stranger(order_id, n), "1234") for n in range(1, 7)]
    assert answers == ["lookup_missed"] * shop.guard.address_proof_after + ["proof_needed"]
    assert await said(shop, order_id, "1234") == "proof_needed"
    assert await said(shop, order_id, "1234", address="198.51.100.1") == "found"
    shop.clock.go_on(shop.guard.window)
    assert await said(shop, order_id, "1234") == "found"


async def test_a_proof_opens_once(shop: Shop, order_id: OrderId) -> None:
    for _ in range(shop.guard.order_proof_after):
        await said(shop, order_id, "9999")
    with pytest.raises(ProofNeeded) as refusal:
        await look(shop, order_id)
    proof = solve(refusal.value.challenge)
    assert (await look(shop, order_id, proof=proof)).view.order_id == order_id
    assert await said(shop, order_id, "1234", proof=proof) == "proof_needed"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda fields: fields | {"number": fields["number"] + 1},
        lambda fields: fields | {"signature": "0" * 64},
        lambda fields: fields | {"salt": "salt?expires=9999999999"},
        lambda _fields: {"number": 1},
        lambda _fields: "proof",
    ],
)
async def test_a_spoilt_proof_is_none(
    shop: Shop, order_id: OrderId, spoil: Callable[[dict[str, object]], object]
) -> None:
    for _ in range(shop.guard.order_proof_after):
        await said(shop, order_id, "9999")
    good = json.loads(base64.b64decode(fresh_proof(shop)))
    spoilt = base64.b64encode(json.dumps(spoil(good)).encode()).decode()
    assert await said(shop, order_id, "1234", proof=spoilt) == "proof_needed"
    assert await said(shop, order_id, "1234", proof="not base64") == "proof_needed"
    assert await shop.rows("SELECT digest FROM spent_proofs") == []


async def test_a_proof_ends_after_five_minutes(shop: Shop, order_id: OrderId) -> None:
    for _ in range(shop.guard.order_proof_after):
        await said(shop, order_id, "9999")
    proof = fresh_proof(shop)
    shop.clock.go_on(timedelta(minutes=5))
    assert await said(shop, order_id, "1234", proof=proof) == "proof_needed"


async def test_an_address_that_goes_on_has_to_wait(shop: Shop, order_id: OrderId) -> None:
    for n in range(shop.guard.address_waits_after):
        proof = fresh_proof(shop) if n >= shop.guard.address_proof_after else None
        assert await said(shop, stranger(order_id, n + 1), "1234", proof=proof) == "lookup_missed"
    with pytest.raises(SlowDown) as refusal:
        await look(shop, order_id, proof=fresh_proof(shop))
    assert 0 < refusal.value.retry_after_s <= shop.guard.window.total_seconds()
    assert await shop.alarms() == ["lookup_scanning"]
    shop.clock.go_on(timedelta(seconds=refusal.value.retry_after_s + 1))
    assert await said(shop, order_id, "1234") == "found"


async def test_an_order_tried_too_often_opens_to_its_whole_contact_only(shop: Shop, order_id: OrderId) -> None:
    for n in range(shop.guard.order_whole_contact_after):
        proof = fresh_proof(shop) if n >= shop.guard.order_proof_after else None
        assert await said(shop, order_id, f"{n:04d}", address=home(n), proof=proof) == "lookup_missed"

    with pytest.raises(WholeContactNeeded) as refusal:
        await look(shop, order_id, proof=fresh_proof(shop))
    assert list(refusal.value.fields) == ["second_factor"]
    assert (await look(shop, order_id, PHONE, proof=fresh_proof(shop))).access is Access.OWNER
    shop.clock.go_on(timedelta(days=1))
    assert await said(shop, order_id, "1234") == "found"


async def test_processes_share_the_budgets(shop: Shop, order_id: OrderId, database_url: str) -> None:
    pools = [await open_pool(database_url, size=2) for _ in range(3)]
    answers: Counter[str] = Counter()
    for n in range(9):
        other = Database(pools[n % 3], following=shop.db.following, clock=shop.clock)
        ask = LookupAsk(printed(stranger(order_id, n + 1)), "9999", ADDRESS)
        with pytest.raises(Refusal) as refusal:
            await lookup(db=other, keyring=shop.keyring, rules=shop.guard, ask=ask)
        answers[refusal.value.code] += 1
    for pool in pools:
        await pool.close()
    assert answers == {"lookup_missed": shop.guard.address_proof_after, "proof_needed": 4}


async def test_a_thousand_tries_at_once_are_not_a_thousand_tries(shop: Shop, order_id: OrderId) -> None:
    """Few more get through than there are connections to look with."""
    tries = [said(shop, order_id, f"{n:04d}", address=home(n)) for n in range(2000, 3000)]
    answers = Counter(await asyncio.gather(*tries))
    assert answers["found"] == 0
    assert answers["lookup_missed"] <= shop.guard.order_proof_after + shop.db.pool.get_size()
    assert answers["proof_needed"] + answers["lookup_missed"] == 1000


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_ten_thousand_tails_find_nothing_and_ring_the_bell(shop: Shop, order_id: OrderId) -> None:
    """One order, all its possible tails, from as many addresses as there are tails."""
    answers: Counter[str] = Counter()
    for first in range(0, 10_000, 500):
        tries = [said(shop, order_id, f"{n:04d}", address=home(n // 20)) for n in range(first, first + 500)]
        answers.update(await asyncio.gather(*tries))
    assert answers["found"] == 0
    assert sum(answers.values()) == 10_000
    assert await said(shop, order_id, "1234", address=home(9999)) == "proof_needed"
    assert await shop.alarms() == ["lookup_scanning"]


async def test_a_scanner_who_never_proves_anything_is_told_of_as_well(shop: Shop, order_id: OrderId) -> None:
    answers = Counter([await said(shop, stranger(order_id, n), "1234") for n in range(1, 101)])
    assert answers == {"lookup_missed": shop.guard.address_proof_after, "proof_needed": 95}
    assert await shop.rows("SELECT kind, subject, times FROM alarms") == [
        {"kind": "lookup_scanning", "subject": f"address:{ADDRESS}", "times": 3}
    ]


@pytest.mark.timeout(300)
async def test_ten_thousand_numbers_find_nothing_and_ring_the_bell(shop: Shop, order_id: OrderId) -> None:
    """One tail, tried on ten thousand numbers from five hundred addresses."""
    answers: Counter[str] = Counter()
    for first in range(0, 10_000, 500):
        tries = [
            said(shop, stranger(order_id, n + 1), "1234", address=home(n % 500)) for n in range(first, first + 500)
        ]
        answers.update(await asyncio.gather(*tries))
    assert answers["found"] == 0
    assert answers["proof_needed"] > answers["lookup_missed"]
    assert await shop.alarms() == ["lookup_scanning"]
    assert answers["lookup_missed"] < shop.guard.global_proof_after + 20


async def test_reading_codes_is_guarded_by_the_same_budgets(shop: Shop, order_id: OrderId) -> None:
    answers = []
    for n in range(8):
        ask = RevealAsk(order_id, Access.VIEWER, ADDRESS, contact=f"139{n:08d}")
        with pytest.raises(Refusal) as refusal:
            await reveal(db=shop.db, keyring=shop.keyring, rules=shop.guard, ask=ask)
        answers.append(refusal.value.code)
    assert answers == ["invalid_input"] * shop.guard.order_proof_after + ["proof_needed"] * 5
    with pytest.raises(LookupMissed):
        await look(shop, stranger(order_id, 1))
