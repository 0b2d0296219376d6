"""The port to whoever wants to hear of an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Heard:
    """What was answered. `status` None: nothing, and `text` says why (in English)."""

    status: int | None
    text: str = ""


class Hearer(Protocol):
    async def tell(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Heard:
        """POST JSON once, to a public address only and following no redirect. Never raises for what the other side
        does."""
        ...
