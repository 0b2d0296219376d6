"""Which addresses strangers may send us to: those that everybody can reach, and none behind our own walls."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")


def may_be_called(address: Address, reachable: Sequence[Network] = ()) -> bool:
    """`reachable`: private networks that may be called all the same."""
    meant = list(_meant(address))
    if any(one in network for one in meant for network in reachable):
        return True
    return all(one.is_global and not one.is_multicast for one in meant)


def _meant(address: Address) -> Iterator[Address]:
    """The address, and any older one that is written inside it."""
    if isinstance(address, IPv4Address):
        yield address
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield address.teredo[1]
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
