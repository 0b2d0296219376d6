"""What an order tops up, as its owner recognises it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kameng.catalogue.phone_segment import OPERATOR_NAMES, Operator
from kameng.kernel.crypto import Keyring
from kameng.kernel.text import Words
from kameng.orders.account import MAIN, unseal_account
from kameng.orders.number import OrderId


@dataclass(frozen=True)
class MaskedAccount:
    """Labels and masked answers, the account itself first."""

    answers: tuple[tuple[str, str], ...]
    operator: Words | None
    province: str | None


def masked_account(keyring: Keyring, order_id: OrderId, row: Mapping[str, Any]) -> MaskedAccount | None:
    """From a row with account_sealed, operator and province; None for an order that tops nothing up."""
    if row["account_sealed"] is None:
        return None
    account = unseal_account(
        keyring, order_id, row["account_sealed"], operator=row["operator"], province=row["province"]
    )
    answers = sorted(account.answers, key=lambda answer: answer.name != MAIN)
    return MaskedAccount(
        answers=tuple((answer.label, answer.masked) for answer in answers),
        operator=OPERATOR_NAMES[Operator(account.operator)] if account.operator else None,
        province=account.province,
    )
