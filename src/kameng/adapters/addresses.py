"""Addresses of other people's machines, as people type them."""

import ipaddress
import re
from urllib.parse import urlsplit


def folder(url: str) -> str:
    """Ends in a slash. People paste the address of a PHP script; its folder is meant."""
    head, _, last = url.rpartition("/")
    return (head if last.endswith(".php") else url).rstrip("/") + "/"


def is_safe(url: str) -> bool:
    """Keys and signed requests travel there, so nobody on the way may read or change them: https, or http inside a
    private network."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.query or parts.fragment or parts.username or not re.fullmatch(r"[!-~]+", url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _inside(host))


def _inside(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"
