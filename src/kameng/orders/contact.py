"""The buyer's contact 联系方式: a mainland phone number or an e-mail address, never stored or shown in clear."""

import re
from dataclasses import dataclass

import phonenumbers

from kameng.kernel.crypto import Keyring
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words, digits_of, narrowed
from kameng.orders.number import OrderId
from kameng.orders.order import ContactKind

TAIL_DIGITS = 4
PHONE_DIGITS = 11
_EMAIL = re.compile(r"[a-z0-9._%+-]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.ASCII)

# A phone number or an e-mail address that stands by itself; Python and PostgreSQL read it alike.
IN_CLEAR = (
    r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*[.][A-Za-z]{2,}"
)

PURPOSE_SEALED = "order contact"
PURPOSE_WHOLE = "order contact, whole"
PURPOSE_SECOND_FACTOR = "order second factor"


@dataclass(frozen=True)
class Contact:
    kind: ContactKind
    text: str

    @property
    def second_factor(self) -> str:
        """What proves an order to be one's own beside its number: the phone's tail, or the whole e-mail address."""
        return self.text[-TAIL_DIGITS:] if self.kind is ContactKind.PHONE else self.text

    @property
    def masked(self) -> str:
        """`138****0000`-like for people who already proved they own it; the tail stays hidden."""
        if self.kind is ContactKind.PHONE:
            return f"{self.text[:3]}****{'*' * TAIL_DIGITS}"
        name, _, host = self.text.partition("@")
        return f"{name[:1]}***@{host}"


def contact_of(text: str) -> Contact:
    """The contact in one normal form: eleven digits without +86, or a lower-case address.

    Raises InvalidInput with the words for the field `contact`.
    """
    text = narrowed(text)
    if not text:
        raise InvalidInput(fields={"contact": Words("请填写手机号或邮箱，查订单时要用")})
    if "@" not in text and re.search(r"[^0-9+() \-]", text):
        raise InvalidInput(fields={"contact": Words("请填写手机号或邮箱")})
    kind, read = (ContactKind.EMAIL, email_of(text)) if "@" in text else (ContactKind.PHONE, phone_of(text))
    if isinstance(read, Words):
        raise InvalidInput(fields={"contact": read})
    return Contact(kind, read)


def email_of(text: str) -> str | Words:
    """In lower case; or what is wrong with it."""
    text = narrowed(text).lower()
    return text if _EMAIL.fullmatch(text) else Words("邮箱格式不对，例如 name@example.com")


def phone_of(text: str) -> str | Words:
    """Eleven digits without +86; or what is wrong with it."""
    text = narrowed(text)
    digits = digits_of(text)
    if "+" in text and not digits.startswith("86"):
        return Words("目前只支持中国大陆手机号")
    if len(digits) == PHONE_DIGITS + 2 and digits.startswith("86"):
        digits = digits[2:]
    if len(digits) != PHONE_DIGITS or re.search(r"[^0-9+() \-]", text):
        return Words("手机号应为 11 位数字，请检查")
    is_possible = phonenumbers.is_possible_number(phonenumbers.parse(digits, "CN"))
    if not (is_possible and digits[0] == "1" and digits[1] in "3456789"):
        return Words("手机号应以 1 开头，第二位为 3–9")
    return digits


def second_factor_of(text: str) -> str | None:
    """What somebody typed as second factor, in the form it was indexed: tail, whole phone (its tail), or e-mail.

    None when it can be neither.
    """
    text = narrowed(text)
    if "@" in text:
        return text.lower() if _EMAIL.fullmatch(text.lower()) else None
    digits = digits_of(text)
    if len(digits) == TAIL_DIGITS:
        return digits
    return digits[-TAIL_DIGITS:] if len(digits) in (PHONE_DIGITS, PHONE_DIGITS + 2) else None


def seal_contact(keyring: Keyring, order_id: OrderId, contact: Contact) -> bytes:
    return keyring.seal(contact.text.encode(), purpose=PURPOSE_SEALED, bound_to=str(order_id).encode())


def unseal_contact(keyring: Keyring, order_id: OrderId, sealed: bytes) -> Contact:
    """Raises Unreadable."""
    text = keyring.unseal(sealed, purpose=PURPOSE_SEALED, bound_to=str(order_id).encode()).decode()
    return Contact(ContactKind.EMAIL if "@" in text else ContactKind.PHONE, text)


def whole_index(keyring: Keyring, contact: Contact) -> bytes:
    """Finds all orders of one contact."""
    return keyring.index(contact.text, purpose=PURPOSE_WHOLE)


def second_factor_index(keyring: Keyring, order_id: OrderId, second_factor: str) -> bytes:
    """Bound to the order's number, so that equal tails of two orders can't be told from the table."""
    return keyring.index(f"{order_id}:{second_factor}", purpose=PURPOSE_SECOND_FACTOR)


def without_contacts(text: str) -> str:
    """Other people's words before they are kept: whatever looks like a contact is struck out."""
    return re.sub(IN_CLEAR, "***", text)
