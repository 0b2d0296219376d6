"""The part of the settings that surfaces are given."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WebSettings:
    """`public_url` has no trailing slash. Without `metrics_token` only loopback may read the metrics."""

    public_url: str
    metrics_token: str | None = None

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")
