"""The part of the settings that surfaces are given."""

import ipaddress
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class WebSettings:
    """`public_url` has no trailing slash. Without `metrics_token` only loopback may read the metrics."""

    public_url: str
    trusted_proxies: tuple[Network, ...] = ()
    metrics_token: str | None = None

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")
