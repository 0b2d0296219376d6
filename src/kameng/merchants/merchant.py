"""A merchant 商户 and its keys."""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_network

from kameng.kernel.money import percent_of
from kameng.kernel.public_address import Network


class Scope(StrEnum):
    """What a key is good for. A key speaks one of the field's protocols only if it was issued for it: the weakest
    signature among them must not open the others."""

    CATALOGUE = "catalogue"
    ORDERS = "orders"
    BALANCE = "balance"
    RESUBMISSION = "resubmission"
    DUJIAO = "dujiao"
    ACGFAKA = "acgfaka"


#: What our own protocol asks for; resubmission is given to a key by name.
OWN_SCOPES = (Scope.CATALOGUE, Scope.ORDERS, Scope.BALANCE)


@dataclass(frozen=True)
class Merchant:
    """`contact` is also the contact of the merchant's orders. `callback_hosts`: where callbacks may go; empty: to every
    public host."""

    id: int
    code: str
    name: str
    enabled: bool
    price_percent: int
    callback_hosts: tuple[str, ...]
    contact: str = field(repr=False)

    def price_of(self, price_fen: int) -> int:
        """What one piece costs this merchant, in fen, of the shop's price; a part of a fen is a whole one."""
        return percent_of(price_fen, self.price_percent)


@dataclass(frozen=True)
class Key:
    """`secrets` are all that are good: the present one first, then the one before it while it is still wanted."""

    id: str
    merchant_id: int
    scopes: frozenset[Scope]
    networks: tuple[Network, ...]
    enabled: bool
    secrets: tuple[str, ...] = field(repr=False)

    def may_come_from(self, address: str) -> bool:
        return not self.networks or any(ip_address(address) in network for network in self.networks)


@dataclass(frozen=True)
class Caller:
    """Who stands before us, proven: a merchant with one of its keys. `secret` is the one the request was signed with,
    and answers are signed with it too."""

    merchant: Merchant
    key: Key
    secret: str = field(repr=False)


def network_of(text: str) -> Network:
    """Raises ValueError."""
    return ip_network(text.strip(), strict=False)
