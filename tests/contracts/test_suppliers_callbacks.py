"""Callbacks: the genuine are read, the forged, changed and foreign change nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest

from kameng.supply.answer import Accepted, Delivered, Failed, Partly
from kameng.supply.supplier import CallbackTrust, Forged, Post
from kameng.web.sandbox.suppliers.wares import Ending, State
from tests.contracts.suppliers.choosing import for_entries, with_each
from tests.contracts.suppliers.entry import NUMBER, Contract, Entry, with_body

pytestmark = pytest.mark.anyio


def calls_back(entry: Entry) -> bool:
    return entry.calls_back


async def ended(contract: Contract, ending: Ending | None = None, *, number: str = NUMBER) -> Post:
    """The callback about an order that was placed and has ended."""
    assert isinstance(await contract.supplier.place(contract.ask(number=number)), Accepted)
    contract.settle(ending, number=number)
    return await contract.called_back(number)


@for_entries(calls_back)
@pytest.mark.parametrize("state", [State.DELIVERED, State.FAILED])
async def test_a_genuine_callback_is_read(contract: Contract, state: State) -> None:
    post = await ended(contract, Ending(state))
    callback = contract.supplier.read_callback(post)
    assert callback.number in {NUMBER, None}
    assert callback.supplier_no in {contract.purchase().supplier_no, None}
    assert callback.number or callback.supplier_no
    expected = Delivered if state is State.DELIVERED else Failed
    if contract.supplier.abilities.callback is CallbackTrust.FINAL:
        assert isinstance(callback.says, expected)
    else:
        assert callback.says is None or isinstance(callback.says, expected)
    assert contract.room.courier.tally.acknowledged == 1


@for_entries(lambda entry: entry.calls_back and entry.codes)
async def test_codes_in_a_callback_are_those_handed_out_or_none(contract: Contract) -> None:
    ask = contract.ask(contract.entry.codes)
    await contract.supplier.place(ask)
    contract.settle()
    callback = contract.supplier.read_callback(await contract.called_back())
    told = callback.says.codes if isinstance(callback.says, Delivered) else ()
    books = contract.codes()
    if contract.supplier.abilities.callback is CallbackTrust.FINAL:
        assert [code.password for code in told] in ([row["password"] for row in books], [])
    else:
        assert told == ()


@for_entries(lambda entry: entry.calls_back and entry.has_partly and entry.top_up and entry.top_up.face_fen)
async def test_a_part_is_never_told_as_the_whole(contract: Contract) -> None:
    callback = contract.supplier.read_callback(await ended(contract, Ending(State.PARTLY, delivered=30_00)))
    assert callback.says is None or isinstance(callback.says, Partly | Accepted)


@for_entries(calls_back)
async def test_a_callback_said_again_says_the_same(contract: Contract) -> None:
    post = await ended(contract)
    assert contract.supplier.read_callback(post) == contract.supplier.read_callback(post)


@for_entries(calls_back)
async def test_a_callback_about_another_order_names_that_order(contract: Contract) -> None:
    post = await ended(contract, number="K9-1")
    assert contract.supplier.read_callback(post).number in {"K9-1", None}
    assert contract.supplier.read_callback(post).supplier_no in {contract.purchase("K9-1").supplier_no, None}


@with_each(lambda entry: (entry.signing or entry.secrets) if entry.calls_back else (), "secret")
async def test_signed_with_another_key_it_is_forged(contract: Contract, secret: str) -> None:
    await ended(contract)
    errand = contract.room.errand(contract.purchase(), credentials={secret: contract.entry.credentials[secret][::-1]})
    assert errand
    await contract.room.courier.ask(errand)
    with pytest.raises(Forged):
        contract.supplier.read_callback(await contract.called_back())


@for_entries(lambda entry: entry.calls_back and entry.owner)
async def test_meant_for_another_account_it_is_forged(contract: Contract) -> None:
    await ended(contract)
    owner = contract.entry.owner or ""
    errand = contract.room.errand(contract.purchase(), credentials={owner: "77777"})
    assert errand
    await contract.room.courier.ask(errand)
    with pytest.raises(Forged):
        contract.supplier.read_callback(await contract.called_back())


@for_entries(calls_back)
async def test_nothing_that_is_signed_can_be_changed(contract: Contract) -> None:
    genuine = await ended(contract)
    contract.supplier.read_callback(genuine)
    changed = list(changes(genuine, unsigned=contract.entry.unsigned))
    assert len(changed) >= 4
    for what, post in changed:
        with pytest.raises(Forged):
            contract.supplier.read_callback(post)
            pytest.fail(f"{what} was changed and nobody noticed")
    for name in contract.entry.signed_headers:
        for headers in ({**genuine.headers, name: "1" + genuine.headers[name]}, without(genuine.headers, name)):
            with pytest.raises(Forged):
                contract.supplier.read_callback(replace(genuine, headers=headers))


@for_entries(lambda entry: entry.calls_back and entry.unsigned)
async def test_what_is_not_signed_is_not_believed(contract: Contract) -> None:
    genuine = await ended(contract)
    read = contract.supplier.read_callback(genuine)
    for _, post in changes(genuine, only=contract.entry.unsigned):
        assert contract.supplier.read_callback(post) == read


GARBAGE = [b"", b"{}", b"[]", b"null", b"\xff\xfe\x00", b"a" * 100_000, b'{"sign":' + b"[" * 10_000, b"sign=&sign=%ff"]


@for_entries(calls_back)
@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_is_forged_and_breaks_nothing(contract: Contract, body: bytes) -> None:
    with pytest.raises(Forged):
        contract.supplier.read_callback(Post({}, {}, body))
    signed = dict.fromkeys(contract.entry.signed_headers, "é�")
    with pytest.raises(Forged):
        contract.supplier.read_callback(Post({"sign": "\udcff"}, signed, body))


def without(fields: dict[str, str] | object, name: str) -> dict[str, str]:
    assert isinstance(fields, dict)
    return {key: value for key, value in fields.items() if key != name}


def changes(
    post: Post, *, unsigned: frozenset[str] = frozenset(), only: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Post]]:
    """The post with each of its fields changed, and left out, and one field more."""
    as_json = post.body.startswith(b"{")
    fields = json.loads(post.body) if as_json else dict(parse_qsl(post.body.decode(), keep_blank_values=True))

    def written(changed: dict[str, object]) -> Post:
        text = json.dumps(changed, ensure_ascii=False) if as_json else urlencode(changed)
        return with_body(post, text.encode())

    for name, value in fields.items():
        if name in unsigned or (only and name not in only):
            continue
        yield name, written({**fields, name: other_than(value)})
        if value not in ("", None):
            yield f"{name} left out", written({key: kept for key, kept in fields.items() if key != name})
    if not only:
        yield "a field added", written({**fields, "zzz": "1"})


def other_than(value: object) -> object:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case list():
            return [*value, {"card_no": "1", "card_pwd": "2", "card_password": "2"}]
        case dict():
            return {**value, "zzz": "1"}
        case _:
            return f"{value}1"
