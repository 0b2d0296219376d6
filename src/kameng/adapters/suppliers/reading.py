"""Reading what suppliers say: JSON, amounts, catalogues. What can't be read is in doubt or unusable, never guessed."""

import json
import re
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from kameng.adapters.http import Answer
from kameng.kernel.errors import Outage
from kameng.supply.answer import InDoubt, Reason, Refused
from kameng.supply.goods import GOODS_MAX, Catalogue, Goods, Unusable
from kameng.supply.supplier import SupplyAsk

#: What a catalogue, or a page of one, may weigh.
PAGE_BYTES_MAX = 32 * 1024 * 1024
WORDS_MAX = 200
NAME_MAX = 200
#: A price above this (in fen, a million yuan) is taken for garbage.
PRICE_FEN_MAX = 100_000_000
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
# `<` alone may stand in a name ("<100 元"); a letter, a slash or a bang behind it makes it a tag.
_MARKUP = re.compile(r"<[A-Za-z/!?]|&(#\w+|[A-Za-z]+);|javascript:", re.IGNORECASE)
_ACCOUNT_LIKE = re.compile(r"[\w.+-]+@[\w.-]+|[0-9]{5,}")
_DIGITS = re.compile(r"[0-9]{1,12}")


def read_json(text: str) -> Any:
    """Numbers keep the digits they were written with, as texts. None for anything that is no JSON."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def read_object(text: str) -> dict[str, Any] | None:
    found = read_json(text)
    return found if isinstance(found, dict) else None


def read_list(text: str) -> list[Any] | None:
    found = read_json(text)
    return found if isinstance(found, list) else None


def compact(value: Any) -> str:
    """JSON in one line without blanks, Chinese and slashes as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def text_of(entry: object, name: str) -> str:
    """A text (or number) of an object without the blanks around it; "" for anything else, or none."""
    value = entry.get(name) if isinstance(entry, dict) else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""


def count_of(entry: object, name: str) -> int | None:
    """A whole number from 0; None for anything else, or none."""
    text = text_of(entry, name)
    return int(text) if _DIGITS.fullmatch(text) else None


def fen_up(value: object) -> int | None:
    """An amount in yuan as fen, rounded up: for what we pay. None for anything that is no amount of 0 or more."""
    return _fen(value, ROUND_CEILING)


def fen_down(value: object) -> int | None:
    """As `fen_up`, rounded down: for what we have or get back."""
    return _fen(value, ROUND_FLOOR)


def signed_fen_down(value: object) -> int | None:
    """As `fen_down` for balances, which may be below 0."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _AMOUNT.fullmatch(text):
        return None
    return int((Decimal(text) * 100).to_integral_value(ROUND_FLOOR))


def _fen(value: object, rounding: str) -> int | None:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _AMOUNT.fullmatch(text) or text.startswith("-"):
        return None
    return int((Decimal(text) * 100).to_integral_value(rounding))


class Unsent(InDoubt):
    """The request never left: whoever ordered knows that nothing was ordered (see `unplaced`)."""


async def asked(call: Awaitable[Answer], *, secret: str, more_secrets: Iterable[str] = ()) -> dict[str, Any] | InDoubt:
    """The JSON object a call was answered with. Secrets that come back in words are taken out of them."""
    try:
        answer = await call
    except Outage as outage:
        return Unsent(str(outage)) if outage.outcome_known else InDoubt(str(outage))
    said = None if 300 <= answer.status < 400 else read_object(answer.text)
    if said is not None:
        return said
    words = " ".join(answer.text.split())
    return InDoubt(f"HTTP {answer.status}, no JSON object: {redacted(words, secret, *more_secrets)}"[:WORDS_MAX])


def unplaced(said: InDoubt | Refused) -> InDoubt | Refused:
    """For orders: what never left is a known no, so that another supplier can be asked at once."""
    return Refused(Reason.OTHER, said.words) if isinstance(said, Unsent) else said


def unfit(ask: SupplyAsk, *, quantity_max: int, fields: frozenset[str] | None = None) -> Refused | None:
    """Why an order isn't even sent: too many pieces, further answers the platform has no name for (`fields` None: it
    takes any), or a guard so low that platforms would take it for none."""
    if not 1 <= ask.quantity <= quantity_max:
        return Refused(Reason.NOT_SUPPORTED, "too many at once")
    if fields is not None and not fields.issuperset(ask.fields):
        return Refused(Reason.NOT_SUPPORTED, "a field this platform doesn't know")
    return Refused(Reason.COSTS_TOO_MUCH, "nothing may be paid") if ask.cost_max_fen < ask.quantity else None


def redacted(words: str, *secrets: str) -> str:
    """What a supplier says may echo what it was sent (key, account, codes); it ends in a row and in a log."""
    for secret in secrets:
        if secret:
            words = words.replace(secret, "***")
    return words[:WORDS_MAX].strip()


def masked(words: str) -> str:
    """Words about an order, also where the account is not at hand: whatever looks like one is taken out."""
    return _ACCOUNT_LIKE.sub("***", words)[:WORDS_MAX].strip()


def catalogue_of(entries: Iterable[Goods | Unusable]) -> Catalogue | Refused:
    """Keeps the goods that can be sold, and says of each other one why not. More than GOODS_MAX is refused whole."""
    read = list(entries)
    if len(read) > GOODS_MAX:
        return Refused(Reason.NOT_SUPPORTED, f"more than {GOODS_MAX} goods")
    told = Counter(entry.number for entry in read if isinstance(entry, Goods))
    goods, unusable = [], []
    for entry in read:
        if isinstance(entry, Unusable):
            unusable.append(Unusable(entry.number[:NAME_MAX], entry.why))
        elif told[entry.number] > 1:
            unusable.append(Unusable(entry.number[:NAME_MAX], "the number stands for several goods"))
        elif why := wrong_with(entry):
            unusable.append(Unusable(entry.number[:NAME_MAX], why))
        else:
            goods.append(entry)
    return Catalogue(tuple(goods), tuple(unusable))


def wrong_with(goods: Goods) -> str | None:
    """Why goods that were read can't be taken all the same."""
    texts = (goods.number, goods.name, goods.category, *(ask.label for ask in goods.asks))
    faults = {
        "no number": not goods.number,
        "no name": not goods.name,
        "a price of nothing": goods.price_fen <= 0,
        "a price beyond belief": goods.price_fen > PRICE_FEN_MAX,
        "a text too long": any(len(text) > NAME_MAX for text in texts),
        "markup in a text": any(_MARKUP.search(text) for text in texts),
        "control characters in a text": any(not text.isprintable() for text in texts),
        "impossible limits": not 1 <= goods.quantity_min <= (goods.quantity_max or goods.quantity_min),
    }
    return next((why for why, is_so in faults.items() if is_so), None)


def goods_in(catalogue: Catalogue, number: str) -> Goods | Refused:
    """One of them. Refused(GOODS_GONE) when it isn't there, with the reason where it is but can't be taken."""
    for goods in catalogue.goods:
        if goods.number == number:
            return goods
    why = next((entry.why for entry in catalogue.unusable if entry.number == number), "")
    return Refused(Reason.NOT_SUPPORTED if why else Reason.GOODS_GONE, why or "not in the catalogue")


def one_of(entry: Goods | Unusable) -> Goods | Refused:
    """One of the goods that was asked for alone, by the same rules as a catalogue's."""
    why = entry.why if isinstance(entry, Unusable) else wrong_with(entry)
    if why is not None or isinstance(entry, Unusable):
        return Refused(Reason.NOT_SUPPORTED, why or "")
    return entry


def other_order(said: Mapping[str, Any], names: tuple[str, str], *, number: str, supplier_no: str | None) -> bool:
    """An answer that names (in the fields for our number and for the supplier's) an order we did not ask about."""
    ours, theirs = (text_of(said, name) for name in names)
    return (ours not in {"", number}) or bool(supplier_no and theirs not in {"", supplier_no}) or not (ours or theirs)
