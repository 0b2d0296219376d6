"""What an answer says, fit to be written down: no contact, nothing a database refuses, no amount that can't be one."""

from dataclasses import dataclass, field

from kameng.fulfilment.attempt import Answer, AskedBy, Unproven
from kameng.kernel.money import FEN_MAX
from kameng.orders.contact import without_contacts
from kameng.orders.lifecycle import Actor, ActorKind
from kameng.supply.answer import Failed, InDoubt, Refused

WORDS_MAX = 300
RECEIPT_MAX = 200
NUMBER_MAX = 100


@dataclass(frozen=True)
class Heard:
    """On what occasion something was said, by whom, and the code of the supplier it is about."""

    asked_by: AskedBy
    actor: Actor
    supplier: str


def heard_from(supplier: str, asked_by: AskedBy) -> Heard:
    return Heard(asked_by, Actor(ActorKind.SUPPLIER, supplier), supplier)


@dataclass(frozen=True)
class Told:
    """None is what wasn't said. `said` names the answer, `words` are the supplier's own."""

    said: str
    words: str
    supplier_no: str | None
    receipt: str = field(repr=False)
    reason: str | None
    cost_fen: int | None
    refund_fen: int | None


def told_of(answer: Answer) -> Told:
    said = InDoubt if isinstance(answer, Unproven) else type(answer)
    return Told(
        said=said.__name__.lower(),
        words=plain(answer.words, WORDS_MAX),
        # A number longer than any is none: cut off, it would be another one.
        supplier_no=number_of_theirs(getattr(answer, "supplier_no", None)),
        receipt=plain(getattr(answer, "receipt", ""), RECEIPT_MAX),
        reason=answer.reason if isinstance(answer, Failed | Refused) else None,
        cost_fen=_fen(getattr(answer, "cost_fen", None)),
        refund_fen=_fen(getattr(answer, "refund_fen", None)),
    )


def plain(text: str, length: int) -> str:
    """Without contacts and without characters that stand for nothing."""
    return without_contacts("".join(c if c.isprintable() else " " for c in text))[:length].strip()


def number_of_theirs(text: str | None) -> str | None:
    """A number as somebody else says it; None for what can't be one."""
    is_one = text is not None and 0 < len(text) <= NUMBER_MAX and text.isprintable()
    return text if is_one else None


def _fen(amount: int | None) -> int | None:
    return amount if amount is not None and 0 <= amount <= FEN_MAX else None
