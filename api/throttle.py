"""限流: wrong codes, wrong passwords and floods of messages are slowed down, per address and per target."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from casework.errors import TooManyRequests


class Throttle:
    """限流器: counts in memory of one process; a replica counts for itself."""

    def __init__(self, name: str, amount: int, minutes: int, message: str) -> None:
        self._item = RateLimitItemPerMinute(amount, minutes, namespace=name)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._message = message
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()

    def check(self, *keys: str) -> None:
        """Raises: TooManyRequests when one of the keys has used up its tries."""
        if not all(self._limiter.test(self._item, key) for key in keys):
            raise TooManyRequests(self._message)

    def count(self, *keys: str) -> None:
        """Count one try against each key."""
        for key in keys:
            self._limiter.hit(self._item, key)

    @contextmanager
    def reserved(self, key: str) -> Iterator[None]:
        """Meanwhile one try of `key` counts as used, so that many at once cannot pass before the first of them is counted.

        Raises: TooManyRequests when those under way could use up the rest.
        """
        with self._lock:
            left = self._limiter.get_window_stats(self._item, key).remaining - self._under_way[key]
            if left <= 0:
                raise TooManyRequests(self._message)
            self._under_way[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[key] -= 1
                if not self._under_way[key]:
                    del self._under_way[key]
