"""What everything that puts orders right is put together from."""

from dataclasses import dataclass

from kameng.checkout.place_order import CheckoutRules
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.payment.gateways import Gateways
from kameng.resubmission.resubmission import ResubmissionRules


@dataclass(frozen=True)
class Desk:
    """`checkout` is for the orders that take an old one's place."""

    db: Database
    keyring: Keyring
    gateways: Gateways
    rules: ResubmissionRules
    checkout: CheckoutRules
