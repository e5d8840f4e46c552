"""限流: wrong codes, wrong passwords and floods of messages are slowed down, per address and per target."""

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

    def check(self, *keys: str) -> None:
        """Raises: TooManyRequests when one of the keys has used up its tries."""
        if not all(self._limiter.test(self._item, key) for key in keys):
            raise TooManyRequests(self._message)

    def count(self, *keys: str) -> None:
        """Count one try against each key."""
        for key in keys:
            self._limiter.hit(self._item, key)
