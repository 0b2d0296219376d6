"""Waiting for others, with an end."""

import time
from collections.abc import Callable

WITHIN_S = 60.0


def wait_until(true: Callable[[], bool], *, what: str, within_s: float = WITHIN_S) -> float:
    """How many seconds it took. Raises TimeoutError naming `what`."""
    began = time.perf_counter()
    while not true():
        if time.perf_counter() - began > within_s:
            msg = f"{what} is not there after {within_s:.0f} s"
            raise TimeoutError(msg)
        time.sleep(0.01)
    return time.perf_counter() - began
