"""How often a key may call, counted by each process for itself."""

from collections import Counter
from datetime import datetime

from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words

WINDOW_S = 60


class TooFast(Refusal):
    """`retry_after_s`: when to come again."""

    code = "too_many_requests"
    status = 429
    words = Words("操作太频繁，请稍后再试")


class Pace:
    """At most `most` calls of one key in a minute of the clock."""

    def __init__(self, most: int = 600) -> None:
        self._most = most
        self._window = 0
        self._calls: Counter[str] = Counter()

    def step(self, key: str, now: datetime) -> None:
        """Raises TooFast."""
        window, second = divmod(int(now.timestamp()), WINDOW_S)
        if window != self._window:
            self._window = window
            self._calls.clear()
        self._calls[key] += 1
        if self._calls[key] > self._most:
            raise TooFast(retry_after_s=WINDOW_S - second)
