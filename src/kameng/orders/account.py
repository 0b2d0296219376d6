"""What is topped up 充值账号: a phone number, a QQ number, a game account with server and role; in clear nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Connection, Transaction
from kameng.orders import store
from kameng.orders.number import OrderId

#: The name of the answer that says what is topped up; all others only say where to find it.
MAIN = "account"
PHONE_DIGITS = 11

PURPOSE_SEALED = "order account"
PURPOSE_INDEX = "order account, main"


@dataclass(frozen=True)
class Answer:
    """One field of a product's form as it was answered. `is_open`: it was picked from a list that everybody sees."""

    name: str
    label: str
    value: str = field(repr=False)
    is_open: bool = False

    @property
    def masked(self) -> str:
        return self.value if self.is_open else masked(self.value)


@dataclass(frozen=True)
class Account:
    """`operator` and `province` are those of a phone number, as far as they are known."""

    answers: tuple[Answer, ...]
    operator: str | None = None
    province: str | None = None

    def __post_init__(self) -> None:
        assert sum(answer.name == MAIN for answer in self.answers) == 1, "one answer says what is topped up"

    @property
    def fields(self) -> Mapping[str, str]:
        """Every answer by its name, the main one too."""
        return {answer.name: answer.value for answer in self.answers}

    @property
    def main(self) -> str:
        """What is topped up."""
        return self.fields[MAIN]

    @property
    def masked(self) -> str:
        """The main answer as its owner may recognise it."""
        return masked(self.main)


def masked(text: str) -> str:
    """138****1234; n***@host; of anything else the first and last characters, at most half of them in all."""
    name, at, host = text.rpartition("@")
    if at:
        return f"{name[:1]}***@{host}"
    if len(text) == PHONE_DIGITS and text.isdecimal() and text.startswith("1"):
        return f"{text[:3]}****{text[-4:]}"
    shown = min(3, len(text) // 4)
    return f"{text[:shown]}****{text[len(text) - shown :]}"


async def account_of(connection: Connection, keyring: Keyring, order_id: OrderId) -> Account | None:
    """What the order tops up; None for an order of codes. Raises Unreadable."""
    row = await store.account(connection, order_id)
    if row is None:
        return None
    return unseal_account(keyring, order_id, row["sealed"], operator=row["operator"], province=row["province"])


def seal_account(keyring: Keyring, order_id: OrderId, account: Account) -> bytes:
    plain = msgspec.json.encode(account.answers)
    return keyring.seal(plain, purpose=PURPOSE_SEALED, bound_to=str(order_id).encode())


def unseal_account(
    keyring: Keyring, order_id: OrderId, sealed: bytes, *, operator: str | None, province: str | None
) -> Account:
    """Raises Unreadable."""
    plain = keyring.unseal(sealed, purpose=PURPOSE_SEALED, bound_to=str(order_id).encode())
    return Account(msgspec.json.decode(plain, type=tuple[Answer, ...]), operator, province)


def account_index(keyring: Keyring, main: str) -> bytes:
    """Finds all orders of one account."""
    return keyring.index(main, purpose=PURPOSE_INDEX)


async def change_account(tx: Transaction, keyring: Keyring, order_id: OrderId, account: Account) -> tuple[bytes, bytes]:
    """Something else is topped up from now on; what stood there before and what stands there now, both sealed.

    The caller has locked the order, which tops something up.
    """
    before = await store.account(tx.connection, order_id)
    assert before is not None, f"order {order_id} tops nothing up"
    sealed = seal_account(keyring, order_id, account)
    await store.set_account(
        tx, order_id, sealed=sealed, index=account_index(keyring, account.main), operator=account.operator,
        province=account.province,
    )  # fmt: skip
    return before["sealed"], sealed
