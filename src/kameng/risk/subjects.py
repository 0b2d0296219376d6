"""Who an order comes from, as far as that can be told apart: under keyed hashes, for counting and for the lists."""

import ipaddress
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from kameng.kernel.crypto import Keyring

V4_NETWORK_BITS = 24
V6_NETWORK_BITS = 48


class SubjectKind(StrEnum):
    """From the most particular to the least: where two lists disagree, the first of these that is on one decides."""

    CONTACT = "contact"
    ACCOUNT = "account"
    DEVICE = "device"
    ADDRESS = "address"
    NETWORK = "network"


Subjects = Mapping[SubjectKind, bytes]

# Orders are counted for these. A household is a network's affair.
COUNTED = (SubjectKind.CONTACT, SubjectKind.ACCOUNT, SubjectKind.DEVICE, SubjectKind.NETWORK)


def subjects_of_address(keyring: Keyring, address: str | None) -> dict[SubjectKind, bytes]:
    """Address and network (/24, /48). Of an address that is not everybody's – loopback, private – there is none."""
    named = public_names(address) if address is not None else None
    if named is None:
        return {}
    return {
        SubjectKind.ADDRESS: subject_index(keyring, SubjectKind.ADDRESS, named[0]),
        SubjectKind.NETWORK: subject_index(keyring, SubjectKind.NETWORK, named[1]),
    }


@lru_cache(maxsize=4096)
def public_names(address: str) -> tuple[str, str] | None:
    """An address and its network as they are indexed; None for one that is not everybody's. Raises ValueError."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if not parsed.is_global:
        return None
    bits = V4_NETWORK_BITS if isinstance(parsed, ipaddress.IPv4Address) else V6_NETWORK_BITS
    return str(parsed), str(ipaddress.ip_network((parsed, bits), strict=False))


def subject_index(keyring: Keyring, kind: SubjectKind, text: str) -> bytes:
    """For addresses, networks and devices; contacts and accounts have indexes of the orders' own."""
    return keyring.index(text, purpose=f"risk {kind}")


def written(subjects: Subjects) -> dict[str, str]:
    """For a jsonb column."""
    return {str(kind): subject.hex() for kind, subject in subjects.items()}


def read(stored: Mapping[str, str]) -> dict[SubjectKind, bytes]:
    return {SubjectKind(kind): bytes.fromhex(subject) for kind, subject in stored.items()}
