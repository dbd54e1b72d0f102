"""A number as it is shown, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from desktop import words


@dataclass(frozen=True)
class Shown:
    """A number as it is shown; ``chain`` are the lines that ⓘ opens."""

    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    remark: str
    chain: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Value with unit: “61 MPa”."""
        return words.number(self.value, self.unit)

    @property
    def range(self) -> str:
        """Interval: “52–71”; says so where there is none."""
        if self.low is None or self.high is None:
            return "no interval"
        return words.interval(self.low, self.high)
