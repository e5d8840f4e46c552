"""训练进度 on stderr: named steps, and a bar with the time left for the long ones."""

import sys
import time
from types import TracebackType
from typing import Self

from tqdm import tqdm


class Progress:
    """进度. Calling it ends a step and says how long it took."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.stderr.flush()

    def __call__(self, step: str) -> None:
        now = time.monotonic()
        print(f"[{self._name}] {step}（{now - self._last:.1f}秒）", file=sys.stderr, flush=True)
        self._last = now

    @staticmethod
    def bar(total: int, name: str, unit: str = "条") -> tqdm:
        """A bar on stderr; a context with `update()`."""
        return tqdm(total=total, desc=name, unit=unit, file=sys.stderr, mininterval=1)
