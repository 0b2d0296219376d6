"""Ports for a shop that is made for a while: nobody listens on them yet."""

import random
import socket

# Below what Linux gives to outgoing connections: one of those could take the port before whoever asked for it does.
_LOWEST, _BEYOND = 10_000, 32_000


def free_ports(count: int = 1, *, host: str = "127.0.0.1") -> range:
    """So many ports in a row that were free a moment ago."""
    while True:
        first = random.randrange(_LOWEST, _BEYOND - count)  # noqa: S311 - no secret
        ports = range(first, first + count)
        if all(_is_free(host, port) for port in ports):
            return ports


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
