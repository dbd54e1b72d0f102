"""What was asked of a heart before: a way back, and forth again."""

from __future__ import annotations

from collections.abc import Set
from time import monotonic
from typing import Any

GESTURE_S = 1.0
"""What is asked of the same controls within such a time is one gesture: a slider that is dragged."""


class Trail:
    """What was asked, gesture by gesture."""

    def __init__(self) -> None:
        self.past: list[dict[str, Any]] = []
        self.future: list[dict[str, Any]] = []
        self._names: Set[str] | None = None
        self._at = 0.0

    def step(self, before: dict[str, Any], names: Set[str]) -> None:
        """Keep what was asked before some names were asked anew."""
        now = monotonic()
        if not self.past or names != self._names or now - self._at > GESTURE_S:
            self.past.append(before)
        self.future.clear()
        self._names, self._at = names, now

    def back(self, now: dict[str, Any]) -> dict[str, Any]:
        """Return what was asked before the last gesture; ``now`` can be come back to."""
        return self._go(self.past, self.future, now)

    def forth(self, now: dict[str, Any]) -> dict[str, Any]:
        """Return what was asked before it was gone back from."""
        return self._go(self.future, self.past, now)

    def clear(self) -> None:
        """Forget all: it was of another heart."""
        self.past.clear()
        self.future.clear()
        self._names = None

    def _go(
        self, to: list[dict[str, Any]], beside: list[dict[str, Any]], now: dict[str, Any]
    ) -> dict[str, Any]:
        beside.append(now)
        self._names = None  # what is asked next is a gesture of its own
        return to.pop()
